import AssayModel

// Declared metrics that one call decides: a yes-or-no question, a rubric, a prompt of the user's own.

extension DeclaredKind {
    /// `aspect: QUESTION`, yes 1 or no 0; `with`, the fields that the judge sees (question, answer); `reasons` (true).
    static let aspect = DeclaredKind(key: "aspect") { options, _ in
        let question = try options.nonBlank("aspect")
        let fields = try SampleField.list(&options, "with", default: [.question, .answer])
        let reasons = try options.bool("reasons", default: true)
        return .init(
            summary: "Declared: \(question)",
            formula: "1 if the judge says yes, else 0; prompt declared-aspect/1",
            needs: SampleField.needs(fields).union([.judge]),
            scoring: judged { sample, judge in
                guard let shown = fields.shown(sample) else { return .contextMissing }
                let prompt = JudgePrompt(
                    id: "declared-aspect/1",
                    task: """
                        Task: answer this question about the texts with yes or no: \(question)
                        The verdict is 1 for yes and 0 for no. Reply {\(reasons ? #""reason": at most twenty words, "# : "")"verdict": 0 or 1}.
                        """,
                    fields: shown,
                    schema: .mapping(ReplySchema.reason(reasons, ["verdict": .verdict])),
                    maxTokens: reasons ? 160 : 32
                )
                let token = TokenPrompt(
                    id: "declared-aspect-token/1",
                    task: "Task: answer this question about the texts with yes or no: \(question)",
                    fields: shown,
                    question: "\(question) Answer yes or no."
                )
                let verdict = try await judge.verdict(prompt, token: token)
                return MetricResult(.scored(verdict.value), details: verdict.json())
            }
        )
    }

    /// `rubric: { SCORE: MEANING, … }` with whole scores; every whole number between the lowest and the highest may be given;
    /// `with`, the fields that the judge sees (question, answer); `reasons` (true).
    static let rubric = DeclaredKind(key: "rubric") { options, _ in
        let node = options.node("rubric")
        let levels = try Self.levels(node, options)
        let fields = try SampleField.list(&options, "with", default: [.question, .answer])
        let reasons = try options.bool("reasons", default: true)
        let range = (levels.first?.score ?? 0)...(levels.last?.score ?? 0)
        let lines = levels.map { "\($0.score): \($0.meaning)" }.joined(separator: "\n")
        return .init(
            summary: "Declared: \(levels.map { "\($0.score) \($0.meaning)" }.joined(separator: ", "))",
            formula:
                "the score that the judge gives, \(range.lowerBound) to \(range.upperBound); prompt declared-rubric/1",
            range: Double(range.lowerBound)...Double(range.upperBound),
            needs: SampleField.needs(fields).union([.judge]),
            scoring: judged { sample, judge in
                guard let shown = fields.shown(sample) else { return .contextMissing }
                let prompt = JudgePrompt(
                    id: "declared-rubric/1",
                    task: """
                        Task: give the \(fields.contains(.answer) ? "answer" : "text") a score by this rubric. Where no line fits, take the \
                        whole number between those that fit best.
                        \(lines)
                        Reply {\(reasons ? #""reason": at most twenty words, "# : "")"score": a whole number from \(range.lowerBound) to \(range.upperBound)}.
                        """,
                    fields: shown,
                    schema: .mapping(ReplySchema.reason(reasons, ["score": .index(range)])),
                    maxTokens: reasons ? 160 : 32
                )
                return try await Self.score(prompt, judge)
            }
        )
    }

