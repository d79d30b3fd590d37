import AssayModel
import FoundationEssentials
import Yams

/// A YAML file as a tree of values with lines.
enum YAMLFile {
    /// The largest file that is read, in bytes.
    static let limit = 4 << 20

    /// Reads and parses a file.
    ///
    /// - Parameter path: The file.
    /// - Returns: Its root; an empty file is a null value.
    /// - Throws: `AssayError` "yaml.…" naming file and line.
    static func read(_ path: String) throws -> ConfigNode {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw AssayError("yaml.missing", "cannot read the file", at: Place(file: path), remedy: "check the path")
        }
        guard data.count <= limit else {
            throw AssayError(
                "yaml.too-large",
                "the file has \(data.count) bytes; at most \(limit) are read",
                at: Place(file: path)
            )
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw AssayError("yaml.encoding", "the file is not UTF-8", at: Place(file: path))
        }
        return try parse(text, file: path)
    }

    /// Parses YAML text; `file` is what errors name.
    static func parse(_ text: String, file: String) throws -> ConfigNode {
        do {
            guard let root = try Yams.compose(yaml: text) else { return ConfigNode(.null, at: Place(file: file)) }
            return try node(root, file: file, depth: 0)
        } catch let error as YamlError {
            throw readable(error, file: file)
        }
    }

    private static func node(_ node: Node, file: String, depth: Int) throws -> ConfigNode {
        let place = Place(file: file, line: node.mark?.line)
        guard depth < 32 else { throw AssayError("yaml.depth", "values are nested deeper than 32 levels", at: place) }
        switch node {
        case .scalar:
            return ConfigNode(scalar(node), at: place)
        case .sequence(let sequence):
            return ConfigNode(.list(try sequence.map { try self.node($0, file: file, depth: depth + 1) }), at: place)
        case .mapping(let mapping):
            let members = try mapping.map { key, value in
                guard let name = key.string else {
                    throw AssayError("yaml.key", "a key is not text", at: Place(file: file, line: key.mark?.line))
                }
                return ConfigNode.Member(
                    key: name,
                    place: Place(file: file, line: key.mark?.line),
                    value: try self.node(value, file: file, depth: depth + 1)
                )
            }
            return ConfigNode(.mapping(members), at: place)
        case .alias:
            throw AssayError("yaml.alias", "anchors and aliases are not used in these files", at: place)
        }
    }

    private static func scalar(_ node: Node) -> ConfigNode.Value {
        switch node.tag.description {
        case "tag:yaml.org,2002:null": return .null
        case "tag:yaml.org,2002:bool": return node.bool.map { .bool($0) } ?? .string(node.string ?? "")
        case "tag:yaml.org,2002:int": return node.int.map { .int($0) } ?? .string(node.string ?? "")
        case "tag:yaml.org,2002:float":
            return node.float.flatMap { $0.isFinite ? .double($0) : nil } ?? .string(node.string ?? "")
        default: return .string(node.string ?? "")
        }
    }

    private static func readable(_ error: YamlError, file: String) -> AssayError {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            AssayError("yaml.syntax", "not valid YAML: \(problem)", at: Place(file: file, line: mark.line))
        case .duplicatedKeysInMapping(let duplicates, let context):
            AssayError(
                "config.duplicate",
                "'\(duplicates.map(\.description).joined(separator: "', '"))' stands twice",
                at: Place(file: file, line: context.mark.line)
            )
        default:
            AssayError("yaml.syntax", "not valid YAML", at: Place(file: file))
        }
    }
}
