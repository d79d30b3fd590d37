/// Cuts a document into chunks.
///
/// Law: chunks come in reading order with ordinals 0, 1, …; `chunk.text == document.text.slice(bytes: chunk.range.bytes)`;
/// scalar ranges agree with byte ranges; ranges lie on scalar boundaries; no chunk is blank; every character that is not white space
/// is in at least one chunk; the same document gives the same chunks.
public protocol Chunker: Component {
    /// Cuts `document`.
    ///
    /// - Parameters:
    ///   - document: The document.
    ///   - tokenizer: The embedder's tokenizer; nil when the embedder has none, then sizes in tokens are an error.
    /// - Returns: The chunks.
    /// - Throws: `AssayError` naming the document, for example when a chunk is over the embedder's limit and the file says
    ///   `oversize: error`.
    func chunks(of document: Document, tokenizer: (any TextTokenizer)?) throws -> [Chunk]
}

/// Counts and places an embedder's own tokens.
///
/// Law: token ranges ascend and do not overlap; a word's tokens do not depend on the words around it.
public protocol TextTokenizer: Sendable {
    /// Tokens at most in one embedded text, special tokens included.
    var limit: Int { get }
    /// Special tokens that every embedded text gets, for example 2 for `[CLS]` and `[SEP]`.
    var specialTokens: Int { get }

    /// Byte ranges of the tokens of `text`, without special tokens, in order.
    ///
    /// - Parameter text: UTF-8 bytes; valid only during the call.
    /// - Returns: Two parallel arrays of offsets.
    func tokenRanges(of text: UnsafeBufferPointer<UInt8>) -> TokenRanges

    /// Number of tokens of `text` without special tokens.
    func count(_ text: String) -> Int
}

/// Byte ranges of tokens, as two parallel arrays.
public struct TokenRanges: Sendable, Equatable {
    /// First byte of each token.
    public var starts: [UInt32]
    /// Byte after each token.
    public var ends: [UInt32]

    /// Creates token ranges; both arrays have one element a token.
    public init(starts: [UInt32] = [], ends: [UInt32] = []) {
        self.starts = starts
        self.ends = ends
    }

    /// Number of tokens.
    public var count: Int { starts.count }
}
