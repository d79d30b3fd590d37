import Synchronization

/// What readers of options ask for: keys, types, ranges, defaults.
///
/// A JSON Schema made of it cannot drift from what is read.
/// While one is the task's `current`, an option without a default is not missed: the reader goes on with a stand-in, so that all options
/// are seen.
public final class OptionRecorder: Sendable {
    /// An option as its reader asks for it.
    public struct Field: Sendable, Equatable {
        /// The key.
        public var key: String
        /// JSON Schema of its value; an empty object where the reader takes the node as it is.
        public var schema: [String: JSONValue]
        /// Whether it has no default.
        public var isRequired: Bool

        /// The schema with the default.
        public var json: JSONValue { .object(schema) }
    }

    /// The recorder of the running task, nil as a rule.
    @TaskLocal public static var current: OptionRecorder?

    private let found = Mutex<[String: [Field]]>([:])

    /// Creates one that has seen nothing.
    public init() {}

    /// The options of one owner, in the order they were read.
    public func fields(of owner: String) -> [Field] {
        found.withLock { $0[owner] ?? [] }
    }

    /// Notes an option; a reading with a type replaces one without.
    func note(_ owner: String, _ key: String, _ schema: [String: JSONValue], isRequired: Bool) {
        let field = Field(key: key, schema: schema, isRequired: isRequired)
        found.withLock { found in
            var fields = found[owner] ?? []
            if let place = fields.firstIndex(where: { $0.key == key }) {
                if !schema.isEmpty { fields[place] = field }
            } else {
                fields.append(field)
            }
            found[owner] = fields
        }
    }
}
