import AssayModel

/// Cuts at the coarsest separator in reach: paragraph, line, sentence, word.
///
/// A coarser separator is taken before a finer one as long as it leaves the chunk at least a quarter full, so a short paragraph before a
/// long one does not become a chunk of its own. Code blocks and tables that fit the size are kept whole.
struct RecursiveChunker: Chunker {
    static let name = "recursive"
    static let version = 1
    static let summary = "cuts at the coarsest of paragraph, line, sentence, word that fills the chunk"

    private let sizing: ChunkSizing

    init(options: inout OptionReader, resources: Resources) throws {
        sizing = try ChunkSizing(options: &options)
    }

    func chunks(of document: Document, tokenizer: (any TextTokenizer)?) throws -> [Chunk] {
        try DocumentCutter.chunks(of: document, sizing: sizing, style: .structure, tokenizer: tokenizer) {
            cutter,
            text in
            try cutter.cut(0..<text.count)
        }
    }
}
