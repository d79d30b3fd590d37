import AssayModel
import FoundationEssentials

extension DeclaredKind {
    /// `assert: { CHECK: VALUE, … }`: 1 when all checks of the answer hold, else 0; `ignore_case` (false).
    ///
    /// Checks: `contains`, `contains_any`, `not_contains`, `starts_with`, `ends_with`, `equals`, `regex`, `not_regex` (texts or lists of
    /// texts), `json: true` (the answer is one JSON value), `min_words`, `max_words`, `min_chars`, `max_chars`.
    static let assert = DeclaredKind(key: "assert") { options, _ in
        let node = options.node("assert")
        let ignoreCase = try options.bool("ignore_case", default: false)
        let checks = try AnswerCheck.list(node, ignoreCase: ignoreCase, owner: options.owner, place: options.place)
        return .init(
            summary: "Declared: \(checks.map(\.name).joined(separator: ", "))",
            formula: "1 if all checks of the answer hold, else 0",
            needs: [.answer]
        ) { sample, _ in
            let text = sample.answer?.text ?? ""
            let failed = try checks.filter { try !$0.holds(text) }.map { JSONValue.string($0.name) }
            return MetricResult(
                .scored(failed.isEmpty ? 1 : 0),
                details: failed.isEmpty ? nil : ["failed": .array(failed)]
            )
        }
    }
}

/// One check of an answer's text.
struct AnswerCheck: Sendable {
    /// Longest text that a pattern is tried on, in characters: patterns may take time that grows fast.
    static let patternLimit = 100_000

    /// As it stands in details: `contains "http"`.
    let name: String
    let holds: @Sendable (String) throws -> Bool

    /// Reads the checks of a declaration.
    static func list(_ node: ConfigNode?, ignoreCase: Bool, owner: String, place: Place) throws -> [AnswerCheck] {
        var options = try OptionReader(node, owner: "\(owner).assert", place: place)
        func folded(_ text: String) -> String { ignoreCase ? text.lowercased() : text }
        var checks: [AnswerCheck] = []
        func add(
            _ key: String,
            _ values: [String],
            _ holds: @escaping @Sendable (_ text: String, _ value: String) -> Bool
        ) {
            for value in values {
                let wanted = folded(value)
                checks.append(
                    AnswerCheck(name: "\(key) \"\(value)\"") { text in
                        holds(ignoreCase ? text.lowercased() : text, wanted)
                    }
                )
            }
        }
        add("contains", try options.strings("contains")) { $0.contains($1) }
        add("not_contains", try options.strings("not_contains")) { !$0.contains($1) }
        add("starts_with", try options.strings("starts_with")) { $0.hasPrefix($1) }
        add("ends_with", try options.strings("ends_with")) { $0.hasSuffix($1) }
        add("equals", try options.optionalString("equals").map { [$0] } ?? []) { $0 == $1 }
        let any = try options.strings("contains_any").map(folded)
        if !any.isEmpty {
            checks.append(
                AnswerCheck(name: "contains_any") { text in
                    let text = ignoreCase ? text.lowercased() : text
                    return any.contains { text.contains($0) }
                }
            )
        }
        for (key, wanted) in [("regex", true), ("not_regex", false)] {
            let place = options.node(key)?.place ?? options.place
            for pattern in try options.strings(key) {
                checks.append(try matching(pattern, key, wanted, ignoreCase: ignoreCase, at: place))
            }
        }
        if try options.bool("json", default: false) {
            checks.append(AnswerCheck(name: "json") { (try? JSONValue(parsing: $0)) != nil })
        }
        checks += try sizes(&options)
        try options.finish()
        guard !checks.isEmpty else {
            throw AssayError(
                "config.missing",
                "\(owner).assert has no check",
                at: node?.place ?? place,
                remedy: "for example assert: { contains: \"http\" }"
            )
        }
        return checks
    }

    private static func sizes(_ options: inout OptionReader) throws -> [AnswerCheck] {
        @Sendable func words(_ text: String) -> Int { text.split(whereSeparator: \.isWhitespace).count }
        var checks: [AnswerCheck] = []
        if let least = try options.optionalInt("min_words", in: 0...1_000_000) {
            checks.append(AnswerCheck(name: "min_words \(least)") { words($0) >= least })
        }
        if let most = try options.optionalInt("max_words", in: 0...1_000_000) {
            checks.append(AnswerCheck(name: "max_words \(most)") { words($0) <= most })
        }
        if let least = try options.optionalInt("min_chars", in: 0...10_000_000) {
            checks.append(AnswerCheck(name: "min_chars \(least)") { $0.count >= least })
        }
        if let most = try options.optionalInt("max_chars", in: 0...10_000_000) {
            checks.append(AnswerCheck(name: "max_chars \(most)") { $0.count <= most })
        }
        return checks
    }

    private static func matching(
        _ pattern: String,
        _ key: String,
        _ wanted: Bool,
        ignoreCase: Bool,
        at place: Place
    ) throws -> AnswerCheck {
        // A compiled pattern is not Sendable: it is checked here and compiled again where it is used.
        guard (try? Regex(pattern)) != nil else {
            throw AssayError("config.value", "'\(pattern.prefix(60))' is not a regular expression", at: place)
        }
        return AnswerCheck(name: "\(key) \"\(pattern)\"") { text in
            let regex = try Regex(pattern).ignoresCase(ignoreCase)
            return (try regex.firstMatch(in: text.prefix(patternLimit)) != nil) == wanted
        }
    }
}
