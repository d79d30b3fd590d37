import AssayModel

/// A strict validator of a part of JSON Schema 2020-12.
///
/// Keywords outside that part are refused when the schema is read, so that nothing is passed over in silence. `$ref` leads to
/// `#` and to `#/$defs/NAME` only; `format` is a remark, as the standard has it.
struct AnswerSchema: Sendable {
    /// Keywords that are checked.
    static let checked: Set<String> = [
        "type", "enum", "const", "properties", "required", "additionalProperties", "minProperties", "maxProperties",
        "items", "prefixItems", "minItems", "maxItems", "uniqueItems", "minLength", "maxLength", "pattern", "minimum",
        "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "anyOf", "oneOf", "allOf", "not", "$ref",
        "$defs",
    ]
    private static let remarks: Set<String> = [
        "title", "description", "$schema", "$id", "$comment", "default", "examples", "format", "deprecated",
    ]
    private static let types: Set<String> = ["null", "boolean", "integer", "number", "string", "array", "object"]
    /// Schemas within schemas, `$ref` included.
    private static let maximumDepth = 100

    private let root: JSONValue

    /// Reads a schema.
    ///
    /// - Parameters:
    ///   - schema: A mapping, or `true` or `false`.
    ///   - owner: What it belongs to, for errors.
    ///   - place: Where it stands.
    /// - Throws: `AssayError` "config.value" for keywords and forms that are not checked.
    init(_ schema: JSONValue, owner: String, at place: Place) throws {
        root = schema
        if let fault = fault(inSchema: schema, depth: 0) {
            throw AssayError(
                "config.value",
                "\(owner).schema: \(fault)",
                at: place,
                remedy: "keywords: \(Self.checked.sorted().joined(separator: ", "))"
            )
        }
    }

    /// What is wrong with a value, nil when the schema allows it.
    func fault(of value: JSONValue) -> String? { fault(value, root, "the answer", 0) }

    // MARK: the schema itself

    private func fault(inSchema schema: JSONValue, depth: Int) -> String? {
        if case .bool = schema { return nil }
        guard case .object(let members) = schema else { return "a schema is a mapping, true or false" }
        guard depth < Self.maximumDepth else { return "it is nested too deeply" }
        for (key, value) in members.sorted(by: { $0.key < $1.key }) where !Self.remarks.contains(key) {
            guard Self.checked.contains(key) else { return "the keyword '\(key)' is not checked here" }
            if let fault = fault(inKeyword: key, value, depth) { return fault }
        }
        return nil
    }

    private func fault(inKeyword key: String, _ value: JSONValue, _ depth: Int) -> String? {
        func all(_ schemas: some Sequence<JSONValue>) -> String? {
            for schema in schemas { if let fault = fault(inSchema: schema, depth: depth + 1) { return fault } }
            return nil
        }
        let wrong = "the value of '\(key)' cannot be read"
        switch (key, value) {
        case ("type", .string(let name)): return Self.types.contains(name) ? nil : wrong
        case ("type", .array(let names)):
            return names.allSatisfy { Self.types.contains($0.stringValue ?? "") } && !names.isEmpty ? nil : wrong
        case ("enum", .array), ("const", _), ("uniqueItems", .bool): return nil
        case ("properties", .object(let members)), ("$defs", .object(let members)):
            return all(members.sorted { $0.key < $1.key }.map(\.value))
        case ("required", .array(let names)): return names.allSatisfy { $0.stringValue != nil } ? nil : wrong
        case ("additionalProperties", _), ("items", _), ("not", _): return all([value])
        case ("anyOf", .array(let schemas)), ("oneOf", .array(let schemas)), ("allOf", .array(let schemas)),
            ("prefixItems", .array(let schemas)):
            return schemas.isEmpty ? wrong : all(schemas)
        case ("minItems", .int(let n)), ("maxItems", .int(let n)), ("minLength", .int(let n)),
            ("maxLength", .int(let n)),
            ("minProperties", .int(let n)), ("maxProperties", .int(let n)):
            return n >= 0 ? nil : wrong
        case ("minimum", _), ("maximum", _), ("exclusiveMinimum", _), ("exclusiveMaximum", _):
            return value.doubleValue == nil ? wrong : nil
        case ("multipleOf", _): return value.doubleValue.map { $0 > 0 } ?? false ? nil : wrong
        case ("pattern", .string(let pattern)): return (try? Regex(pattern)) == nil ? wrong : nil
        case ("$ref", .string(let reference)):
            return target(reference) == nil ? "'\(reference)' leads nowhere; write # or #/$defs/NAME" : nil
        default: return wrong
        }
    }

    private func target(_ reference: String) -> JSONValue? {
        if reference == "#" { return root }
        guard reference.hasPrefix("#/$defs/") else { return nil }
        return root["$defs"]?[String(reference.dropFirst("#/$defs/".count))]
    }

    // MARK: a value

    private func fault(_ value: JSONValue, _ schema: JSONValue, _ path: String, _ depth: Int) -> String? {
        if schema == .bool(false) { return "\(path) is not allowed" }
        guard case .object(let keywords) = schema else { return nil }
        guard depth < Self.maximumDepth else { return "\(path): the schema leads back to itself without end" }
        if let types = keywords["type"] {
            let names = types.arrayValue ?? [types]
            guard names.contains(where: { Self.isOfType(value, $0.stringValue ?? "") }) else {
                return "\(path) is not of type \(names.compactMap(\.stringValue).joined(separator: " or "))"
            }
        }
        if let allowed = keywords["enum"]?.arrayValue, !allowed.contains(where: { Self.areEqual($0, value) }) {
            return "\(path) is none of the allowed values"
        }
        if let wanted = keywords["const"], !Self.areEqual(wanted, value) { return "\(path) is not the wanted value" }
        if let fault = combined(value, keywords, path, depth) { return fault }
        switch value {
        case .object(let members): return fault(members, keywords, path, depth)
        case .array(let elements): return fault(elements, keywords, path, depth)
        case .string(let text): return fault(text, keywords, path)
        case .int, .double: return fault(value.doubleValue ?? 0, keywords, path)
        case .null, .bool: return nil
        }
    }

