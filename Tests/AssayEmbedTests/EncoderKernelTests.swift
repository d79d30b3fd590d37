import AssayModel
import CEncoderKernels
import FoundationEssentials
import Testing

#if canImport(Glibc)
import Glibc
#endif

/// The C loops against the formulas in double precision, on rows that are no multiple of 16 long.
struct EncoderKernelTests {
    @Test func geluFollowsTheErrorFunction() {
        let count = 20_011
        var values = (0..<count).map { Float($0 - count / 2) * 0.001 }
        let bias = [Float](repeating: 0.25, count: count)
        let inputs = values.map { Double($0 + 0.25) }
        unsafe assay_bias_gelu(&values, bias, 1, count)
        for (x, y) in zip(inputs, values) {
            let expected = x / 2 * (1 + erf(x / 2.0.squareRoot()))
            #expect(abs(Double(y) - expected) < 2e-6, "gelu(\(x))")
        }
    }

    @Test(arguments: [1, 2, 15, 16, 17, 31, 230, 256])
    func softmaxSumsToOneAndClearsItsPadding(count: Int) {
        let stride = (count + 15) / 16 * 16
        var random = SeededRandom(seed: 2)
        var values = (0..<stride * 3).map { _ in Float(random.unit() * 60 - 30) }
        let before = values
        unsafe assay_softmax(&values, 3, count, stride)
        for row in 0..<3 {
            let scores = before[row * stride..<row * stride + count].map { Double($0) }
            let top = scores.max() ?? 0
            let total: Double = scores.map { exp($0 - top) }.reduce(0, +)
            for (column, score) in scores.enumerated() {
                #expect(abs(Double(values[row * stride + column]) - exp(score - top) / total) < 1e-6)
            }
            #expect(values[row * stride + count..<(row + 1) * stride].allSatisfy { $0 == 0 })
        }
    }

    @Test(arguments: [1, 16, 24, 47, 384])
    func residualNormIsLayerNorm(count: Int) {
        var random = SeededRandom(seed: 4)
        func numbers(_ count: Int) -> [Float] { (0..<count).map { _ in Float(random.unit() * 4 - 1) } }
        let (start, update) = (numbers(count * 2), numbers(count * 2))
        let (bias, gain, shift) = (numbers(count), numbers(count), numbers(count))
        var x = start
        unsafe assay_residual_norm(&x, update, bias, gain, shift, 2, count, 1e-6)
        for row in 0..<2 {
            let first = row * count
            let sum: [Double] = (0..<count).map { Double(start[first + $0] + update[first + $0] + bias[$0]) }
            let mean: Double = sum.reduce(0, +) / Double(count)
            let squares: [Double] = sum.map { ($0 - mean) * ($0 - mean) }
            let deviation = (squares.reduce(0, +) / Double(count) + 1e-6).squareRoot()
            for i in 0..<count {
                let expected = (sum[i] - mean) / deviation * Double(gain[i]) + Double(shift[i])
                #expect(abs(Double(x[first + i]) - expected) < 1e-4)
            }
        }
    }

    @Test func normaliseLeavesAZeroVectorAlone() {
        var zero: [Float] = [0, 0, 0]
        #expect(unsafe assay_normalise(&zero, 3) == 0)
        #expect(zero == [0, 0, 0])
        var vector: [Float] = [3, 0, 4]
        #expect(unsafe assay_normalise(&vector, 3) == 5)
        #expect(vector == [0.6, 0, 0.8])
    }

    @Test func averagesRows() {
        var mean = [Float](repeating: 0, count: 19)
        unsafe assay_mean_rows(&mean, (0..<57).map { Float($0) }, 3, 19)
        #expect(mean == (0..<19).map { Float($0 + 19) })
    }
}
