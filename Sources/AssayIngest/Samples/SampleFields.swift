import AssayModel

/// Reads the fields of one row: several names for one thing, kinds checked, sizes limited.
struct SampleFields {
    let members: [String: JSONValue]
    let place: Place
    let number: Int
    let delimiter: String?
    let limits: SampleLimits

    init(_ row: SampleRows.Row, delimiter: String?, limits: SampleLimits) {
        members = row.members
        place = row.place
        number = row.number
        self.delimiter = delimiter
        self.limits = limits
    }

    private init(_ members: [String: JSONValue], of other: SampleFields) {
        self.members = members
        (place, number, delimiter, limits) = (other.place, other.number, other.delimiter, other.limits)
    }

    /// An error of this row.
    func fault(_ code: AssayError.Code, _ message: String, remedy: String? = nil) -> AssayError {
        AssayError(code, message, at: place, remedy: remedy)
    }

    /// The first of the keys that is there with its value; null and, in tables, an empty cell are not there.
    func found(_ keys: [String]) -> (key: String, value: JSONValue)? {
        for key in keys {
            guard let value = members[key], value != .null, value != .string("") else { continue }
            return (key, value)
        }
        return nil
    }

    func text(_ keys: String...) throws -> String? { try text(keys) }

    func text(_ keys: [String]) throws -> String? {
        guard let (key, value) = found(keys) else { return nil }
        switch value {
        case .string(let text): return try limited(text, key)
        case .int, .double, .bool: return value.text
        default: throw fault("samples.type", "'\(key)' takes a text")
        }
    }

    func required(_ keys: String...) throws -> String {
        guard let text = try text(keys), !text.allSatisfy(\.isWhitespace) else {
            throw fault("samples.missing", "'\(keys[0])' is missing or blank")
        }
        return text
    }

    /// Id of the row as text, at most 1,000 bytes.
    func id(_ keys: String...) throws -> String {
        let id = try text(keys) ?? ""
        guard id.utf8.count <= 1_000 else { throw fault("samples.too-large", "the id is over 1,000 bytes long") }
        return id
    }

    /// A list of texts; in a table a cell with a JSON list, a Python list or texts between delimiters.
    func texts(_ keys: String..., delimiter standard: String? = nil) throws -> [String]? {
        guard let (key, value) = found(keys) else { return nil }
        return try list(value, key, delimiter: standard).compactMap { element in
            switch element {
            case .string(let text): return try limited(text, key)
            case .int, .double, .bool: return element.text
            case .null: return nil
            default: throw fault("samples.type", "'\(key)' takes a list of texts")
            }
        }
    }

    /// A list of any values.
    func list(_ keys: String..., delimiter standard: String? = nil) throws -> [JSONValue]? {
        guard let (key, value) = found(keys) else { return nil }
        return try list(value, key, delimiter: standard)
    }

    private func list(_ value: JSONValue, _ key: String, delimiter standard: String?) throws -> [JSONValue] {
        var elements: [JSONValue]
        switch value {
        case .array(let found): elements = found
        case .string(let text): elements = try cells(limited(text, key), key, delimiter ?? standard)
        default: throw fault("samples.type", "'\(key)' takes a list")
        }
        guard elements.count <= limits.listed else {
            throw fault(
                "samples.too-large",
                "'\(key)' has \(elements.count) elements; at most \(limits.listed) are read"
            )
        }
        return elements
    }

    private func cells(_ text: String, _ key: String, _ delimiter: String?) throws -> [JSONValue] {
        let plain = text.trimmed
        if plain.hasPrefix("["), plain.hasSuffix("]") {
            if case .array(let found)? = try? JSONLine.parse(Array(plain.utf8)[...], at: place) { return found }
            if let found = PythonList.parse(plain) { return found.map { .string($0) } }
        }
        guard let delimiter, !delimiter.isEmpty else { return [.string(text)] }
        return plain.components(separatedBy: delimiter).map { .string($0.trimmed) }
    }

    /// A whole number; in a table its digits.
    func int(_ keys: String...) throws -> Int? {
        guard let (key, value) = found(keys) else { return nil }
        if let number = value.intValue { return number }
        if let text = value.stringValue, let number = Int(text) { return number }
        throw fault("samples.type", "'\(key)' takes a whole number")
    }

    /// A finite number; in a table its digits.
    func double(_ keys: String...) throws -> Double? {
        guard let (key, value) = found(keys) else { return nil }
        if let number = value.doubleValue ?? value.stringValue.flatMap(Double.init), number.isFinite { return number }
        throw fault("samples.type", "'\(key)' takes a number")
    }

    func bool(_ keys: String...) throws -> Bool? {
        guard let (key, value) = found(keys) else { return nil }
        switch value {
        case .bool(let flag): return flag
        case .int(0), .string("false"), .string("False"), .string("0"): return false
        case .int(1), .string("true"), .string("True"), .string("1"): return true
        default: throw fault("samples.type", "'\(key)' takes true or false")
        }
    }

    /// A mapping as fields of its own; in a table a cell with a JSON object.
    func mapping(_ keys: String...) throws -> SampleFields? {
        guard let (key, value) = found(keys) else { return nil }
        if case .object(let members) = value { return SampleFields(members, of: self) }
        if case .string(let text) = value, text.trimmed.hasPrefix("{"),
            case .object(let members) = try JSONLine.parse(Array(text.trimmed.utf8)[...], at: place)
        {
            return SampleFields(members, of: self)
        }
        throw fault("samples.type", "'\(key)' takes a mapping")
    }

    /// Fields of an element of a list.
    func element(_ value: JSONValue, of key: String) throws -> SampleFields {
        guard case .object(let members) = value else {
            throw fault("samples.type", "an element of '\(key)' is not a mapping")
        }
        return SampleFields(members, of: self)
    }

    func limited(_ text: String, _ key: String) throws -> String {
        guard text.utf8.count <= limits.textBytes else {
            throw fault(
                "samples.too-large",
                "'\(key)' has \(text.utf8.count) bytes; at most \(limits.textBytes) are read"
            )
        }
        return text
    }

    /// Tool calls `[{name, args}]`, by any of the names that tools give their arguments.
    func toolCalls(_ keys: String...) throws -> [ToolCall]? {
        guard let (key, value) = found(keys) else { return nil }
        return try list(value, key, delimiter: nil).map { element in
            let call = try self.element(element, of: key)
            var arguments: [String: JSONValue] = [:]
            let given = call.found(["args", "arguments", "input_parameters", "inputParameters"])
            if case .object(let found)? = given?.value { arguments = found }
            return ToolCall(name: try call.required("name"), arguments: arguments)
        }
    }
}

extension String {
    /// The parts between occurrences of `separator`.
    fileprivate func components(separatedBy separator: String) -> [Substring] {
        var parts: [Substring] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(rest[..<range.lowerBound])
            rest = rest[range.upperBound...]
        }
        return parts + [rest]
    }
}
