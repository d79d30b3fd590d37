package import AssayModel

/// Metrics that users declare in YAML instead of writing Swift.
///
/// ```yaml
/// define:
///   polite:   { aspect: "Is the answer polite?" }
///   tone:     { rubric: { 1: "rude", 3: "neutral", 5: "warm" } }
///   grounded: { claims: answer, against: context }
///   custom:   { prompt: prompts/mine.txt, reply: score, range: [0, 10] }
///   has_link: { assert: { contains: "http" } }
/// ```
/// All that a declaration says, the bytes of a prompt file included, is part of the formula and so of the definition's hash.
package enum DeclaredMetrics {
    /// Most metrics of one file.
    static let limit = 100

    /// The kinds of declarations, by the key that names them.
    static let kinds: [DeclaredKind] = [.aspect, .rubric, .claims, .prompt, .assert]

    /// Reads the mapping of names to declarations.
    ///
    /// - Parameters:
    ///   - node: The mapping, nil for none.
    ///   - known: The metrics that come with Assay: their names are taken.
    ///   - read: Reads a prompt file by the path that a declaration gives; throws what is wrong with it.
    /// - Returns: One entry a declaration, in the order of the file.
    /// - Throws: `AssayError` "define.…" with file and line.
    package static func entries(
        _ node: ConfigNode?,
        known: MetricTable,
        read: @escaping (_ path: String, _ place: Place) throws -> String
    ) throws -> [MetricEntry] {
        guard let node else { return [] }
        guard case .mapping(let members) = node.value else {
            throw AssayError(
                "define.type",
                "define takes a mapping of names to metrics, not \(node.kind)",
                at: node.place
            )
        }
        guard members.count <= limit else {
            throw AssayError("define.count", "define has \(members.count) metrics; at most \(limit)", at: node.place)
        }
        var seen: Set<String> = []
        return try members.map { member in
            try check(member, known: known)
            guard seen.insert(member.key).inserted else {
                throw AssayError("config.duplicate", "metric '\(member.key)' is defined twice", at: member.place)
            }
            return try entry(member, read: read)
        }
    }

    private static func check(_ member: ConfigNode.Member, known: MetricTable) throws {
        let name = member.key
        let isPlain = name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }
        guard isPlain, name.utf8.count <= 64, let first = name.utf8.first, (97...122).contains(first) else {
            throw AssayError(
                "define.name",
                "'\(name.prefix(64))' cannot name a metric: a name has a-z, 0-9 and '_', begins with a letter and has at most 64",
                at: member.place
            )
        }
        guard !known.entries.contains(where: { $0.name == name }) else {
            throw AssayError(
                "define.builtin",
                "'\(name)' is a metric that comes with Assay and cannot be defined anew",
                at: member.place,
                remedy: "give yours another name"
            )
        }
    }

    private static func entry(
        _ member: ConfigNode.Member,
        read: @escaping (_ path: String, _ place: Place) throws -> String
    ) throws -> MetricEntry {
        var options = try OptionReader(member.value, owner: "define.\(member.key)", place: member.place)
        guard let kind = kinds.first(where: { member.value[$0.key] != nil }) else {
            let names = kinds.map(\.key).joined(separator: ", ")
            throw AssayError(
                "define.kind",
                "'\(member.key)' does not say what it is: one of \(names)",
                at: member.place,
                remedy: "for example \(member.key): { aspect: \"Is the answer polite?\" }"
            )
        }
        let made = try kind.make(&options, read)
        // Read only where it stands: a default among the effective options would change the definition of every declared metric.
        let isUp =
            options.node("higher_is_better") == nil ? true : try options.bool("higher_is_better", default: true)
        try options.finish()
        var definition = options.effective
        for (key, value) in made.fixed { definition[key] = value }
        return MetricEntry(
            name: member.key,
            version: 1,
            summary: made.summary,
            formula: "declared \(kind.key): \(JSONValue.object(definition).text); \(made.formula)",
            range: made.range,
            needs: made.needs,
            higherIsBetter: isUp
        ) { _, _ in made.scoring }
    }
}

/// One line of the table of declarations.
struct DeclaredKind: Sendable {
    /// What a declaration makes.
    struct Made: Sendable {
        /// One sentence for listings.
        var summary: String
        /// How the value is computed, prompts and versions included.
        var formula: String
        /// Lowest and highest value.
        var range: ClosedRange<Double> = 0...1
        /// What it needs.
        var needs: Set<MetricNeed>
        /// What decides the value besides the options: digests of files.
        var fixed: [String: JSONValue] = [:]
        /// How a sample is scored.
        var scoring: MetricEntry.Scoring
    }

    /// The key that names the kind.
    let key: String
    let make: @Sendable (inout OptionReader, _ read: (_ path: String, _ place: Place) throws -> String) throws -> Made
}

/// A part of a sample that a declared metric shows the judge or checks.
enum SampleField: String, Sendable, CaseIterable {
    case question, answer, context, reference

    /// What a sample must have for the field to be there.
    var need: MetricNeed? {
        switch self {
        case .answer: .answer
        case .reference: .reference
        case .question, .context: nil
        }
    }

    /// The texts of the field; nil when the record lacks the text of a passage.
    func texts(_ sample: Sample) -> [String]? {
        switch self {
        case .question: [sample.question.question]
        case .answer: [sample.answer?.text ?? ""]
        case .context: sample.contextTexts
        case .reference: [sample.question.reference]
        }
    }

    /// The field between fences; a prompt without passages says so.
    func fenced(_ sample: Sample) -> String? {
        guard let texts = texts(sample) else { return nil }
        if self != .context { return JudgePrompt.fenced(rawValue, texts[0]) }
        if texts.isEmpty { return JudgePrompt.fenced("passages", "(none)") }
        return texts.enumerated().map { JudgePrompt.fenced("passage \($0 + 1)", $1) }.joined(separator: "\n")
    }

    /// Reads the fields that a declaration names.
    static func list(
        _ options: inout OptionReader,
        _ key: String,
        default standard: [SampleField]
    ) throws -> [SampleField] {
        let node = options.node(key)
        let names = try options.strings(key, default: standard.map(\.rawValue))
        let fields = names.compactMap(SampleField.init)
        guard fields.count == names.count, !fields.isEmpty, Set(fields).count == fields.count else {
            let known = allCases.map(\.rawValue).joined(separator: ", ")
            throw AssayError(
                "config.value",
                "\(options.owner).\(key) takes some of: \(known), each once",
                at: node?.place ?? options.place
            )
        }
        // One order whatever the file says: what samples share (the context) stands first.
        return [.context, .question, .reference, .answer].filter(fields.contains)
    }

    /// What samples must have.
    static func needs(_ fields: [SampleField]) -> Set<MetricNeed> { Set(fields.compactMap(\.need)) }
}

/// Asks the judge one thing about a sample; a refused reply is not scored.
func judged(
    _ ask: @escaping @Sendable (Sample, JudgeSession) async throws -> MetricResult
) -> MetricEntry.Scoring {
    { sample, tools in
        guard let judge = tools.judge else { return MetricResult(.notScored(reason: "this run has no judge")) }
        let session = JudgeSession(judge: judge, panel: tools.panel, asking: tools.asking)
        do {
            return try await ask(sample, session).adding(session.votes)
        } catch let refusal as JudgeSession.Refusal {
            return MetricResult(.notScored(reason: refusal.reason))
        }
    }
}
