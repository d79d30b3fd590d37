import AssayModel

/// A pattern for paths of a corpus.
///
/// `*` and `?` match within a name, `**` across folders, `[a-z]` and `[!a-z]` one character, `{a,b}` alternatives. A pattern without
/// `/` is for file names in any folder; one with `/` is for the whole path; one that ends in `/` is for all that is in a folder.
package struct GlobPattern: Sendable, Equatable {
    /// The pattern as it was written.
    package let text: String
    private let alternatives: [[Token]]

    private enum Token: Sendable, Equatable {
        case literal(Unicode.Scalar)
        case any
        case run
        case deepRun
        case set([ClosedRange<UInt32>], isNegated: Bool)
    }

    /// Compiles a pattern.
    ///
    /// - Parameter text: The pattern, at most 1000 characters and 64 alternatives.
    /// - Throws: `AssayError` "config.value" that says what is wrong with it.
    package init(_ text: String) throws {
        self.text = text
        guard !text.isEmpty, text.utf8.count <= 1000 else {
            throw AssayError("config.value", "a path pattern has 1 to 1000 characters")
        }
        var pattern = text.hasPrefix("/") ? String(text.dropFirst()) : text
        if pattern.hasSuffix("/") { pattern += "**" }
        if !text.contains("/") { pattern = "**/" + pattern }
        alternatives = try Self.expand(Array(pattern.unicodeScalars), text).map { try Self.tokens($0, text) }
    }

    /// Whether `path`, with `/` between names, matches.
    package func matches(_ path: String) -> Bool {
        let scalars = Array(path.unicodeScalars)
        return alternatives.contains { Self.matches($0, scalars) }
    }

    /// Steps through the path with the set of places in the pattern that are possible, so time is bounded by their product.
    private static func matches(_ tokens: [Token], _ path: [Unicode.Scalar]) -> Bool {
        var active = [Bool](repeating: false, count: tokens.count + 1)
        active[0] = true
        skipRuns(tokens, &active, isAtNameStart: true)
        for scalar in path {
            var next = [Bool](repeating: false, count: tokens.count + 1)
            for state in tokens.indices where active[state] {
                switch tokens[state] {
                case .literal(let wanted) where wanted == scalar: next[state + 1] = true
                case .any where scalar != "/": next[state + 1] = true
                case .run where scalar != "/": next[state] = true
                case .deepRun: next[state] = true
                case .set(let ranges, let isNegated)
                where scalar != "/" && ranges.contains(where: { $0.contains(scalar.value) }) != isNegated:
                    next[state + 1] = true
                default: break
                }
            }
            active = next
            skipRuns(tokens, &active, isAtNameStart: scalar == "/")
        }
        return active[tokens.count]
    }

    /// Lets runs match nothing; `**/` only at the start of a name.
    private static func skipRuns(_ tokens: [Token], _ active: inout [Bool], isAtNameStart: Bool) {
        for state in tokens.indices where active[state] {
            switch tokens[state] {
            case .run: active[state + 1] = true
            case .deepRun:
                let isLast = state + 1 == tokens.count
                if isLast || isAtNameStart { active[state + 1] = true }
            default: break
            }
        }
    }

    private static func tokens(_ pattern: [Unicode.Scalar], _ text: String) throws -> [Token] {
        var tokens: [Token] = []
        var position = 0
        while position < pattern.count {
            let scalar = pattern[position]
            position += 1
            switch scalar {
            case "?": tokens.append(.any)
            case "*":
                guard position < pattern.count, pattern[position] == "*" else {
                    tokens.append(.run)
                    continue
                }
                let startsName = position == 1 || pattern[position - 2] == "/"
                position += 1
                let endsName = position == pattern.count || pattern[position] == "/"
                guard startsName, endsName else { throw wrong(text, "'**' stands for whole folders, as in 'a/**/b'") }
                tokens.append(.deepRun)
                position += 1
            case "[":
                let close = pattern[position...].dropFirst().firstIndex(of: "]")
                guard let close else { throw wrong(text, "']' is missing") }
                tokens.append(try set(pattern[position..<close], text))
                position = close + 1
            case "\\" where position < pattern.count:
                tokens.append(.literal(pattern[position]))
                position += 1
            default: tokens.append(.literal(scalar))
            }
        }
        return tokens
    }

    private static func set(_ body: ArraySlice<Unicode.Scalar>, _ text: String) throws -> Token {
        var rest = body
        let isNegated = rest.first == "!" || rest.first == "^"
        if isNegated { rest.removeFirst() }
        var ranges: [ClosedRange<UInt32>] = []
        while let low = rest.popFirst() {
            guard rest.first == "-", rest.count > 1 else {
                ranges.append(low.value...low.value)
                continue
            }
            rest.removeFirst()
            guard let high = rest.popFirst(), low.value <= high.value else {
                throw wrong(text, "a range runs backwards")
            }
            ranges.append(low.value...high.value)
        }
        return .set(ranges, isNegated: isNegated)
    }

    /// The alternatives of `{a,b}`, not nested.
    private static func expand(_ pattern: [Unicode.Scalar], _ text: String) throws -> [[Unicode.Scalar]] {
        guard let open = pattern.firstIndex(of: "{") else { return [pattern] }
        guard let close = pattern[open...].firstIndex(of: "}") else { throw wrong(text, "'}' is missing") }
        let choices = pattern[(open + 1)..<close].split(separator: ",", omittingEmptySubsequences: false)
        if choices.contains(where: { $0.contains("{") }) { throw wrong(text, "'{' stands within '{'") }
        let tails = try expand(Array(pattern[(close + 1)...]), text)
        guard choices.count * tails.count <= 64 else { throw wrong(text, "it has over 64 alternatives") }
        return choices.flatMap { choice in tails.map { pattern[..<open] + choice + $0 } }
    }

    private static func wrong(_ text: String, _ reason: String) -> AssayError {
        AssayError("config.value", "the path pattern '\(text)' is wrong: \(reason)")
    }
}
