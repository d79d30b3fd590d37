import AssayModel
import FoundationEssentials
import Testing

@testable import AssayEmbed

/// What the tests need from outside: checked-in expectations, and the real model where it is.
enum Fixture {
    /// The folder with the models, nil when `ASSAY_MODELS` is not set.
    static let models = ProcessInfo.processInfo.environment["ASSAY_MODELS"]
    static let hasModel = models != nil
    static let needsModel: Comment = "ASSAY_MODELS names no folder with all-MiniLM-L6-v2"

    static func miniLM() throws -> ResolvedModel {
        let folder = try #require(models) + "/all-MiniLM-L6-v2"
        return ResolvedModel(name: "all-MiniLM-L6-v2", path: folder, sha256: "53aa5117")
    }

    /// A text with what HuggingFace's libraries make of it.
    struct Row: Decodable {
        var text: String
        var ids: [UInt32]?
        var ranges: [UInt32]?
        var vector: String?
    }

    static func rows(_ name: String) throws -> [Row] {
        struct File: Decodable {
            var rows: [Row]
        }
        let folder = #filePath.split(separator: "/").dropLast().joined(separator: "/")
        return try JSONDecoder().decode(File.self, from: Data(contentsOf: URL(filePath: "/\(folder)/Fixtures/\(name)")))
            .rows
    }

    static func options(_ members: [(String, ConfigNode.Value)] = []) throws -> OptionReader {
        let place = Place(file: "test.yaml", line: 1)
        let nodes = members.map { ConfigNode.Member(key: $0.0, place: place, value: ConfigNode($0.1, at: place)) }
        return try OptionReader(ConfigNode(.mapping(nodes), at: place), owner: "embed", place: place)
    }
}

/// A folder that goes away with the test.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/assay-embed-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        let file = URL(filePath: "\(path)/\(name)")
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try Data(bytes).write(to: file)
    }

    func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }
}

/// A BERT model of random weights, small enough to make in a test.
struct TinyModel {
    let folder = try? TemporaryFolder()
    static let hidden = 24
    static let words = [
        "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", ",", "'", "the", "a", "cat", "dog", "un", "##able", "##s",
        "##t",
        "sat", "on", "mat", "b", "##b", "e", "##e", "o", "##o", "中", "1", "##2", "query", ":",
    ]

    func resolved(seed: UInt64 = 7) throws -> ResolvedModel {
        let folder = try #require(folder)
        try folder.write("vocab.txt", Self.words.joined(separator: "\n") + "\n")
        try folder.write("config.json", Self.config())
        try folder.write("1_Pooling/config.json", #"{"pooling_mode_mean_tokens":true,"pooling_mode_cls_token":false}"#)
        try folder.write("sentence_bert_config.json", #"{"max_seq_length":32,"do_lower_case":false}"#)
        try folder.write("model.safetensors", Self.safetensors(seed: seed))
        return ResolvedModel(name: "tiny", path: folder.path, sha256: "00")
    }

    static func config(_ changes: [String: JSONValue] = [:]) -> String {
        var members: [String: JSONValue] = [
            "model_type": "bert", "hidden_act": "gelu", "num_hidden_layers": 2, "hidden_size": .int(hidden),
            "num_attention_heads": 3, "intermediate_size": 40, "vocab_size": .int(words.count),
            "max_position_embeddings": 40, "type_vocab_size": 2, "layer_norm_eps": 1e-12,
        ]
        members.merge(changes) { $1 }
        return JSONValue.object(members).text
    }

    private static func safetensors(seed: UInt64) -> [UInt8] {
        var shapes: [(String, [Int])] = [
            ("embeddings.word_embeddings.weight", [words.count, hidden]),
            ("embeddings.position_embeddings.weight", [40, hidden]),
            ("embeddings.token_type_embeddings.weight", [2, hidden]),
            ("embeddings.LayerNorm.weight", [hidden]), ("embeddings.LayerNorm.bias", [hidden]),
        ]
        for layer in 0..<2 {
            let prefix = "encoder.layer.\(layer)."
            for (name, outputs, inputs) in [
                ("attention.self.query", hidden, hidden), ("attention.self.key", hidden, hidden),
                ("attention.self.value", hidden, hidden), ("attention.output.dense", hidden, hidden),
                ("intermediate.dense", 40, hidden), ("output.dense", hidden, 40),
            ] {
                shapes += [(prefix + name + ".weight", [outputs, inputs]), (prefix + name + ".bias", [outputs])]
            }
            for name in ["attention.output.LayerNorm", "output.LayerNorm"] {
                shapes += [(prefix + name + ".weight", [hidden]), (prefix + name + ".bias", [hidden])]
            }
        }
        var random = SeededRandom(seed: seed)
        return SafetensorsWriter.file(
            shapes.map { name, shape in
                (name, shape, (0..<shape.reduce(1, *)).map { _ in Float(random.unit() - 0.5) })
            }
        )
    }
}

/// Writes safetensors files for tests.
enum SafetensorsWriter {
    static func file(_ tensors: [(String, [Int], [Float])]) -> [UInt8] {
        var header: [String: JSONValue] = ["__metadata__": ["format": "pt"]]
        var data: [UInt8] = []
        for (name, shape, values) in tensors {
            let start = data.count
            for value in values {
                for shift in [0, 8, 16, 24] as [UInt32] {
                    data.append(UInt8(truncatingIfNeeded: value.bitPattern >> shift))
                }
            }
            header[name] = [
                "dtype": "F32", "shape": .array(shape.map { .int($0) }),
                "data_offsets": [.int(start), .int(data.count)],
            ]
        }
        return file(header: JSONValue.object(header).text, data: data)
    }

    static func file(header: String, data: [UInt8], claimedLength: UInt64? = nil) -> [UInt8] {
        var header = Array(header.utf8)
        while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
        let length = claimedLength ?? UInt64(header.count)
        return (0..<8).map { UInt8(truncatingIfNeeded: length >> UInt64($0 * 8)) } + header + data
    }
}
