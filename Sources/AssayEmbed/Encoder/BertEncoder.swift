public import AssayModel
import Synchronization

/// Embeds texts with a BERT model of sentence-transformers' layout, inside this process.
///
/// Options: `model` (name in models.yaml, required), `document_prefix` and `query_prefix` (default empty), `max_tokens` (3 up to
/// the model's own limit, which is the default). Longer texts are cut; `encode` says how many tokens there were.
public struct BertEncoder: Embedder {
    /// `bert`.
    public static let name = "bert"
    /// Raised whenever vectors change.
    public static let version = 1
    /// One sentence for listings.
    public static let summary = "A BERT encoder in this process, such as all-MiniLM-L6-v2"

    /// All that decides the vectors.
    public let fingerprint: EmbedderFingerprint
    private let words: WordPieceTokenizer
    private let model: BertModel
    private let threads: EncoderThreads

    /// Its tokenizer; the document prefix counts as special tokens.
    public var tokenizer: (any TextTokenizer)? { words }

    /// Reads the options and maps the model that `model` names.
    ///
    /// - Parameters:
    ///   - options: `model`, `document_prefix`, `query_prefix`, `max_tokens`.
    ///   - resources: Finds the model's folder.
    /// - Throws: `AssayError` for a wrong value, an unknown model or broken files.
    public init(options: inout OptionReader, resources: Resources) throws {
        let found = try resources.model(try options.string("model"))
        let configuration = try BertConfiguration(folder: found.path)
        let prefixes = (
            try options.string("document_prefix", default: ""), try options.string("query_prefix", default: "")
        )
        let limit = configuration.maxTokens
        try self.init(
            found,
            configuration,
            maxTokens: try options.int("max_tokens", default: limit, in: 3...limit),
            documentPrefix: prefixes.0,
            queryPrefix: prefixes.1,
            threads: .shared,
            place: options.place
        )
    }

    /// Maps a model.
    ///
    /// - Parameters:
    ///   - model: Its folder and the digest of its weights.
    ///   - maxTokens: Tokens of a text at most, special tokens included; nil means the model's own limit.
    ///   - documentPrefix: Text put before a document.
    ///   - queryPrefix: Text put before a query.
    ///   - threads: Number of threads of its own; nil means the threads that all encoders share, one for each core.
    /// - Throws: `AssayError` when a file is missing or broken or a limit is out of range.
    public init(
        model: ResolvedModel,
        maxTokens: Int? = nil,
        documentPrefix: String = "",
        queryPrefix: String = "",
        threads: Int? = nil
    ) throws {
        let configuration = try BertConfiguration(folder: model.path)
        let limit = maxTokens ?? configuration.maxTokens
        guard (3...configuration.maxTokens).contains(limit) else {
            throw AssayError(
                "embed.limit",
                "max_tokens is \(limit); \(model.name) takes 3 to \(configuration.maxTokens)"
            )
        }
        try self.init(
            model,
            configuration,
            maxTokens: limit,
            documentPrefix: documentPrefix,
            queryPrefix: queryPrefix,
            threads: threads.map { EncoderThreads(count: $0) } ?? .shared,
            place: nil
        )
    }

    private init(
        _ found: ResolvedModel,
        _ configuration: BertConfiguration,
        maxTokens: Int,
        documentPrefix: String,
        queryPrefix: String,
        threads: EncoderThreads,
        place: Place?
    ) throws {
        let vocabulary = try WordPieceVocabulary("\(found.path)/vocab.txt")
        guard vocabulary.count <= configuration.vocabulary else {
            throw AssayError(
                "model.vocabulary",
                "vocab.txt of \(found.name) has \(vocabulary.count) tokens, its weights \(configuration.vocabulary)",
                remedy: "fetch the model again"
            )
        }
        words = WordPieceTokenizer(vocabulary, limit: maxTokens, prefix: documentPrefix)
        for (option, prefix) in [("document_prefix", documentPrefix), ("query_prefix", queryPrefix)] {
            guard words.count(prefix) + 2 < maxTokens else {
                throw AssayError("embed.prefix", "\(option) leaves no room for text in \(maxTokens) tokens", at: place)
            }
        }
        model = try BertModel(folder: found.path, configuration: configuration, maxTokens: maxTokens)
        self.threads = threads
        fingerprint = EmbedderFingerprint(
            model: found.name,
            files: ItemKey("bert-files", found.sha256, vocabulary.digest, configuration.computation).hex,
            version: Self.version,
            dimension: configuration.hidden,
            pooling: configuration.pooling.rawValue,
            maxTokens: maxTokens,
            documentPrefix: documentPrefix,
            queryPrefix: queryPrefix
        )
    }

    /// Embeds `texts`, one text on one thread at a time, the longest first.
    ///
    /// - Parameters:
    ///   - texts: Any number of texts.
    ///   - role: Decides the prefix.
    /// - Returns: One row a text.
    /// - Throws: `CancellationError`, or `AssayError` when the weights give no vector.
    public func embed(_ texts: [String], as role: EmbeddingRole) async throws -> VectorBatch {
        let dimension = fingerprint.dimension
        let rows = RowBuffer(rows: texts.count, dimension: dimension)
        let lengths = texts.map(\.utf8.count)
        let order = texts.indices.sorted { (lengths[$1], $0) < (lengths[$0], $1) }
        try await threads.forEach(order) { [self] index in
            let ids = encode(texts[index], as: role).ids
            try unsafe model.embed(ids, into: rows.row(index))
        }
        return VectorBatch(dimension: dimension, values: rows.values)
    }

    /// The tokens of `text` with the prefix of its role, and how many there were before the cut.
    package func encode(_ text: String, as role: EmbeddingRole) -> WordPieceTokenizer.Encoded {
        let prefix = role == .document ? fingerprint.documentPrefix : fingerprint.queryPrefix
        return words.encode(prefix.isEmpty ? text : prefix + text, limit: fingerprint.maxTokens)
    }
}

/// Rows that threads fill side by side.
@safe private final class RowBuffer: Sendable {
    // Each row is written by one call only, and read after all calls have ended.
    nonisolated(unsafe) private let base: UnsafeMutablePointer<Float>
    private let count: Int
    private let dimension: Int

    init(rows: Int, dimension: Int) {
        count = rows * dimension
        self.dimension = dimension
        unsafe base = .allocate(capacity: max(1, count))
        unsafe base.initialize(repeating: 0, count: count)
    }

    deinit { unsafe base.deallocate() }

    func row(_ index: Int) -> UnsafeMutablePointer<Float> {
        precondition(index >= 0 && (index + 1) * dimension <= count, "row out of range")
        return unsafe base + index * dimension
    }

    var values: [Float] { unsafe Array(UnsafeBufferPointer(start: base, count: count)) }
}
