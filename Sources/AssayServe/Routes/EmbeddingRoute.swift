import AssayModel
import AssayPipeline
import FoundationEssentials
import HTTPTypes
import Hummingbird

extension Service {
    /// Texts in a request at most, and bytes of each.
    private static let embeddingLimit = (texts: 256, bytes: 32_768)

    /// `POST /v1/embeddings` in OpenAI's shape, with the pipeline's own embedder.
    func embeddings(_ request: Request, _ context: ServeContext, _ caller: Caller) async throws -> Response {
        let body = try await request.json(limit: 2 << 20, from: context.channel)
        guard let name = embeddingModel else {
            throw Failure.badRequest("the pipeline '\(model)' has no embedder", code: "no_embedder", param: "model")
        }
        let asked = body["model"]?.stringValue ?? ""
        guard asked == name || asked == model else { throw Failure.noModel(asked, known: [name, model]) }
        if let dimensions = body["dimensions"], dimensions != .null {
            throw Failure.unsupported("dimensions", "the embedder's vectors have one length")
        }
        let format = body["encoding_format"]?.stringValue ?? "float"
        guard ["float", "base64"].contains(format) else {
            throw Failure.badRequest("'encoding_format' is 'float' or 'base64'", param: "encoding_format")
        }
        // Assay's own field: OpenAI's models embed questions and documents alike.
        let role: EmbeddingRole = body["role"]?.stringValue == "query" ? .query : .document
        let texts = try Self.texts(body["input"])
        guard let batch = try await live.session.embed(texts, as: role) else { throw Failure.noModel(asked, known: []) }
        let tokens = live.session.tokens(of: texts)
        let rows = (0..<batch.count).map { index -> JSONValue in
            let row = batch.row(index)
            let vector: JSONValue =
                format == "base64" ? .string(Self.base64(row)) : .array(row.map { .double(Double($0)) })
            return ["object": "embedding", "index": .int(index), "embedding": vector]
        }
        return .json([
            "object": "list", "model": .string(name), "data": .array(rows),
            "usage": ["prompt_tokens": .int(tokens), "total_tokens": .int(tokens)],
        ])
    }

    private static func texts(_ input: JSONValue?) throws(Failure) -> [String] {
        let texts: [String]
        switch input {
        case .string(let text): texts = [text]
        case .array(let list): texts = list.compactMap(\.stringValue)
        default: texts = []
        }
        let count = input?.arrayValue?.count ?? 1
        guard !texts.isEmpty, texts.count == count, count <= embeddingLimit.texts,
            texts.allSatisfy({ !$0.isEmpty && $0.utf8.count <= embeddingLimit.bytes })
        else {
            throw .badRequest(
                "'input' is a text or a list of up to \(embeddingLimit.texts) texts, each of 1 to \(embeddingLimit.bytes) bytes",
                param: "input"
            )
        }
        return texts
    }

    /// 32-bit floats, little-endian, as OpenAI's client wants them.
    private static func base64(_ row: ArraySlice<Float>) -> String {
        var data = Data()
        for value in row {
            let bits = value.bitPattern
            for shift in [0, 8, 16, 24] { data.append(UInt8(truncatingIfNeeded: bits >> UInt32(shift))) }
        }
        return data.base64EncodedString()
    }
}
