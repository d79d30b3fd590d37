/// The part of BM25 that depends on a document, for one segment under the statistics of the whole index.
///
/// impact = tf / (tf + k1 · (1 − b + b · length / average length)), the form of Lucene 8 and later (without the constant factor
/// k1 + 1), with exact lengths where Lucene rounds them to a byte. One row of 16 numbers for each distinct length: impact of 0 to 15
/// occurrences.
@safe final class ImpactTable: Sendable {
    static let rowCount = 16

    private let k1: Double
    private let b: Double
    private let averageLength: Double
    private let lengths: [Int]
    // Immutable memory that this object owns until `deinit`: safe to read from every thread.
    nonisolated(unsafe) let rows: UnsafeMutablePointer<Float>
    /// Denominator's share of the length for each `LengthFloor`.
    private let floors: [Double]

    init(lengths: [Int], averageLength: Double, k1: Double, b: Double) {
        self.k1 = k1
        self.b = b
        self.averageLength = averageLength
        self.lengths = lengths
        let count = max(1, lengths.count) * Self.rowCount
        let memory = UnsafeMutableRawPointer.allocate(byteCount: count * 4, alignment: 64)
        unsafe rows = unsafe memory.initializeMemory(as: Float.self, repeating: 0, count: count)
        floors = (0...255).map { code in
            Self.share(LengthFloor.length(UInt8(code)), averageLength, k1, b)
        }
        for (code, length) in lengths.enumerated() {
            let share = Self.share(length, averageLength, k1, b)
            for occurrences in 1..<Self.rowCount {
                unsafe rows[code * Self.rowCount + occurrences] = Self.impact(Double(occurrences), share)
            }
        }
    }

    deinit { unsafe rows.deallocate() }

    /// The impact of more occurrences than the rows hold.
    func impact(occurrences: Int, lengthCode: Int) -> Float {
        Self.impact(Double(occurrences), Self.share(lengths[lengthCode], averageLength, k1, b))
    }

    /// No document of the window has a greater impact (but for rounding).
    @inline(__always)
    func bound(_ entry: WindowEntry) -> Double {
        if entry.mostOccurrences == 255 { return 1 }
        let occurrences = Double(entry.mostOccurrences)
        return occurrences / (occurrences + floors[Int(entry.shortest)])
    }

    private static func share(_ length: Int, _ averageLength: Double, _ k1: Double, _ b: Double) -> Double {
        k1 * (1 - b + b * Double(length) / averageLength)
    }

    private static func impact(_ occurrences: Double, _ share: Double) -> Float {
        Float(occurrences / (occurrences + share))
    }
}
