/// Leads from byte offsets to Unicode scalar offsets and back.
///
/// One pass counts the scalars of every 512 bytes; a question then costs at most one block. ASCII texts need no table.
struct ScalarIndex {
    private static let blockBytes = 512
    private let text: TextBytes
    /// Scalars before each block, empty for ASCII.
    private let before: [UInt32]

    /// Counts the scalars of `text`, which has fewer than 2³² bytes.
    init(_ text: TextBytes) {
        self.text = text
        var before: [UInt32] = []
        before.reserveCapacity(text.count / Self.blockBytes + 1)
        var total = 0
        for block in stride(from: 0, to: text.count, by: Self.blockBytes) {
            before.append(UInt32(total))
            total += text.scalarCount(from: block, to: min(block + Self.blockBytes, text.count))
        }
        self.before = total == text.count ? [] : before
    }

    /// Scalars that start before byte `offset`.
    func scalars(before offset: Int) -> Int {
        if before.isEmpty || offset == 0 { return offset }
        let block = (offset - 1) / Self.blockBytes
        return Int(before[block]) + text.scalarCount(from: block * Self.blockBytes, to: offset)
    }

    /// The byte where scalar number `scalar` starts, the end of the text when it has no such scalar.
    func byte(ofScalar scalar: Int) -> Int {
        if before.isEmpty { return min(scalar, text.count) }
        var low = 0
        var high = before.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if Int(before[middle]) <= scalar { low = middle } else { high = middle }
        }
        return walk(from: low * Self.blockBytes, scalars: scalar - Int(before[low]))
    }

    /// The start of the scalar that has `scalars` scalars between byte `start` and itself.
    private func walk(from start: Int, scalars: Int) -> Int {
        var offset = start
        var left = scalars
        for step in [64, 8] {
            while offset + step <= text.count {
                let here = text.scalarCount(from: offset, to: offset + step)
                if here > left { break }
                left -= here
                offset += step
            }
        }
        while offset < text.count {
            if text[offset] & 0xc0 != 0x80 {
                if left == 0 { return offset }
                left -= 1
            }
            offset += 1
        }
        return offset
    }
}