    /// `prompt: FILE` with the fields {question}, {answer}, {context}, {reference}; `reply: verdict` (yes 1, no 0) or `score` with
    /// `range: [LOW, HIGH]` of whole numbers; `reasons` (true).
    static let prompt = DeclaredKind(key: "prompt") { options, read in
        let place = options.node("prompt")?.place ?? options.place
        let path = try options.nonBlank("prompt")
        let text = try read(path, place)
        let template = try FieldTemplate(text, file: path)
        let kind = try options.string("reply", default: "verdict", oneOf: ["verdict", "score"])
        let range = try Self.range(options.node("range"), isScore: kind == "score", options)
        let reasons = try options.bool("reasons", default: true)
        let ask =
            kind == "score"
            ? #""score": a whole number from \#(range.lowerBound) to \#(range.upperBound)"#
            : #""verdict": 1 for yes or 0 for no"#
        let schema: [String: ReplySchema] = kind == "score" ? ["score": .index(range)] : ["verdict": .verdict]
        return .init(
            summary: "Declared: the judge's \(kind) by the prompt \(path)",
            formula: "the judge's \(kind); prompt declared-prompt/1",
            range: Double(range.lowerBound)...Double(range.upperBound),
            needs: SampleField.needs(template.fields).union([.judge]),
            fixed: ["sha256": .string(SHA256.hex(text))],
            scoring: judged { sample, judge in
                guard let filled = template.filled(sample) else { return .contextMissing }
                let prompt = JudgePrompt(
                    id: "declared-prompt/1",
                    task: """
                        Task: do what the text outside of the fenced lines asks. Reply {\(reasons ? #""reason": at most twenty words, "# : "")\(ask)}.
                        """,
                    fields: filled,
                    schema: .mapping(ReplySchema.reason(reasons, schema)),
                    maxTokens: reasons ? 160 : 32
                )
                if kind == "score" { return try await Self.score(prompt, judge) }
                let token = TokenPrompt(
                    id: "declared-prompt-token/1",
                    task: "Task: answer with yes or no what the text outside of the fenced lines asks.",
                    fields: filled,
                    question: "Answer yes or no."
                )
                let verdict = try await judge.verdict(prompt, token: token)
                return MetricResult(.scored(verdict.value), details: verdict.json())
            }
        )
    }

    private static func score(_ prompt: JudgePrompt, _ judge: JudgeSession) async throws -> MetricResult {
        try await judge.ask(prompt) { reply throws(StrictJSON.Fault) in
            guard let score = reply["score"]?.intValue else { throw StrictJSON.Fault(message: "a score is missing") }
            var details: [String: JSONValue] = ["score": .int(score)]
            if let reason = reply["reason"]?.stringValue { details["reason"] = .string(reason) }
            return MetricResult(.scored(Double(score)), details: .object(details))
        }
    }

    private static func levels(_ node: ConfigNode?, _ options: OptionReader) throws -> [(score: Int, meaning: String)] {
        guard case .mapping(let members)? = node?.value, (2...101).contains(members.count) else {
            throw AssayError(
                "config.type",
                "\(options.owner).rubric takes 2 to 101 lines of score and meaning, like { 1: rude, 5: warm }",
                at: node?.place ?? options.place
            )
        }
        let levels = try members.map { member in
            guard let score = Int(member.key), (-100...100).contains(score),
                case .string(let meaning) = member.value.value,
                !meaning.allSatisfy(\.isWhitespace)
            else {
                throw AssayError(
                    "config.value",
                    "\(options.owner).rubric: '\(member.key)' takes a whole number from -100 to 100 with its meaning as text",
                    at: member.place
                )
            }
            return (score: score, meaning: meaning)
        }.sorted { $0.score < $1.score }
        guard let low = levels.first?.score, let high = levels.last?.score, high - low <= 100, low < high else {
            throw AssayError(
                "config.value",
                "\(options.owner).rubric spans more than 100 points, or none",
                at: node?.place ?? options.place
            )
        }
        return levels
    }

