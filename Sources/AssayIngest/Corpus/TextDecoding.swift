import AssayModel
import Glibc

/// The bytes of a text file as UTF-8, with what that means for places in the file.
struct DecodedText {
    /// UTF-8 bytes; valid when `isTranscoded`, otherwise as the file has them.
    var bytes: [UInt8]
    /// First byte after a byte order mark.
    var start: Int
    /// Whether the bytes came from another encoding, so that offsets in them are not offsets in the file.
    var isTranscoded: Bool
}

/// An encoding that a file or a pipeline declares.
struct TextEncoding: Equatable {
    /// The name as it was declared, lower case.
    var name: String

    /// Whether the name means UTF-8 or its subset ASCII.
    var isUTF8: Bool { ["utf-8", "utf8", "us-ascii", "ascii"].contains(name) }

    /// Whether the name means Windows-1252; the web takes Latin-1 labels so too (WHATWG Encoding, section 4.2).
    var isWindows1252: Bool {
        ["windows-1252", "cp1252", "x-cp1252", "iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "latin-1", "l1"]
            .contains(name)
    }
}

/// Turns a file's bytes into UTF-8 bytes.
///
/// A byte order mark decides; else a declared encoding; else the bytes must be UTF-8, which the cleaner checks.
///
/// - Parameters:
///   - bytes: The whole file.
///   - declared: What the file or the pipeline says, nil when neither says anything.
///   - path: For messages.
/// - Returns: The bytes.
/// - Throws: `AssayError` "corpus.empty", "corpus.binary" or "corpus.encoding".
func decodeText(_ bytes: consuming [UInt8], declared: TextEncoding?, path: String) throws -> DecodedText {
    let place = Place(file: path)
    if bytes.isEmpty { throw AssayError("corpus.empty", "the file is empty", at: place) }
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
        try refuseBinary(bytes, place)
        return DecodedText(bytes: bytes, start: 3, isTranscoded: false)
    }
    if bytes.starts(with: [0xFF, 0xFE, 0, 0]) || bytes.starts(with: [0, 0, 0xFE, 0xFF]) {
        throw AssayError(
            "corpus.encoding",
            "the file is UTF-32, which is not read",
            at: place,
            remedy: "convert it to UTF-8"
        )
    }
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
        let decoded = try decodeUTF16(bytes, isBigEndian: bytes[0] == 0xFE, place)
        return DecodedText(bytes: decoded, start: 0, isTranscoded: true)
    }
    try refuseBinary(bytes, place)
    guard let declared, !declared.isUTF8 else { return DecodedText(bytes: bytes, start: 0, isTranscoded: false) }
    if declared.isWindows1252 {
        // Text that is UTF-8 by accident of its bytes is far rarer than a wrong declaration of Latin-1.
        if isUTF8(bytes) { return DecodedText(bytes: bytes, start: 0, isTranscoded: false) }
        return DecodedText(bytes: decodeWindows1252(bytes), start: 0, isTranscoded: true)
    }
    return DecodedText(bytes: try convert(bytes, from: declared, place), start: 0, isTranscoded: true)
}

/// The error for bytes that are not UTF-8.
func encodingError(_ offset: Int, path: String) -> AssayError {
    AssayError(
        "corpus.encoding",
        "the file is not UTF-8 (byte \(offset)) and declares no other encoding",
        at: Place(file: path),
        remedy: "convert it to UTF-8, or name its encoding in the reader's options"
    )
}

private func refuseBinary(_ bytes: [UInt8], _ place: Place) throws {
    let offset: Int? = unsafe bytes.withUnsafeBytes { buffer in
        guard let base = buffer.baseAddress, let found = unsafe memchr(base, 0, buffer.count) else { return nil }
        return unsafe UnsafeRawPointer(found) - base
    }
    guard let offset else { return }
    throw AssayError("corpus.binary", "the file is not text (a NUL byte at byte \(offset))", at: place)
}

private func isUTF8(_ bytes: [UInt8]) -> Bool {
    String(validating: bytes, as: UTF8.self) != nil
}

private func decodeUTF16(_ bytes: [UInt8], isBigEndian: Bool, _ place: Place) throws -> [UInt8] {
    guard bytes.count % 2 == 0 else {
        throw AssayError("corpus.encoding", "the file is UTF-16 but ends within a character", at: place)
    }
    var units: [UInt16] = []
    units.reserveCapacity(bytes.count / 2)
    for index in stride(from: 2, to: bytes.count, by: 2) {
        let first = UInt16(bytes[index])
        let second = UInt16(bytes[index + 1])
        units.append(isBigEndian ? first << 8 | second : second << 8 | first)
    }
    guard let text = String(validating: units, as: UTF16.self) else {
        throw AssayError("corpus.encoding", "the file is UTF-16 with a broken surrogate pair", at: place)
    }
    let decoded = Array(text.utf8)
    try refuseBinary(decoded, place)
    return decoded
}

/// Windows-1252 (WHATWG index): 0x80–0x9F differ from Latin-1; five unassigned bytes become C1 controls, which are stripped.
private func decodeWindows1252(_ bytes: [UInt8]) -> [UInt8] {
    let high: [UInt16] = [
        0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,
        0x017D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
        0x0153, 0x9D, 0x017E, 0x0178,
    ]
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count + bytes.count / 8)
    for byte in bytes {
        if byte < 0x80 {
            text.append(byte)
            continue
        }
        let scalar = byte < 0xA0 ? high[Int(byte) - 0x80] : UInt16(byte)
        if scalar < 0x800 {
            text.append(0xC0 | UInt8(scalar >> 6))
        } else {
            text.append(0xE0 | UInt8(scalar >> 12))
            text.append(0x80 | UInt8(scalar >> 6 & 0x3F))
        }
        text.append(0x80 | UInt8(scalar & 0x3F))
    }
    return text
}

/// Any other declared encoding, through the C library's iconv.
private func convert(_ bytes: [UInt8], from encoding: TextEncoding, _ place: Place) throws -> [UInt8] {
    let isName = encoding.name.utf8.count <= 40 && encoding.name.utf8.allSatisfy(isEncodingNameByte)
    let converter = isName ? unsafe iconv_open("UTF-8", encoding.name) : nil
    guard let converter = unsafe converter, Int(bitPattern: converter) != -1 else {
        throw AssayError(
            "corpus.encoding",
            "the file declares an encoding that is not known here",
            at: place,
            remedy: "convert it to UTF-8"
        )
    }
    defer { unsafe _ = iconv_close(converter) }
    var input = bytes
    var output = [UInt8](repeating: 0, count: 1 << 16)
    var text: [UInt8] = []
    var read = 0
    while read < input.count {
        var left = input.count - read
        var room = output.count
        let (status, code) = unsafe input.withUnsafeMutableBytes { from in
            unsafe output.withUnsafeMutableBytes { to in
                var source = unsafe from.baseAddress?.advanced(by: read).assumingMemoryBound(to: CChar.self)
                var target = unsafe to.baseAddress?.assumingMemoryBound(to: CChar.self)
                let status = unsafe iconv(converter, &source, &left, &target, &room)
                return (status, errno)
            }
        }
        text.append(contentsOf: output[..<(output.count - room)])
        read = input.count - left
        if status == .max, code != E2BIG {
            throw AssayError(
                "corpus.encoding",
                "the file is not in the encoding it declares, \(encoding.name) (byte \(read))",
                at: place
            )
        }
    }
    try refuseBinary(text, place)
    return text
}

/// Whether `byte` can stand in the name of an encoding in lower case.
func isEncodingNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "."): true
    default: false
    }
}
