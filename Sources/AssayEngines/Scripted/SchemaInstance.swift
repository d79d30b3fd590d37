import AssayModel

/// Makes a small valid instance of a JSON Schema: object, array, enum, const, bounded numbers, strings, `anyOf`, `$ref`.
struct SchemaInstance {
    /// Schemas within schemas to follow.
    static let maxDepth = 32

    private let root: JSONValue

    init(_ schema: JSONValue) { root = schema }

    /// An instance; `random` chooses where the schema leaves a choice.
    ///
    /// - Parameter random: Source of choices; equal seeds give equal instances.
    /// - Returns: A value that the schema accepts.
    /// - Throws: `AssayError` "engine.schema" for a schema that is too deep or that has no such type.
    func make(_ random: inout SeededRandom) throws -> JSONValue {
        try make(root, &random, depth: 0)
    }

    private func make(_ schema: JSONValue, _ random: inout SeededRandom, depth: Int) throws -> JSONValue {
        guard depth < Self.maxDepth else {
            throw AssayError("engine.schema", "the JSON Schema is nested more than \(Self.maxDepth) deep")
        }
        if let path = schema["$ref"]?.stringValue {
            return try make(try resolve(path), &random, depth: depth + 1)
        }
        if let value = schema["const"] { return value }
        if let values = schema["enum"]?.arrayValue, !values.isEmpty { return values[random.index(below: values.count)] }
        if let choices = schema["anyOf"]?.arrayValue ?? schema["oneOf"]?.arrayValue, !choices.isEmpty {
            return try make(choices[random.index(below: choices.count)], &random, depth: depth + 1)
        }
        switch type(of: schema) {
        case "object": return try object(schema, &random, depth)
        case "array":
            let count = schema["minItems"]?.intValue ?? 0
            let items = schema["items"] ?? [:]
            guard count <= 1000 else { throw AssayError("engine.schema", "the JSON Schema wants \(count) items") }
            return .array(try (0..<count).map { _ in try make(items, &random, depth: depth + 1) })
        case "string": return .string(string(schema, &random))
        case "integer": return .int(integer(schema, &random))
        case "number": return .double(number(schema, &random))
        case "boolean": return .bool(random.next() & 1 == 1)
        case "null": return .null
        case let other: throw AssayError("engine.schema", "the JSON Schema has the unknown type '\(other)'")
        }
    }

    private func type(of schema: JSONValue) -> String {
        if let name = schema["type"]?.stringValue { return name }
        if let name = schema["type"]?.arrayValue?.first?.stringValue { return name }
        if schema["properties"] != nil { return "object" }
        if schema["items"] != nil { return "array" }
        return "string"
    }

    private func object(_ schema: JSONValue, _ random: inout SeededRandom, _ depth: Int) throws -> JSONValue {
        guard case .object(let properties)? = schema["properties"] else { return .object([:]) }
        let required = schema["required"]?.arrayValue?.compactMap(\.stringValue) ?? properties.keys.sorted()
        var members: [String: JSONValue] = [:]
        // Sorted: the order of the choices must not depend on how the schema was written down.
        for key in required.sorted() {
            members[key] = try make(properties[key] ?? [:], &random, depth: depth + 1)
        }
        return .object(members)
    }

    private func string(_ schema: JSONValue, _ random: inout SeededRandom) -> String {
        let words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"]
        var text = words[random.index(below: words.count)]
        let shortest = min(schema["minLength"]?.intValue ?? 0, 10_000)
        while text.count < shortest { text += " " + words[random.index(below: words.count)] }
        if let longest = schema["maxLength"]?.intValue { text = String(text.prefix(max(0, longest))) }
        return text
    }

    private func integer(_ schema: JSONValue, _ random: inout SeededRandom) -> Int {
        let lower = schema["minimum"]?.intValue ?? schema["exclusiveMinimum"]?.intValue.map { $0 &+ 1 } ?? 0
        let upper =
            schema["maximum"]?.intValue ?? schema["exclusiveMaximum"]?.intValue.map { $0 &- 1 }
            ?? lower.addingReportingOverflow(9).partialValue
        guard upper > lower else { return lower }
        return lower &+ random.index(below: min((upper &- lower).magnitudeAsInt, Int.max - 1) + 1)
    }

    private func number(_ schema: JSONValue, _ random: inout SeededRandom) -> Double {
        let lower = schema["minimum"]?.doubleValue ?? 0
        let upper = schema["maximum"]?.doubleValue ?? lower + 1
        // Quarters are exact in binary, so that the text is short and the bounds hold.
        return lower + (upper - lower) * Double(random.index(below: 5)) / 4
    }

    private func resolve(_ path: String) throws -> JSONValue {
        var found: JSONValue? = path.hasPrefix("#") ? root : nil
        for part in path.dropFirst().split(separator: "/") { found = found?[String(part)] }
        guard let found else {
            throw AssayError("engine.schema", "the JSON Schema refers to '\(path)', which it has not")
        }
        return found
    }
}

extension Int {
    /// The distance of two bounds; one that overflowed counts as the largest.
    fileprivate var magnitudeAsInt: Int { self < 0 ? Int.max : self }
}
