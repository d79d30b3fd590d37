package import AssayHTTP
package import AssayModel
import FoundationEssentials

/// An engine that serves `/v1/embeddings` too.
package protocol EmbeddingSource: Sendable {
    /// Where to ask, with the client to ask with; starts what must run.
    func embeddingEndpoint() async throws -> (endpoint: EngineEndpoint, client: HTTPClient)
}

/// Vectors from any server with OpenAI's `/v1/embeddings`.
///
/// A server may batch as it likes, so the law that a text's bits do not depend on its neighbours holds only as far as the server
/// keeps it; `batch_tokens: 1` sends every text alone.
package struct EmbeddingServer: Embedder {
    package static let name = "server"
    package static let version = 1
    package static let summary = "Asks any server with OpenAI's /v1/embeddings."

    /// Texts of one request at most.
    static let maxBatch = 256

    package let fingerprint: EmbedderFingerprint
    package let tokenizer: (any TextTokenizer)? = nil
    private let batchTokens: Int
    private let timeout: Duration
    private let source: any EmbeddingSource

    /// Reads the options.
    ///
    /// `engine` (a name in engines.yaml) or `base_url`; `model`; `dimension`, 1 to 65536; `max_tokens` of one text, 16 to 131072, 512
    /// by default; `batch_tokens`, an estimate of the tokens of one request, 1 to 1000000, 8192 by default; `document_prefix` and
    /// `query_prefix`; `timeout` in seconds, 1 to 3600, 120 by default.
    package init(options: inout OptionReader, resources: Resources) throws {
        let engine = try options.optionalString("engine")
        let baseURL = try options.optionalString("base_url")
        fingerprint = EmbedderFingerprint(
            model: try options.string("model"),
            files: "server",
            version: Self.version,
            dimension: try options.int("dimension", in: 1...65_536),
            pooling: "",
            maxTokens: try options.int("max_tokens", default: 512, in: 16...131_072),
            documentPrefix: try options.string("document_prefix", default: ""),
            queryPrefix: try options.string("query_prefix", default: "")
        )
        batchTokens = try options.int("batch_tokens", default: 8192, in: 1...1_000_000)
        timeout = .seconds(try options.double("timeout", default: 120, in: 1...3600))
        switch (engine, baseURL) {
        case (let name?, nil):
            guard let found = try resources.engine(name) as? any EmbeddingSource else {
                throw AssayError("config.value", "engine '\(name)' serves no embeddings", at: options.place)
            }
            source = found
        case (nil, let url?):
            guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
                throw AssayError(
                    "config.value",
                    "\(options.owner).base_url takes an http or https URL",
                    at: options.place
                )
            }
            source = FixedEmbeddingSource(
                endpoint: EngineEndpoint(baseURL: url, key: nil),
                client: try HTTPClient()
            )
        default:
            throw AssayError(
                "config.missing",
                "\(options.owner): embed by server takes either 'engine' or 'base_url'",
                at: options.place,
                remedy: "name an entry of engines.yaml when the server needs a key"
            )
        }
    }

    package func embed(_ texts: [String], as role: EmbeddingRole) async throws -> VectorBatch {
        let prefix = role == .document ? fingerprint.documentPrefix : fingerprint.queryPrefix
        let inputs = texts.map { prefix + $0 }
        let (endpoint, client) = try await source.embeddingEndpoint()
        var values: [Float] = []
        values.reserveCapacity(texts.count * fingerprint.dimension)
        for batch in batches(inputs) {
            try Task.checkCancellation()
            values += try await ask(Array(inputs[batch]), endpoint, client)
        }
        return VectorBatch(dimension: fingerprint.dimension, values: values)
    }

    /// Ranges of texts for one request each: within the token budget, and a text that may be cut off on its own.
    func batches(_ texts: [String]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = 0
        var tokens = 0
        func close(at end: Int) {
            if end > start { ranges.append(start..<end) }
            start = end
            tokens = 0
        }
        for (index, text) in texts.enumerated() {
            let estimate = Self.estimatedTokens(text)
            let isAlone = estimate >= fingerprint.maxTokens
            if isAlone || tokens + estimate > batchTokens || index - start >= Self.maxBatch { close(at: index) }
            tokens += estimate
            if isAlone { close(at: index + 1) }
        }
        close(at: texts.count)
        return ranges
    }

    /// A quarter of the bytes, at least one.
    static func estimatedTokens(_ text: String) -> Int { max(1, text.utf8.count / 4) }

    private func ask(_ texts: [String], _ endpoint: EngineEndpoint, _ client: HTTPClient) async throws -> [Float] {
        // An empty text has a vector too, but servers refuse it.
        let input = texts.map { JSONValue.string($0.isEmpty ? " " : $0) }
        let body: JSONValue = [
            "model": .string(fingerprint.model), "input": .array(input), "encoding_format": "float",
        ]
        let policy = RetryPolicy(maxRetries: 2, seed: 0, clock: .system)
        let bytes = Array(body.text.utf8)
        return try await policy.run(timeout: timeout, key: SHA256.hex(bytes)) { _, left in
            let request = HTTPRequest(
                "POST",
                endpoint.baseURL + "/embeddings",
                headers: endpoint.headers + TraceHeaders.current,
                body: bytes,
                deadline: left,
                maxResponseBytes: 4096 + texts.count * (fingerprint.dimension * 32 + 1024)
            )
            let response: HTTPResponse
            do {
                response = try await client.send(request)
            } catch let error as AssayError {
                let mayRetry = error.code == "http.unreachable" || error.code == "http.connection"
                throw TryFailure(error: engineError(error, engine: fingerprint.model), mayRetry: mayRetry)
            }
            guard response.status == 200 else {
                let fault = EngineFault(body: response.text)
                throw TryFailure(
                    error: fault.error(status: response.status, engine: fingerprint.model, key: endpoint.key),
                    mayRetry: !fault.isContextExceeded && RetryPolicy.mayRetry(response.head),
                    retryAfter: RetryPolicy.retryAfter(response.head, unixTime: WaitingClock.system.unixTime())
                )
            }
            return try rows(of: response, texts)
        }
    }

    private func rows(of response: HTTPResponse, _ texts: [String]) throws -> [Float] {
        guard let reply = try? JSONDecoder().decode(EmbeddingReply.self, from: Data(response.body)) else {
            throw AssayError("embed.protocol", "the embedding server '\(fingerprint.model)' sent no list of vectors")
        }
        try checkLength(texts, reply.usage?.promptTokens)
        guard reply.data.count == texts.count else {
            throw AssayError(
                "embed.count",
                "the embedding server '\(fingerprint.model)' sent \(reply.data.count) vectors for \(texts.count) texts"
            )
        }
        var values = [Float](repeating: 0, count: texts.count * fingerprint.dimension)
        var isFilled = [Bool](repeating: false, count: texts.count)
        for (position, row) in reply.data.enumerated() {
            let index = row.index ?? position
            guard texts.indices.contains(index), !isFilled[index] else {
                throw AssayError("embed.order", "the embedding server '\(fingerprint.model)' repeats or skips a vector")
            }
            isFilled[index] = true
            let unit = try unitVector(row.embedding)
            values.replaceSubrange(index * fingerprint.dimension..<(index + 1) * fingerprint.dimension, with: unit)
        }
        return values
    }

    private func unitVector(_ vector: [Double]) throws -> [Float] {
        guard vector.count == fingerprint.dimension else {
            throw AssayError(
                "embed.dimension",
                "the embedding server '\(fingerprint.model)' sends \(vector.count) numbers a vector, not \(fingerprint.dimension)",
                remedy: "set dimension to what the model has"
            )
        }
        let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        guard length.isFinite, length > 0 else {
            throw AssayError(
                "embed.vector",
                "the embedding server '\(fingerprint.model)' sent a vector without direction"
            )
        }
        return vector.map { Float($0 / length) }
    }

    /// A long text is asked alone: a count of exactly the limit means that the rest was cut off in silence.
    private func checkLength(_ texts: [String], _ tokens: Int?) throws {
        guard let tokens, tokens > 0, texts.count == 1, Self.estimatedTokens(texts[0]) >= fingerprint.maxTokens,
            tokens >= fingerprint.maxTokens
        else { return }
        throw AssayError(
            "embed.truncated",
            "a text of \(texts[0].utf8.count) bytes reaches the \(fingerprint.maxTokens) tokens that '\(fingerprint.model)' takes",
            remedy: "use smaller chunks"
        )
    }
}

private struct FixedEmbeddingSource: EmbeddingSource {
    let endpoint: EngineEndpoint
    let client: HTTPClient

    func embeddingEndpoint() async throws -> (endpoint: EngineEndpoint, client: HTTPClient) { (endpoint, client) }
}

private struct EmbeddingReply: Decodable {
    struct Row: Decodable {
        var index: Int?
        var embedding: [Double]
    }

    struct Tokens: Decodable {
        var promptTokens: Int?

        enum CodingKeys: String, CodingKey {
            case promptTokens = "prompt_tokens"
        }
    }

    var data: [Row]
    var usage: Tokens?
}