    private func combined(
        _ value: JSONValue,
        _ keywords: [String: JSONValue],
        _ path: String,
        _ depth: Int
    ) -> String? {
        func fits(_ schema: JSONValue) -> Bool { fault(value, schema, path, depth + 1) == nil }
        if let schema = keywords["$ref"]?.stringValue.flatMap(target), let fault = fault(value, schema, path, depth + 1)
        {
            return fault
        }
        for schema in keywords["allOf"]?.arrayValue ?? [] {
            if let fault = fault(value, schema, path, depth + 1) { return fault }
        }
        if let schemas = keywords["anyOf"]?.arrayValue, !schemas.contains(where: fits) {
            return "\(path) fits no anyOf"
        }
        if let schemas = keywords["oneOf"]?.arrayValue, schemas.count(where: fits) != 1 {
            return "\(path) does not fit exactly one of oneOf"
        }
        if let schema = keywords["not"], fits(schema) { return "\(path) fits what it must not" }
        return nil
    }

    private func fault(
        _ members: [String: JSONValue],
        _ keywords: [String: JSONValue],
        _ path: String,
        _ depth: Int
    ) -> String? {
        for name in keywords["required"]?.arrayValue ?? [] where members[name.stringValue ?? ""] == nil {
            return "\(path) lacks '\(name.stringValue ?? "")'"
        }
        if let least = keywords["minProperties"]?.intValue, members.count < least { return "\(path) has too few keys" }
        if let most = keywords["maxProperties"]?.intValue, members.count > most { return "\(path) has too many keys" }
        for (key, value) in members.sorted(by: { $0.key < $1.key }) {
            if let schema = keywords["properties"]?[key] ?? keywords["additionalProperties"],
                let fault = fault(value, schema, "\(path).\(key)", depth + 1)
            {
                return fault
            }
        }
        return nil
    }

    private func fault(
        _ elements: [JSONValue],
        _ keywords: [String: JSONValue],
        _ path: String,
        _ depth: Int
    ) -> String? {
        if let least = keywords["minItems"]?.intValue, elements.count < least { return "\(path) has too few elements" }
        if let most = keywords["maxItems"]?.intValue, elements.count > most { return "\(path) has too many elements" }
        if keywords["uniqueItems"] == true {
            for (index, element) in elements.enumerated()
            where elements[..<index].contains(where: { Self.areEqual($0, element) }) {
                return "\(path) holds an element twice"
            }
        }
        let first = keywords["prefixItems"]?.arrayValue ?? []
        for (index, element) in elements.enumerated() {
            guard let schema = index < first.count ? first[index] : keywords["items"] else { continue }
            if let fault = fault(element, schema, "\(path)[\(index)]", depth + 1) { return fault }
        }
        return nil
    }

    private func fault(_ text: String, _ keywords: [String: JSONValue], _ path: String) -> String? {
        let length = text.unicodeScalars.count
        if let least = keywords["minLength"]?.intValue, length < least { return "\(path) is too short" }
        if let most = keywords["maxLength"]?.intValue, length > most { return "\(path) is too long" }
        if let pattern = keywords["pattern"]?.stringValue, let regex = try? Regex(pattern),
            text.firstMatch(of: regex) == nil
        {
            return "\(path) does not match the pattern"
        }
        return nil
    }

    private func fault(_ number: Double, _ keywords: [String: JSONValue], _ path: String) -> String? {
        func bound(_ key: String) -> Double? { keywords[key]?.doubleValue }
        if let least = bound("minimum"), number < least { return "\(path) is too small" }
        if let most = bound("maximum"), number > most { return "\(path) is too large" }
        if let least = bound("exclusiveMinimum"), number <= least { return "\(path) is too small" }
        if let most = bound("exclusiveMaximum"), number >= most { return "\(path) is too large" }
        if let step = bound("multipleOf"), (number / step).rounded() != number / step {
            return "\(path) is not a multiple of \(step)"
        }
        return nil
    }

    private static func isOfType(_ value: JSONValue, _ name: String) -> Bool {
        switch (value, name) {
        case (.null, "null"), (.bool, "boolean"), (.string, "string"), (.array, "array"), (.object, "object"): true
        case (.int, "integer"), (.int, "number"), (.double, "number"): true
        case (.double(let number), "integer"): number.rounded() == number
        default: false
        }
    }

    /// Equality in JSON Schema's sense: 1 and 1.0 are equal.
    private static func areEqual(_ left: JSONValue, _ right: JSONValue) -> Bool {
        switch (left, right) {
        case (.array(let a), .array(let b)): a.count == b.count && zip(a, b).allSatisfy(areEqual)
        case (.object(let a), .object(let b)):
            a.count == b.count && a.allSatisfy { member in b[member.key].map { areEqual(member.value, $0) } ?? false }
        case (.int(let a), .int(let b)): a == b
        default: left.doubleValue.map { $0 == right.doubleValue } ?? (left == right)
        }
    }
}
