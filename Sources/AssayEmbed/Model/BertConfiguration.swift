import AssayModel

/// What the files of a sentence-transformers folder say of a BERT model.
struct BertConfiguration: Sendable, Equatable {
    /// How token vectors become one vector.
    enum Pooling: String, Sendable {
        /// The mean of all tokens, special ones included.
        case mean
        /// The vector of `[CLS]`.
        case cls
    }

    var layers: Int
    var hidden: Int
    var heads: Int
    var intermediate: Int
    var vocabulary: Int
    var positions: Int
    var tokenTypes: Int
    var epsilon: Float
    var pooling: Pooling
    /// Tokens at most, special tokens included.
    var maxTokens: Int

    /// What changes vectors without changing weights, for fingerprints.
    var computation: String { "\(layers) layers, \(heads) heads, epsilon \(epsilon)" }

    /// Numbers of one head.
    var headSize: Int { hidden / heads }

    /// Reads `config.json`, `1_Pooling/config.json` and `sentence_bert_config.json`.
    ///
    /// - Parameter folder: The model's folder.
    /// - Throws: `AssayError` "model.config" naming the key that is missing, out of range or not supported.
    init(folder: String) throws {
        let reader = KeyReader(path: "\(folder)/config.json", json: try MappedFile.json("\(folder)/config.json"))
        try reader.require("model_type", "bert")
        try reader.require("hidden_act", "gelu")
        if reader.json["position_embedding_type"] != nil { try reader.require("position_embedding_type", "absolute") }
        layers = try reader.int("num_hidden_layers", 1...96)
        hidden = try reader.int("hidden_size", 16...8_192)
        heads = try reader.int("num_attention_heads", 1...256)
        intermediate = try reader.int("intermediate_size", 16...65_536)
        vocabulary = try reader.int("vocab_size", 4...4_000_000)
        positions = try reader.int("max_position_embeddings", 3...32_768)
        tokenTypes = try reader.int("type_vocab_size", 1...64)
        epsilon = try reader.float("layer_norm_eps", 0...1)
        guard hidden % heads == 0 else {
            throw reader.error("hidden_size \(hidden) is not a multiple of num_attention_heads \(heads)")
        }
        let pool = KeyReader(
            path: "\(folder)/1_Pooling/config.json",
            json: try MappedFile.json("\(folder)/1_Pooling/config.json")
        )
        pooling = try Self.pooling(pool)
        let sentence = KeyReader(
            path: "\(folder)/sentence_bert_config.json",
            json: try MappedFile.json("\(folder)/sentence_bert_config.json")
        )
        maxTokens = try sentence.int("max_seq_length", 3...positions)
        if let words = try MappedFile.jsonIfPresent("\(folder)/tokenizer_config.json") {
            try Self.checkTokenizer(KeyReader(path: "\(folder)/tokenizer_config.json", json: words))
        }
    }

    private static func pooling(_ reader: KeyReader) throws -> Pooling {
        let prefix = "pooling_mode_"
        guard case .object(let members) = reader.json else { throw reader.error("it is not a mapping") }
        let chosen = members.filter { $0.key.hasPrefix(prefix) && $0.value == .bool(true) }.map(\.key).sorted()
        switch chosen {
        case ["pooling_mode_mean_tokens"]: return .mean
        case ["pooling_mode_cls_token"]: return .cls
        default:
            throw reader.error(
                "pooling is \(chosen.joined(separator: ", ")); supported is pooling_mode_mean_tokens or _cls_token alone"
            )
        }
    }

    private static func checkTokenizer(_ reader: KeyReader) throws {
        let wanted: [(String, JSONValue)] = [
            ("do_lower_case", true), ("do_basic_tokenize", true), ("tokenize_chinese_chars", true),
        ]
        for (key, value) in wanted {
            if let found = reader.json[key], found != value {
                throw reader.error("\(key) is \(found.text); only uncased models (\(value.text)) are supported")
            }
        }
        if let strip = reader.json["strip_accents"], strip == .bool(false) {
            throw reader.error("strip_accents is false; only null and true are supported")
        }
    }
}

/// Reads checked members of one JSON file.
private struct KeyReader {
    var path: String
    var json: JSONValue

    func error(_ what: String) -> AssayError { AssayError("model.config", "\(path): \(what)") }

    func int(_ key: String, _ range: ClosedRange<Int>) throws -> Int {
        guard let value = json[key]?.intValue, range.contains(value) else {
            throw error("\(key) is missing or not from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func float(_ key: String, _ range: ClosedRange<Double>) throws -> Float {
        guard let value = json[key]?.doubleValue, range.contains(value) else {
            throw error("\(key) is missing or not from \(range.lowerBound) to \(range.upperBound)")
        }
        return Float(value)
    }

    func require(_ key: String, _ value: String) throws {
        guard json[key]?.stringValue == value else {
            throw error("\(key) is not '\(value)', which is all that is supported")
        }
    }
}
