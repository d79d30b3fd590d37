import AssayIngest
import AssayModel
import Testing

/// A chunker from the table with options, as a pipeline file would make it.
func makeChunker(_ name: String, _ options: [(String, ConfigNode.Value)]) throws -> any Chunker {
    let place = Place(file: "test.yaml", line: 3)
    let members = options.map {
        ConfigNode.Member(key: $0.0, place: place, value: ConfigNode($0.1, at: place))
    }
    let reader = try OptionReader(ConfigNode(.mapping(members), at: place), owner: "chunk", place: place)
    return try Chunkers.builtin.make(name, options: reader, resources: .none, at: place).product
}

/// What a test cuts with.
struct Cutting: Sendable, CustomStringConvertible {
    var name: String
    var unit: String
    var size: Int
    var overlap: Int
    var oversize = "split"
    var merge = false

    var description: String { "\(name) \(unit):\(size) overlap:\(overlap) \(oversize)\(merge ? " merge" : "")" }

    func chunks(of document: Document, _ tokenizer: (any TextTokenizer)?) throws -> [Chunk] {
        var options: [(String, ConfigNode.Value)] = [
            (unit, .int(size)), ("overlap", .int(overlap)), ("oversize", .string(oversize)),
        ]
        if merge { options.append(("merge", .bool(true))) }
        return try makeChunker(name, options).chunks(of: document, tokenizer: tokenizer)
    }
}

/// The first law of `Chunker` that `chunks` break, nil when all hold.
func brokenLaw(
    _ chunks: [Chunk],
    of document: Document,
    _ cutting: Cutting,
    _ tokenizer: (any TextTokenizer)?
) -> String? {
    let bytes = Array(document.text.utf8)
    var scalarsBefore = [Int](repeating: 0, count: bytes.count + 1)
    for (offset, byte) in bytes.enumerated() {
        scalarsBefore[offset + 1] = scalarsBefore[offset] + (byte & 0xc0 == 0x80 ? 0 : 1)
    }
    var isCovered = [Bool](repeating: false, count: bytes.count)
    var last: Chunk?
    for (ordinal, chunk) in chunks.enumerated() {
        let range = chunk.range
        let at = "chunk \(ordinal) at \(range.start)-\(range.end)"
        if chunk.ordinal != ordinal || chunk.document != document.id { return "\(at): ordinal or document" }
        guard range.start >= 0, range.start < range.end, range.end <= bytes.count else { return "\(at): range" }
        if bytes[range.start] & 0xc0 == 0x80 || (range.end < bytes.count && bytes[range.end] & 0xc0 == 0x80) {
            return "\(at): cuts a scalar"
        }
        if !chunk.text.utf8.elementsEqual(bytes[range.bytes]) { return "\(at): text is not the slice" }
        // The counts before the first byte of the next scalar.
        if scalarsBefore[range.start] != range.scalarStart || scalarsBefore[range.end] != range.scalarEnd {
            return "\(at): scalar range"
        }
        guard let first = chunk.text.unicodeScalars.first, let end = chunk.text.unicodeScalars.last else {
            return "\(at): empty"
        }
        if first.properties.isWhitespace || end.properties.isWhitespace { return "\(at): blank or not trimmed" }
        if let last, range.start <= last.range.start || range.end <= last.range.end { return "\(at): order" }
        if let last, cutting.overlap == 0, range.start < last.range.end { return "\(at): overlap" }
        if let error = brokenSize(chunk, cutting, tokenizer) { return "\(at): \(error)" }
        isCovered.replaceSubrange(range.bytes, with: repeatElement(true, count: range.end - range.start))
        last = chunk
    }
    var low = 0
    while let gap = isCovered[low...].firstIndex(of: false) {
        low = isCovered[gap...].firstIndex(of: true) ?? bytes.count
        let isBlank = String(decoding: bytes[gap..<low], as: UTF8.self).unicodeScalars.allSatisfy(
            \.properties.isWhitespace
        )
        if !isBlank { return "bytes \(gap)-\(low) are in no chunk" }
    }
    return nil
}

private func brokenSize(_ chunk: Chunk, _ cutting: Cutting, _ tokenizer: (any TextTokenizer)?) -> String? {
    let scalars = chunk.range.scalarEnd - chunk.range.scalarStart
    if cutting.unit == "characters", scalars > cutting.size { return "\(scalars) scalars" }
    guard let tokenizer else { return chunk.tokens == nil ? nil : "tokens without a tokenizer" }
    let tokens = tokenizer.count(chunk.embeddingText) + tokenizer.specialTokens
    if chunk.tokens != tokens { return "says \(chunk.tokens ?? -1) tokens, has \(tokens)" }
    // A single scalar cannot be cut, however many tokens it has.
    if cutting.unit == "tokens", tokens > cutting.size, scalars > 1 { return "\(tokens) tokens" }
    if cutting.oversize == "split", tokens > tokenizer.limit { return "\(tokens) tokens over the limit" }
    if chunk.truncatedTokens != max(0, tokens - tokenizer.limit) { return "truncated \(chunk.truncatedTokens)" }
    return nil
}
