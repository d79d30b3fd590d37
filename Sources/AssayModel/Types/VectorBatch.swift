/// Vectors of a batch of texts, one row a text, in one flat array.
public struct VectorBatch: Sendable, Equatable {
    /// Numbers in a row.
    public var dimension: Int
    /// Row after row; each row has L2 norm 1.
    public var values: [Float]

    /// Creates a batch; the number of values is a multiple of `dimension`.
    public init(dimension: Int, values: [Float]) {
        precondition(dimension > 0 && values.count % dimension == 0, "values must fill whole rows")
        self.dimension = dimension
        self.values = values
    }

    /// Number of rows.
    public var count: Int { values.count / dimension }

    /// The numbers of one row.
    public func row(_ index: Int) -> ArraySlice<Float> {
        values[index * dimension..<(index + 1) * dimension]
    }
}

/// Everything that decides an embedder's vectors; kept with an index and checked when it is opened.
public struct EmbedderFingerprint: Sendable, Codable, Hashable {
    /// Name in the pipeline file.
    public var model: String
    /// SHA-256 of the weights and vocabulary; for a server what it reports of its model.
    public var files: String
    /// Version of the component that computes the vectors.
    public var version: Int
    /// Numbers in a vector.
    public var dimension: Int
    /// `mean` or `cls`; empty where the server decides.
    public var pooling: String
    /// Tokens at most, special tokens included.
    public var maxTokens: Int
    /// Text put before a document.
    public var documentPrefix: String
    /// Text put before a query.
    public var queryPrefix: String

    /// Creates a fingerprint.
    public init(
        model: String,
        files: String,
        version: Int,
        dimension: Int,
        pooling: String,
        maxTokens: Int,
        documentPrefix: String = "",
        queryPrefix: String = ""
    ) {
        self.model = model
        self.files = files
        self.version = version
        self.dimension = dimension
        self.pooling = pooling
        self.maxTokens = maxTokens
        self.documentPrefix = documentPrefix
        self.queryPrefix = queryPrefix
    }

    /// One digest over all fields.
    public var digest: String {
        ItemKey(
            "embedder",
            model,
            files,
            "\(version)",
            "\(dimension)",
            pooling,
            "\(maxTokens)",
            documentPrefix,
            queryPrefix
        ).hex
    }
}