    private static func range(_ node: ConfigNode?, isScore: Bool, _ options: OptionReader) throws -> ClosedRange<Int> {
        guard isScore else {
            if let node {
                throw AssayError("config.value", "\(options.owner).range belongs to 'reply: score'", at: node.place)
            }
            return 0...1
        }
        let ends = (node?.elements ?? []).compactMap { element -> Int? in
            if case .int(let value) = element.value { return value }
            return nil
        }
        guard ends.count == 2, node?.elements.count == 2, ends[0] < ends[1], (-1_000...1_000).contains(ends[0]),
            ends[1] - ends[0] <= 100
        else {
            throw AssayError(
                "config.value",
                "\(options.owner).range takes two whole numbers at most 100 apart, like [0, 10]",
                at: node?.place ?? options.place
            )
        }
        return ends[0]...ends[1]
    }
}

/// A user's prompt with named fields in single braces.
struct FieldTemplate: Sendable {
    private enum Piece: Sendable {
        case text(String)
        case field(SampleField)
    }

    private var pieces: [Piece] = []
    /// The fields that it uses.
    private(set) var fields: [SampleField] = []

    /// Reads a template; braces around anything but a lower-case word stay as they are.
    ///
    /// - Throws: `AssayError` "define.field" with file and line for a word that is no field, or when there is no field at all.
    init(_ text: String, file: String) throws {
        var rest = text[...]
        var plain = ""
        while let open = rest.firstIndex(of: "{") {
            plain += rest[..<open]
            let after = rest.index(after: open)
            let word = rest[after...].prefix { ("a"..."z").contains($0) || $0 == "_" }
            guard !word.isEmpty, word.endIndex < rest.endIndex, rest[word.endIndex] == "}" else {
                plain.append("{")
                rest = rest[after...]
                continue
            }
            guard let field = SampleField(rawValue: String(word)) else {
                let line = text[..<open].count { $0 == "\n" } + 1
                let known = SampleField.allCases.map { "{\($0.rawValue)}" }.joined(separator: ", ")
                throw AssayError(
                    "define.field",
                    "the prompt has no field {\(word.prefix(40))}; known: \(known)",
                    at: Place(file: file, line: line)
                )
            }
            pieces += [.text(plain), .field(field)]
            plain = ""
            if !fields.contains(field) { fields.append(field) }
            rest = rest[rest.index(after: word.endIndex)...]
        }
        pieces.append(.text(plain + rest))
        guard !fields.isEmpty else {
            throw AssayError(
                "define.field",
                "the prompt shows nothing of a sample",
                at: Place(file: file),
                remedy: "put in {answer}, {question}, {context} or {reference}"
            )
        }
    }

    /// The prompt for a sample, its texts between fences; nil when the record lacks the text of a passage.
    func filled(_ sample: Sample) -> String? {
        var filled = ""
        for piece in pieces {
            switch piece {
            case .text(let text): filled += text
            case .field(let field):
                guard let text = field.fenced(sample) else { return nil }
                filled += text
            }
        }
        return filled
    }
}

extension [SampleField] {
    /// The fields between fences, one after the other.
    fileprivate func shown(_ sample: Sample) -> String? {
        let texts = compactMap { $0.fenced(sample) }
        return texts.count == count ? texts.joined(separator: "\n") : nil
    }
}

extension ReplySchema {
    /// The members of a reply, with a reason before the verdict where reasons are asked for.
    fileprivate static func reason(_ reasons: Bool, _ members: [String: ReplySchema]) -> [String: ReplySchema] {
        reasons
            ? members.merging(["reason": .text(maxLength: JudgePrompt.reasonLength, optional: true)]) { old, _ in old }
            : members
    }
}

extension OptionReader {
    /// Text that is not blank.
    fileprivate mutating func nonBlank(_ key: String) throws -> String {
        let node = node(key)
        let text = try string(key)
        guard !text.allSatisfy(\.isWhitespace), text.utf8.count <= 20_000 else {
            throw AssayError(
                "config.value",
                "\(owner).\(key) takes a text of 1 to 20,000 bytes",
                at: node?.place ?? place
            )
        }
        return text
    }
}
