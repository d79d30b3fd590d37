import AssayModel

/// The shape of a judge's reply: written as JSON Schema to constrain the engine, and checked again when the reply is here.
///
/// One value drives both, so what is asked for and what is accepted cannot drift apart.
indirect enum ReplySchema: Sendable, Equatable {
    /// Text of 1 to `maxLength` Unicode scalars, not blank; may be empty when `optional`.
    case text(maxLength: Int, optional: Bool = false)
    /// 0 or 1, as a whole number.
    case verdict
    /// One of these whole numbers.
    case index(ClosedRange<Int>)
    /// A whole number from 0 to 9, taken also as text or truth value, as Ragas's parser does; compat modes only.
    case loose
    /// `true` or `false`.
    case flag
    /// A list of `count` elements.
    case list(of: ReplySchema, count: ClosedRange<Int>)
    /// A mapping with exactly these keys; they are listed by name, as canonical JSON writes them.
    case mapping([String: ReplySchema])

    /// As JSON Schema.
    var json: JSONValue {
        switch self {
        case .text(let maxLength, let optional):
            ["type": "string", "minLength": .int(optional ? 0 : 1), "maxLength": .int(maxLength)]
        case .verdict:
            ["type": "integer", "enum": [0, 1]]
        case .index(let range):
            ["type": "integer", "enum": .array(range.map { .int($0) })]
        case .loose:
            ["type": "integer", "enum": .array((0...9).map { .int($0) })]
        case .flag:
            ["type": "boolean"]
        case .list(let element, let count):
            [
                "type": "array", "items": element.json, "minItems": .int(count.lowerBound),
                "maxItems": .int(count.upperBound),
            ]
        case .mapping(let members):
            [
                "type": "object", "additionalProperties": false, "properties": .object(members.mapValues(\.json)),
                "required": .array(members.keys.sorted().map { .string($0) }),
            ]
        }
    }

    /// Refuses a value that is not of this shape.
    ///
    /// - Parameters:
    ///   - value: A parsed reply, or a part of it.
    ///   - name: What the part is called in the fault.
    /// - Throws: `StrictJSON.Fault`; its message never holds text of the reply.
    func check(_ value: JSONValue, name: String = "the reply") throws(StrictJSON.Fault) {
        switch (self, value) {
        case (.text(let maxLength, let optional), .string(let text)):
            guard text.unicodeScalars.count <= maxLength else {
                throw StrictJSON.Fault(message: "\(name) is longer than \(maxLength) characters")
            }
            guard optional || !text.allSatisfy(\.isWhitespace) else {
                throw StrictJSON.Fault(message: "\(name) is blank")
            }
        case (.verdict, .int(let number)):
            guard number == 0 || number == 1 else { throw StrictJSON.Fault(message: "\(name) is neither 0 nor 1") }
        case (.index(let range), .int(let number)):
            guard range.contains(number) else {
                throw StrictJSON.Fault(message: "\(name) is not from \(range.lowerBound) to \(range.upperBound)")
            }
        case (.loose, let number):
            guard Self.coerced(number) != nil else {
                throw StrictJSON.Fault(message: "\(name) is not a whole number from 0 to 9")
            }
        case (.flag, .bool): break
        case (.list(let element, let count), .array(let values)):
            guard count.contains(values.count) else {
                let allowed = count.count == 1 ? "\(count.lowerBound)" : "\(count.lowerBound) to \(count.upperBound)"
                throw StrictJSON.Fault(message: "\(name) has \(values.count) elements instead of \(allowed)")
            }
            for (position, value) in values.enumerated() { try element.check(value, name: "\(name)[\(position)]") }
        case (.mapping(let members), .object(let found)):
            guard found.keys.allSatisfy({ members[$0] != nil }) else {
                throw StrictJSON.Fault(message: "\(name) has a key that was not asked for")
            }
            for (key, schema) in members.sorted(by: { $0.key < $1.key }) {
                guard let value = found[key] else { throw StrictJSON.Fault(message: "\(name) lacks '\(key)'") }
                try schema.check(value, name: "'\(key)'")
            }
        default: throw StrictJSON.Fault(message: "\(name) is not \(kind)")
        }
    }

    /// The whole number from 0 to 9 that Ragas's parser makes of `1`, `"1"` and `true`.
    static func coerced(_ value: JSONValue) -> Int? {
        let number =
            switch value {
            case .int(let number): number
            case .bool(let flag): flag ? 1 : 0
            case .string(let text): Int(text) ?? -1
            default: -1
            }
        return (0...9).contains(number) ? number : nil
    }

    private var kind: String {
        switch self {
        case .text: "a string"
        case .verdict, .index, .loose: "a whole number"
        case .flag: "true or false"
        case .list: "a list"
        case .mapping: "an object"
        }
    }
}
