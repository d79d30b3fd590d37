public import AssayModel

/// The one inner product behind every dense score.
///
/// Number i goes to lane i mod 16; a lane adds its products in ascending order, each product rounded before it is added (no fused
/// multiply-add); then lanes 0–7 and 8–15 are added pairwise, then 0–3 and 4–7, and so on. The order is fixed, so equal input gives equal
/// bits in every call, on every CPU and at every optimisation level, and the product is symmetric.
public enum DotKernel {
    /// Version of the order of summation; part of the key of whatever keeps scores.
    public static let version = 1

    /// The inner product of two vectors of one length.
    public static func dot(_ left: [Float], _ right: [Float]) -> Float {
        precondition(left.count == right.count, "vectors of different length")
        return unsafe left.withUnsafeBufferPointer { a in
            unsafe right.withUnsafeBufferPointer { b in
                guard let a = a.baseAddress, let b = b.baseAddress else { return 0 }
                return unsafe dot(a, b, left.count)
            }
        }
    }

    /// The inner product of `query` with one row after the other.
    ///
    /// - Parameters:
    ///   - query: As many numbers as a row has.
    ///   - vectors: The rows.
    ///   - rows: Which of them, each within the matrix.
    /// - Returns: One score a row, in the order of `rows`; a product that is not a number counts as -∞.
    public static func scores(_ query: [Float], _ vectors: VectorMatrix, rows: some Sequence<Int32>) -> [Float] {
        precondition(query.count == vectors.dimension, "query and rows differ in length")
        let width = vectors.dimension
        return unsafe vectors.withUnsafeValues { values in
            unsafe query.withUnsafeBufferPointer { query in
                guard let base = values.baseAddress, let query = query.baseAddress else { return [] }
                return rows.map { row in
                    precondition(row >= 0 && Int(row) < vectors.count, "row out of range")
                    let score = unsafe dot(query, base + Int(row) * width, width)
                    return score.isNaN ? -.infinity : score
                }
            }
        }
    }

    @inline(__always)
    static func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int) -> Float {
        var lanes = SIMD16<Float>.zero
        var index = 0
        while index &+ 16 <= count {
            let left = unsafe UnsafeRawPointer(a + index).loadUnaligned(as: SIMD16<Float>.self)
            let right = unsafe UnsafeRawPointer(b + index).loadUnaligned(as: SIMD16<Float>.self)
            lanes += left * right
            index &+= 16
        }
        var lane = 0
        while index < count {
            lanes[lane] += unsafe a[index] * b[index]
            lane &+= 1
            index &+= 1
        }
        let eight = lanes.lowHalf + lanes.highHalf
        let four = eight.lowHalf + eight.highHalf
        let two = four.lowHalf + four.highHalf
        return two.x + two.y
    }
}
