/// Turns texts into unit vectors.
///
/// Law: row i belongs to text i; every row has L2 norm 1; a text's bits do not depend on its neighbours, on the size of the batch or
/// on the number of threads.
public protocol Embedder: Component {
    /// All that decides the vectors.
    var fingerprint: EmbedderFingerprint { get }
    /// Its tokenizer; nil for servers and test embedders without a local one.
    var tokenizer: (any TextTokenizer)? { get }

    /// Embeds `texts`; the prefix of the role is put before each.
    ///
    /// - Parameters:
    ///   - texts: Any number of texts; an empty text has a vector too.
    ///   - role: Whether they are documents or queries.
    /// - Returns: One row a text.
    /// - Throws: `AssayError` when the model or server fails.
    func embed(_ texts: [String], as role: EmbeddingRole) async throws -> VectorBatch
}

/// What a text is embedded as.
public enum EmbeddingRole: String, Sendable, Codable {
    /// A chunk.
    case document
    /// A question.
    case query
}
