/// Makes of a question within a conversation a query that can be searched for, and answered, without it.
///
/// A rewriter itself calls nobody: it writes the request, if it needs one, and reads the reply. The pipeline asks, keeps replies, and
/// strips what cannot be seen from texts before they come here.
///
/// Law: a question without history, and one of more than 2,000 bytes, is its own query, byte for byte, and needs no request. Any other
/// query is one line of 1 to 2,000 bytes without white space at its ends, whatever was said and replied. A reply that cannot be used
/// gives the query of `PreviousTurns` with the reason. Turns reach a request only through `safe`, within a line that the request's own
/// text begins: no turn is a line of its own. Equal input gives equal output.
public protocol QueryRewriter: Component {
    /// The engine that is asked, by its name in `engines.yaml`; nil where none is.
    var engine: String? { get }
    /// Name and version of the prompt, nil without an engine.
    var prompt: String? { get }
    /// Tokens of a request with its reply, estimated; 0 without an engine.
    var estimatedTokens: Int { get }

    /// What an engine is to be asked.
    ///
    /// - Parameters:
    ///   - question: The question.
    ///   - history: The turns before it, oldest first.
    ///   - safe: Breaks control tokens; every text of the conversation goes through it.
    /// - Returns: The request, nil when no reply is needed.
    func request(_ question: String, after history: [Turn], safe: (String) -> String) -> ChatRequest?
    /// The query.
    ///
    /// - Parameters:
    ///   - question: The question.
    ///   - history: The turns before it, oldest first.
    ///   - reply: What the engine replied, or why it did not; nil where nothing was asked.
    /// - Returns: The query; with a reason where it is not made as asked for.
    func query(_ question: String, after history: [Turn], reply: RewriteReply?) -> QueryRewrite
}

/// What became of a rewriter's request.
public enum RewriteReply: Sendable, Equatable {
    /// The engine replied.
    case text(String, FinishReason)
    /// It did not, for this reason.
    case missing(String)
}
