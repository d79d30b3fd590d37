import AssayModel

/// Packs as many whole sentences as fit.
///
/// A sentence that fits the size is never cut, except by a code block or table that is kept whole; one that does not fit is cut at lines, then
/// at words.
struct SentenceChunker: Chunker {
    static let name = "sentences"
    static let version = 1
    static let summary = "as many whole sentences as fit, found by rules"

    private let sizing: ChunkSizing

    init(options: inout OptionReader, resources: Resources) throws {
        sizing = try ChunkSizing(options: &options)
    }

    func chunks(of document: Document, tokenizer: (any TextTokenizer)?) throws -> [Chunk] {
        try DocumentCutter.chunks(of: document, sizing: sizing, style: .sentences, tokenizer: tokenizer) {
            cutter,
            text in
            try cutter.cut(0..<text.count)
        }
    }
}
