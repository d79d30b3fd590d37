import AssayModel
import AssayRetrieve
import Testing

/// The kernel's order of summation is what scores are made of: it must not change.
struct DotKernelTests {
    /// The documented order, written the slow way.
    private func plain(_ left: [Float], _ right: [Float]) -> Float {
        var lanes = [Float](repeating: 0, count: 16)
        for index in left.indices {
            let product = left[index] * right[index]
            lanes[index % 16] += product
        }
        while lanes.count > 1 {
            let half = lanes.count / 2
            lanes = (0..<half).map { lanes[$0] + lanes[$0 + half] }
        }
        return lanes[0]
    }

    @Test func sumsInTheDocumentedOrder() {
        var random = SeededRandom(seed: 6)
        for count in [0, 1, 2, 15, 16, 17, 31, 32, 33, 64, 100, 384, 1023] {
            let left = (0..<count).map { _ in Float(random.unit() - 0.5) }
            let right = (0..<count).map { _ in Float(random.unit() - 0.5) }
            #expect(DotKernel.dot(left, right).bitPattern == plain(left, right).bitPattern, "\(count) numbers")
            #expect(DotKernel.dot(left, right).bitPattern == DotKernel.dot(right, left).bitPattern)
        }
    }

    @Test func aRowsScoreDoesNotDependOnItsPlace() {
        var random = SeededRandom(seed: 7)
        let vectors = VectorMatrix((0..<70 * 13).map { _ in Float(random.unit()) }, dimension: 13)
        let query = vectors.row(3)
        let scores = DotKernel.scores(query, vectors, rows: (0..<70).map(Int32.init))
        for row in 0..<70 {
            #expect(scores[row].bitPattern == DotKernel.dot(query, vectors.row(row)).bitPattern)
            #expect(DotKernel.scores(query, vectors, rows: [Int32(row)]) == [scores[row]])
        }
    }

    @Test func whatIsNotANumberComesLast() {
        let vectors = VectorMatrix([.nan, 0, 1, 0], dimension: 2)
        #expect(DotKernel.scores([1, 0], vectors, rows: [0, 1] as [Int32]) == [-.infinity, 1])
    }

    /// A change here changes every dense score: raise `DotKernel.version` and take the new digest.
    @Test func outputIsThatOfTheVersion() {
        var random = SeededRandom(seed: 8)
        let vectors = VectorMatrix((0..<50 * 100).map { _ in Float(random.unit() - 0.5) }, dimension: 100)
        let scores = DotKernel.scores(vectors.row(0), vectors, rows: (0..<50).map(Int32.init))
        #expect(DotKernel.version == 1)
        #expect(
            SHA256.hex(scores.map { "\($0.bitPattern)\n" }.joined())
                == "dfd99ddded62aa70a69683b70c7f70322e71ea6164e068a8ea17d97e4116b8a4"
        )
    }
}
