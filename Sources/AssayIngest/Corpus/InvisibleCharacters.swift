import AssayModel

/// Characters that a reader cannot see but a model can, found in UTF-8 bytes.
///
/// They carry hidden instructions and break matching, so no text of a document holds them.
enum InvisibleCharacters {
    /// Which counter of `StrippedCharacters` a character belongs to.
    enum Kind {
        case tag
        case variationSelector
        case zeroWidth
        case control
    }

    /// The kind of `scalar`, nil when it is kept.
    ///
    /// - Parameter scalar: A Unicode scalar value; tab, line feed and carriage return are kept.
    /// - Returns: Tags U+E0000–E007F; variation selectors U+FE00–FE0F and U+E0100–E01EF; zero-width and bidirectional
    ///   controls U+200B–200F, U+202A–202E, U+2060–2064, U+2066–2069, soft hyphen, byte order mark; other C0 and C1.
    static func kind(of scalar: UInt32) -> Kind? {
        switch scalar {
        case 0x09, 0x0A, 0x0D: nil
        case 0..<0x20, 0x7F...0x9F: .control
        case 0xAD, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x2064, 0x2066...0x2069, 0xFEFF: .zeroWidth
        case 0xFE00...0xFE0F, 0xE0100...0xE01EF: .variationSelector
        case 0xE0000...0xE007F: .tag
        default: nil
        }
    }
}

/// A text without characters that a reader cannot see, for texts that come from no document, such as questions.
package func visible(_ text: String) -> String {
    func isHidden(_ scalar: Unicode.Scalar) -> Bool { InvisibleCharacters.kind(of: scalar.value) != nil }
    guard text.unicodeScalars.contains(where: isHidden) else { return text }
    var kept = String.UnicodeScalarView()
    kept.append(contentsOf: text.unicodeScalars.lazy.filter { !isHidden($0) })
    return String(kept)
}

extension StrippedCharacters {
    /// Counts one character.
    mutating func count(_ kind: InvisibleCharacters.Kind) {
        switch kind {
        case .tag: tags += 1
        case .variationSelector: variationSelectors += 1
        case .zeroWidth: zeroWidth += 1
        case .control: controls += 1
        }
    }
}

/// One scalar of UTF-8 text with the number of bytes it takes.
struct DecodedScalar {
    /// The scalar value.
    var value: UInt32
    /// Bytes, 1 to 4.
    var length: Int
}

/// Decodes the scalar at `position`, nil when the bytes there are not UTF-8 (RFC 3629: no surrogates, no overlong forms).
@inline(__always)
func decodeScalar(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int) -> DecodedScalar? {
    let first = unsafe bytes[position]
    if first < 0x80 { return DecodedScalar(value: UInt32(first), length: 1) }
    let length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
    guard first >= 0xC2, first <= 0xF4, position + length <= bytes.count else { return nil }
    var value = UInt32(first) & (0x7F >> UInt32(length))
    for index in 1..<length {
        let next = unsafe bytes[position + index]
        guard next & 0xC0 == 0x80 else { return nil }
        value = value << 6 | UInt32(next & 0x3F)
    }
    switch length {
    case 3 where value < 0x800 || (0xD800...0xDFFF).contains(value): return nil
    case 4 where value < 0x10000 || value > 0x10FFFF: return nil
    default: return DecodedScalar(value: value, length: length)
    }
}
