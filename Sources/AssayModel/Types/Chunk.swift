/// A part of a document that is embedded, indexed and retrieved as one.
public struct Chunk: Sendable, Codable, Equatable {
    /// `DOCUMENT#START-END` with byte offsets: stable as long as the text before and in it is.
    public var id: String
    /// Id of the document it was cut from.
    public var document: String
    /// Place among the document's chunks, from 0.
    public var ordinal: Int
    /// Range in the document's extracted text.
    public var range: TextRange
    /// The text at `range`, exactly.
    public var text: String
    /// Titles of the enclosing headings, outermost first; empty when the chunker does not keep them.
    public var headingPath: [String]
    /// Page of the first character, nil for formats without pages.
    public var page: Int?
    /// Tokens of `embeddingText` with special tokens, as the embedder counts them; nil without a tokenizer.
    public var tokens: Int?
    /// Tokens at the end that the embedder will not see because the file says `oversize: truncate`.
    public var truncatedTokens: Int

    /// Creates a chunk; its id follows from document and range.
    public init(
        document: String,
        ordinal: Int,
        range: TextRange,
        text: String,
        headingPath: [String] = [],
        page: Int? = nil,
        tokens: Int? = nil,
        truncatedTokens: Int = 0
    ) {
        id = "\(document)#\(range.start)-\(range.end)"
        self.document = document
        self.ordinal = ordinal
        self.range = range
        self.text = text
        self.headingPath = headingPath
        self.page = page
        self.tokens = tokens
        self.truncatedTokens = truncatedTokens
    }

    /// What is embedded and indexed: the heading path on a line of its own, then the text.
    public var embeddingText: String {
        headingPath.isEmpty ? text : headingPath.joined(separator: " > ") + "\n" + text
    }
}
