package import AssayModel

/// A grammar (GBNF, llama.cpp's form) of the compact JSON that a schema allows.
///
/// llama.cpp's own grammar of a schema lets white space stand between any two tokens, and small models fill replies with it: 77 tokens
/// for two verdicts were seen. Here there is none. Members stand in the order of their names, as the schema's canonical JSON has them.
/// Strings hold no line breaks. A list of fixed length whose entries have an `index` of 1…length is numbered by the grammar itself.
package enum JSONGrammar {
    /// Raised when the grammar of any schema changes; part of the keys of judge calls.
    package static let version = 1

    /// The grammar of `schema`; nil for a schema with anything that is not handled here, which is then left to the engine.
    package static func text(for schema: JSONValue) -> String? {
        var rules = GrammarRules()
        guard let root = rules.expression(schema, depth: 0) else { return nil }
        return """
            root ::= \(root)
            \(rules.items.map { $0 + "\n" }.joined())char ::= [^"\\\\\\x7F\\x00-\\x1F] | "\\\\" ["\\\\/]
            whole ::= "0" | [1-9] [0-9]{0,14}

            """
    }
}

/// The rules of a grammar while it is written.
private struct GrammarRules {
    /// Most values of a whole number that are listed one by one.
    static let listed = 128
    static let known: Set<String> = [
        "type", "enum", "const", "properties", "required", "additionalProperties", "items", "minItems", "maxItems",
        "minLength", "maxLength", "minimum", "maximum", "title", "description",
    ]

    /// One rule an element of a list: llama.cpp limits what it repeats by the rules inside, and a name counts as one.
    private(set) var items: [String] = []

    mutating func expression(_ schema: JSONValue, depth: Int) -> String? {
        guard depth < 16, case .object(let members) = schema, members.keys.allSatisfy(Self.known.contains) else {
            return nil
        }
        if let value = schema["const"] { return literal(value.text) }
        if let values = schema["enum"]?.arrayValue {
            return values.isEmpty ? nil : choice(values.map { literal($0.text) })
        }
        switch schema["type"]?.stringValue {
        case "object": return object(schema, depth)
        case "array": return array(schema, depth)
        case "string": return string(schema)
        case "integer": return integer(schema)
        case "number": return #"("-"? whole ("." [0-9]{1,6})?)"#
        case "boolean": return #"("true" | "false")"#
        case "null": return #""null""#
        default: return nil
        }
    }

    private mutating func object(_ schema: JSONValue, _ depth: Int, index: Int? = nil) -> String? {
        guard case .object(let properties)? = schema["properties"] else { return nil }
        let required = schema["required"]?.arrayValue?.compactMap(\.stringValue) ?? Array(properties.keys)
        var parts: [String] = []
        for (number, key) in required.sorted().enumerated() {
            guard let property = properties[key] else { return nil }
            let fixed = key == "index" ? index.map { literal("\($0)") } : nil
            guard let value = fixed ?? expression(property, depth: depth + 1) else { return nil }
            parts.append(literal((number == 0 ? "{" : ",") + JSONValue.string(key).text + ":"))
            parts.append(value)
        }
        parts.append(literal(parts.isEmpty ? "{}" : "}"))
        return parts.joined(separator: " ")
    }

    private mutating func array(_ schema: JSONValue, _ depth: Int) -> String? {
        let least = max(0, schema["minItems"]?.intValue ?? 0)
        let most = schema["maxItems"]?.intValue
        guard let element = schema["items"] else { return nil }
        if let most, most < least { return nil }
        if most == 0 { return literal("[]") }
        if least == most, least <= Self.listed, isNumbered(element, count: least) {
            let entries = (1...least).compactMap { object(element, depth + 1, index: $0) }
            return literal("[") + " " + entries.joined(separator: #" "," "#) + " " + literal("]")
        }
        guard let expression = expression(element, depth: depth + 1) else { return nil }
        let item = "item\(items.count)"
        items.append("\(item) ::= \(expression)")
        let more = most.map { "\($0 - 1)" } ?? ""
        let entries = #"\#(item) ("," \#(item)){\#(max(0, least - 1)),\#(more)}"#
        return literal("[") + (least == 0 ? " (\(entries))? " : " \(entries) ") + literal("]")
    }

    /// Whether the entries of a list of `count` have an index whose values are 1…count.
    private func isNumbered(_ items: JSONValue, count: Int) -> Bool {
        guard count > 0, items["type"]?.stringValue == "object" else { return false }
        return items["properties"]?["index"]?["enum"]?.arrayValue == (1...count).map { .int($0) }
    }

    private func string(_ schema: JSONValue) -> String {
        let least = max(0, schema["minLength"]?.intValue ?? 0)
        let most = schema["maxLength"]?.intValue.map { "\(max(least, $0))" } ?? ""
        return literal("\"") + " char{\(least),\(most)} " + literal("\"")
    }

    private func integer(_ schema: JSONValue) -> String {
        if let low = schema["minimum"]?.intValue, let high = schema["maximum"]?.intValue, low <= high,
            case (let width, let overflow) = high.subtractingReportingOverflow(low), !overflow, width < Self.listed
        {
            return choice((low...high).map { literal("\($0)") })
        }
        return (schema["minimum"]?.intValue ?? -1) >= 0 ? "whole" : #"("-"? whole)"#
    }

    private func choice(_ alternatives: [String]) -> String { "(" + alternatives.joined(separator: " | ") + ")" }

    /// A quoted literal.
    private func literal(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\" + String(scalar)
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
