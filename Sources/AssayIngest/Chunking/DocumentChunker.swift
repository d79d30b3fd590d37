import AssayModel

/// The whole document as one chunk: for data sets whose documents are passages already, like BEIR's.
///
/// Its one option is `oversize`: `truncate` (the default: the embedder sees the beginning, and what it does not see is counted) or
/// `error`.
struct DocumentChunker: Chunker {
    static let name = "document"
    static let version = 1
    static let summary = "the whole document as one chunk"

    private let sizing: ChunkSizing

    init(options: inout OptionReader, resources: Resources) throws {
        let name = try options.string("oversize", default: "truncate", oneOf: ["truncate", "error"])
        sizing = ChunkSizing(wholeDocuments: name == "error" ? .error : .truncate)
    }

    func chunks(of document: Document, tokenizer: (any TextTokenizer)?) throws -> [Chunk] {
        try DocumentCutter.chunks(of: document, sizing: sizing, style: .words, tokenizer: tokenizer) { cutter, text in
            try cutter.cut(0..<text.count)
        }
    }
}

extension ChunkSizing {
    /// No bound but the embedder's limit.
    init(wholeDocuments oversize: Oversize) {
        unit = .characters
        size = Int(UInt32.max)
        overlap = 0
        self.oversize = oversize
    }
}
