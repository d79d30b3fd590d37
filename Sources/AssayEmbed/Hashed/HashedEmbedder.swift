public import AssayModel

/// Vectors made from hashes of words, for tests: no model, no meaning, but texts that share words are alike.
///
/// Every lower-cased word adds to three of the numbers with a sign, by its FNV-1a hash ("feature hashing", Weinberger et al.
/// 2009); the sum is scaled to norm 1. Options: `dimension` (default 64), `max_tokens` (default 512).
public struct HashedEmbedder: Embedder {
    /// `hashed`.
    public static let name = "hashed"
    /// Raised whenever vectors change.
    public static let version = 1
    /// One sentence for listings.
    public static let summary = "Vectors from hashed words, for tests: no model needed"

    /// All that decides the vectors.
    public let fingerprint: EmbedderFingerprint
    private let words: WordTokenizer

    /// Words and punctuation marks.
    public var tokenizer: (any TextTokenizer)? { words }

    /// Reads the options.
    ///
    /// - Parameters:
    ///   - options: `dimension`, 2 to 4,096; `max_tokens`, 1 to 1,000,000.
    ///   - resources: Not used.
    /// - Throws: `AssayError` for a value out of range.
    public init(options: inout OptionReader, resources: Resources) throws {
        self.init(
            dimension: try options.int("dimension", default: 64, in: 2...4_096),
            maxTokens: try options.int("max_tokens", default: 512, in: 1...1_000_000)
        )
    }

    /// Creates an embedder.
    ///
    /// - Parameters:
    ///   - dimension: Numbers in a vector, at least 2.
    ///   - maxTokens: Tokens at most; later ones are not counted in.
    public init(dimension: Int = 64, maxTokens: Int = 512) {
        precondition(dimension >= 2 && maxTokens >= 1, "out of range")
        words = WordTokenizer(limit: maxTokens)
        fingerprint = EmbedderFingerprint(
            model: "hashed",
            files: "",
            version: Self.version,
            dimension: dimension,
            pooling: "sum",
            maxTokens: maxTokens
        )
    }

    /// Embeds `texts`; the role makes no difference.
    ///
    /// - Parameters:
    ///   - texts: Any number of texts.
    ///   - role: Not used.
    /// - Returns: One row a text.
    /// - Throws: `CancellationError`.
    public func embed(_ texts: [String], as role: EmbeddingRole) async throws -> VectorBatch {
        var values: [Float] = []
        values.reserveCapacity(texts.count * fingerprint.dimension)
        for text in texts {
            try Task.checkCancellation()
            values += vector(of: text)
        }
        return VectorBatch(dimension: fingerprint.dimension, values: values)
    }

    private func vector(of text: String) -> [Float] {
        let dimension = fingerprint.dimension
        // Whole numbers, so that the sum does not depend on the order of the words.
        var sums = [Int](repeating: 0, count: dimension)
        var bytes = Array(text.utf8)
        let ranges = unsafe bytes.withUnsafeMutableBufferPointer {
            unsafe words.tokenRanges(of: UnsafeBufferPointer($0))
        }
        bytes.append(0)
        for index in 0..<min(ranges.count, fingerprint.maxTokens) {
            let token = String(decoding: bytes[Int(ranges.starts[index])..<Int(ranges.ends[index])], as: UTF8.self)
            var random = SeededRandom(
                seed: token.lowercased().utf8.reduce(TokenTable.seed) { TokenTable.add($1, to: $0) }
            )
            for _ in 0..<3 {
                let place = random.index(below: dimension)
                sums[place] += random.next() & 1 == 0 ? 1 : -1
            }
        }
        // A text without words, or whose words cancel out, has the first axis.
        if sums.allSatisfy({ $0 == 0 }) { sums[0] = 1 }
        let norm = Double(sums.reduce(0) { $0 + $1 * $1 }).squareRoot()
        return sums.map { Float(Double($0) / norm) }
    }
}
