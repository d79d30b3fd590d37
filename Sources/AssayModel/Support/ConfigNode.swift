/// A value of a pipeline file with the line it stands on.
public struct ConfigNode: Sendable, Equatable {
    /// What stands there.
    public enum Value: Sendable, Equatable {
        /// Nothing, `~` or `null`.
        case null
        /// `true` or `false`.
        case bool(Bool)
        /// A number without fraction.
        case int(Int)
        /// Any other number.
        case double(Double)
        /// Text.
        case string(String)
        /// A list.
        case list([ConfigNode])
        /// A mapping in the order of the file.
        case mapping([Member])
    }

    /// One `key: value` of a mapping.
    public struct Member: Sendable, Equatable {
        /// The key.
        public var key: String
        /// Where the key stands.
        public var place: Place
        /// The value.
        public var value: ConfigNode

        /// Creates a member.
        public init(key: String, place: Place, value: ConfigNode) {
            self.key = key
            self.place = place
            self.value = value
        }
    }

    /// The value.
    public var value: Value
    /// Where it stands.
    public var place: Place

    /// Creates a node.
    public init(_ value: Value, at place: Place) {
        self.value = value
        self.place = place
    }

    /// The value of member `key` of a mapping.
    public subscript(key: String) -> ConfigNode? {
        guard case .mapping(let members) = value else { return nil }
        return members.first { $0.key == key }?.value
    }

    /// The elements of a list, empty for anything else.
    public var elements: [ConfigNode] {
        if case .list(let nodes) = value { return nodes }
        return []
    }

    /// What the value is, for error messages.
    public var kind: String {
        switch value {
        case .null: "nothing"
        case .bool(let value): "\(value)"
        case .int(let value): "\(value)"
        case .double(let value): "\(value)"
        case .string(let value): "'\(value)'"
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }

    /// The value without places, for hashing.
    public var json: JSONValue {
        switch value {
        case .null: .null
        case .bool(let value): .bool(value)
        case .int(let value): .int(value)
        case .double(let value): .double(value)
        case .string(let value): .string(value)
        case .list(let nodes): .array(nodes.map(\.json))
        case .mapping(let members): .object(Dictionary(members.map { ($0.key, $0.value.json) }) { $1 })
        }
    }
}
