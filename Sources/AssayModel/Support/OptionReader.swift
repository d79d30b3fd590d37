/// Reads the options of one component from a pipeline file: defaults, ranges, unknown keys, file and line.
///
/// Every read is remembered with its effective value, so that keys and records hold defaults too. Call `finish()` last:
/// it refuses keys that nothing asked for.
public struct OptionReader: Sendable {
    /// What the options belong to, for messages, for example `chunk`.
    public let owner: String
    /// Where the options stand.
    public let place: Place
    /// Effective values read so far, defaults included.
    public private(set) var effective: [String: JSONValue] = [:]
    private let members: [ConfigNode.Member]
    private var known: [String] = []

    /// Reads from a mapping; `nil` and nothing give all defaults.
    ///
    /// - Parameters:
    ///   - node: The mapping, or nil.
    ///   - owner: What the options belong to, for messages.
    ///   - place: Where to point when `node` is nil.
    /// - Throws: `AssayError` when `node` is neither a mapping nor nothing, or a key stands twice.
    public init(_ node: ConfigNode?, owner: String, place: Place) throws {
        self.owner = owner
        self.place = node?.place ?? place
        switch node?.value {
        case nil, .null: members = []
        case .mapping(let found): members = found
        default:
            throw AssayError(
                "config.type",
                "\(owner) takes a mapping, not \(node?.kind ?? "nothing")",
                at: node?.place
            )
        }
        var seen: Set<String> = []
        for member in members where !seen.insert(member.key).inserted {
            throw AssayError("config.duplicate", "\(owner): '\(member.key)' stands twice", at: member.place)
        }
    }

    /// The raw node of `key`, nil when it is absent.
    public mutating func node(_ key: String) -> ConfigNode? {
        known.append(key)
        OptionRecorder.current?.note(owner, key, [:], isRequired: false)
        guard let found = members.first(where: { $0.key == key })?.value, found.value != .null else { return nil }
        effective[key] = found.json
        return found
    }

