import AssayModel

/// Windows of a fixed size, blind to the text's structure: the baseline.
///
/// A window ends at the last word that fits whole; only a word larger than the window is cut, at a token boundary between scalars.
struct TokenChunker: Chunker {
    static let name = "tokens"
    static let version = 1
    static let summary = "windows of a fixed number of tokens or characters, cut between words"

    private let sizing: ChunkSizing

    init(options: inout OptionReader, resources: Resources) throws {
        sizing = try ChunkSizing(options: &options)
    }

    func chunks(of document: Document, tokenizer: (any TextTokenizer)?) throws -> [Chunk] {
        try DocumentCutter.chunks(of: document, sizing: sizing, style: .words, tokenizer: tokenizer) { cutter, text in
            try cutter.cut(0..<text.count)
        }
    }
}
