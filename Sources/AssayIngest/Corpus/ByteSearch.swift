import Glibc

/// The first place of `wanted` in `text` from `start` on (Horspool 1980): long quotes are found by leaps of their own length.
///
/// - Parameters:
///   - wanted: The bytes to find, at least one.
///   - text: Where to look.
///   - start: Where to begin.
/// - Returns: The offset of the first byte, nil when there is none.
func firstMatch(
    of wanted: UnsafeBufferPointer<UInt8>,
    in text: UnsafeBufferPointer<UInt8>,
    from start: Int
) -> Int? {
    let length = wanted.count
    guard length > 0, text.count - start >= length, let needle = wanted.baseAddress, let hay = text.baseAddress else {
        return nil
    }
    var leaps = [Int](repeating: length, count: 256)
    for index in 0..<(length - 1) { unsafe leaps[Int(wanted[index])] = length - 1 - index }
    let last = unsafe wanted[length - 1]
    var position = start
    while position <= text.count - length {
        let end = unsafe text[position + length - 1]
        if end == last, unsafe memcmp(hay + position, needle, length) == 0 { return position }
        position += leaps[Int(end)]
    }
    return nil
}