    /// A whole number within `range`.
    public mutating func int(_ key: String, default standard: Int? = nil, in range: ClosedRange<Int>) throws -> Int {
        record(
            key,
            Self.whole(range),
            standard.map { .int($0) }
        )
        guard let node = node(key) else {
            return try fallback(
                key,
                standard ?? standIn(range.lowerBound),
                { .int($0) },
                "a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        guard case .int(let value) = node.value, range.contains(value) else {
            throw wrong(key, node, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// A number within `range`.
    public mutating func double(
        _ key: String,
        default standard: Double? = nil,
        in range: ClosedRange<Double>
    ) throws -> Double {
        let allowed = "a number from \(range.lowerBound) to \(range.upperBound)"
        record(
            key,
            ["type": "number", "minimum": .double(range.lowerBound), "maximum": .double(range.upperBound)],
            standard.map { .double($0) }
        )
        guard let node = node(key) else {
            return try fallback(key, standard ?? standIn(range.lowerBound), { .double($0) }, allowed)
        }
        let value: Double
        switch node.value {
        case .int(let whole): value = Double(whole)
        case .double(let number): value = number
        default: throw wrong(key, node, allowed)
        }
        guard range.contains(value) else { throw wrong(key, node, allowed) }
        effective[key] = .double(value)
        return value
    }

    /// `true` or `false`.
    public mutating func bool(_ key: String, default standard: Bool) throws -> Bool {
        record(key, ["type": "boolean"], .bool(standard))
        guard let node = node(key) else { return try fallback(key, standard, { .bool($0) }, "true or false") }
        guard case .bool(let value) = node.value else { throw wrong(key, node, "true or false") }
        return value
    }

    /// Text; with `oneOf` only the given values are allowed.
    public mutating func string(
        _ key: String,
        default standard: String? = nil,
        oneOf allowed: [String]? = nil
    ) throws -> String {
        let description = allowed.map { "one of: \($0.joined(separator: ", "))" } ?? "text"
        var schema: [String: JSONValue] = ["type": "string"]
        if let allowed { schema["enum"] = .array(allowed.map { .string($0) }) }
        record(key, schema, standard.map { .string($0) })
        guard let node = node(key) else {
            return try fallback(key, standard ?? standIn(allowed?.first ?? "name"), { .string($0) }, description)
        }
        guard case .string(let value) = node.value else { throw wrong(key, node, description) }
        if let allowed, !allowed.contains(value) {
            throw wrong(key, node, description, suggestion: nearestName(to: value, among: allowed))
        }
        return value
    }

    /// Text that may be absent.
    public mutating func optionalString(_ key: String) throws -> String? {
        OptionRecorder.current?.note(owner, key, ["type": "string"], isRequired: false)
        guard let node = node(key) else { return nil }
        guard case .string(let value) = node.value else { throw wrong(key, node, "text") }
        return value
    }

    /// A whole number within `range` that may be absent.
    public mutating func optionalInt(_ key: String, in range: ClosedRange<Int>) throws -> Int? {
        guard members.contains(where: { $0.key == key && $0.value.value != .null }) else {
            known.append(key)
            OptionRecorder.current?.note(owner, key, Self.whole(range), isRequired: false)
            return nil
        }
        return try int(key, in: range)
    }

    /// A list of texts; a single text counts as a list of one.
    public mutating func strings(_ key: String, default standard: [String] = []) throws -> [String] {
        OptionRecorder.current?.note(
            owner,
            key,
            ["anyOf": [["type": "string"], ["type": "array", "items": ["type": "string"]]]],
            isRequired: false
        )
        guard let node = node(key) else {
            return try fallback(key, standard, { .array($0.map { .string($0) }) }, "a list of texts")
        }
        switch node.value {
        case .string(let value): return [value]
        case .list(let nodes):
            return try nodes.map { element in
                guard case .string(let value) = element.value else { throw wrong(key, element, "a list of texts") }
                return value
            }
        default: throw wrong(key, node, "a list of texts")
        }
    }

    /// Refuses keys that nothing asked for, with the nearest known one.
    public func finish() throws {
        for member in members where !known.contains(member.key) {
            let near = nearestName(to: member.key, among: known).map { " (did you mean '\($0)'?)" } ?? ""
            throw AssayError(
                "config.unknown-key",
                "\(owner): unknown key '\(member.key)'\(near); known: \(Set(known).sorted().joined(separator: ", "))",
                at: member.place
            )
        }
    }

    /// The error for a value of the wrong kind or out of range.
    public func wrong(_ key: String, _ node: ConfigNode, _ allowed: String, suggestion: String? = nil) -> AssayError {
        let near = suggestion.map { " (did you mean '\($0)'?)" } ?? ""
        return AssayError("config.value", "\(owner).\(key) is \(node.kind)\(near); it takes \(allowed)", at: node.place)
    }

    private static func whole(_ range: ClosedRange<Int>) -> [String: JSONValue] {
        ["type": "integer", "minimum": .int(range.lowerBound), "maximum": .int(range.upperBound)]
    }

    private func record(_ key: String, _ schema: [String: JSONValue], _ standard: JSONValue?) {
        guard let recorder = OptionRecorder.current else { return }
        var schema = schema
        schema["default"] = standard
        recorder.note(owner, key, schema, isRequired: standard == nil)
    }

    /// What stands in for a missing option while options are recorded; nil as a rule.
    private func standIn<T>(_ value: T) -> T? { OptionRecorder.current == nil ? nil : value }

    private mutating func fallback<T>(
        _ key: String,
        _ standard: T?,
        _ json: (T) -> JSONValue,
        _ allowed: String
    ) throws -> T {
        guard let standard else {
            throw AssayError("config.missing", "\(owner): '\(key)' is missing; it takes \(allowed)", at: place)
        }
        effective[key] = json(standard)
        return standard
    }
}
