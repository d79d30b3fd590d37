import AssayModel

/// Where evidence stands in retrieved passages.
enum EvidenceMarks {
    /// The rank, from 1, at which the passages so far hold at least half of a gold span's bytes; 0 when they never do.
    static func foundRank(of span: GoldSpan, in retrieved: [RetrievedChunk]) -> Int {
        let length = span.end - span.start
        guard length > 0 else { return 0 }
        var held: [Range<Int>] = []
        for (rank, chunk) in retrieved.enumerated() where chunk.document == span.document {
            let low = max(span.start, chunk.start)
            let high = min(span.end, chunk.end)
            guard low < high else { continue }
            held = merged(held + [low..<high])
            if 2 * held.reduce(0, { $0 + $1.count }) >= length { return rank + 1 }
        }
        return 0
    }

    /// The parts of a passage that are evidence, as flat pairs of UTF-16 offsets into its text.
    static func ranges(of spans: [GoldSpan], in chunk: RetrievedChunk) -> [Int] {
        let inside = spans.compactMap { span -> Range<Int>? in
            guard span.document == chunk.document else { return nil }
            let low = max(span.start, chunk.start) - chunk.start
            let high = min(span.end, chunk.end) - chunk.start
            return low < high ? low..<high : nil
        }
        guard !inside.isEmpty else { return [] }
        let offsets = UTF16Offsets(chunk.text)
        return merged(inside).flatMap {
            [offsets.offset(ofByte: $0.lowerBound), offsets.offset(ofByte: $0.upperBound)]
        }
    }

    private static func merged(_ ranges: [Range<Int>]) -> [Range<Int>] {
        var result: [Range<Int>] = []
        for range in ranges.sorted(by: { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }) {
            if let last = result.last, range.lowerBound <= last.upperBound {
                result[result.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
        return result
    }
}

/// Leads from byte offsets of a text to the UTF-16 offsets that scripts count in.
struct UTF16Offsets {
    private let bytes: [UInt8]

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// The offset of the scalar that holds byte `byte`; offsets outside are clamped.
    func offset(ofByte byte: Int) -> Int {
        var units = 0
        for value in bytes[..<scalarStart(byte)] where value & 0xC0 != 0x80 { units += value >= 0xF0 ? 2 : 1 }
        return units
    }

    private func scalarStart(_ byte: Int) -> Int {
        var start = min(max(0, byte), bytes.count)
        while start > 0, start < bytes.count, bytes[start] & 0xC0 == 0x80 { start -= 1 }
        return start
    }
}
