import AssayModel

/// A score of an evaluated span, as `gen_ai.evaluation.result` has it.
struct EvaluationResult: Sendable, Equatable {
    /// The evaluated span: the question.
    var evaluated: SpanIdentity
    var name: String
    /// Nil for what was not scored.
    var value: Double?
    /// `scored`, `not_scored`, `not_applicable`.
    var state: String
    /// Content: the reason for a missing value, or what the judge said.
    var reason: String?
    /// `LLM` or `CODE`.
    var annotator: String
    /// Nanoseconds since 1970.
    var time: UInt64
    /// Id of the evalset's question, nil for a served one.
    var question: String?

    /// The results that a score span carries; none for any other span.
    static func all(of span: SpanRecord) -> [EvaluationResult] {
        guard span.name == "assay.score", let parent = span.parent, let names = span[TraceKey.scoreNames]?.strings,
            let values = span[TraceKey.scoreValues]?.numbers, let states = span[TraceKey.scoreStates]?.strings,
            let kinds = span[TraceKey.scoreKinds]?.strings, values.count == names.count, states.count == names.count,
            kinds.count == names.count
        else { return [] }
        let reasons = span[TraceKey.scoreReasons]?.strings ?? []
        var evaluated = span.identity
        evaluated.span = parent
        return names.indices.map { number in
            EvaluationResult(
                evaluated: evaluated,
                name: names[number],
                value: values[number].isNaN ? nil : values[number],
                state: states[number],
                reason: number < reasons.count && !reasons[number].isEmpty ? reasons[number] : nil,
                annotator: kinds[number],
                time: span.end,
                question: span[TraceKey.question]?.text
            )
        }
    }

    /// The event of the GenAI conventions.
    func event(_ shaping: SpanShaping) -> EventRecord {
        var attributes = [Attribute("gen_ai.evaluation.name", name)]
        if let value { attributes.append(Attribute("gen_ai.evaluation.score.value", .double(value))) }
        attributes.append(Attribute("gen_ai.evaluation.score.label", state))
        if shaping.capturesContent, let reason {
            attributes.append(Attribute("gen_ai.evaluation.explanation", shaping.redacted(reason)))
        }
        if state == "not_scored" { attributes.append(Attribute("error.type", "not_scored")) }
        if let question { attributes.append(Attribute(TraceKey.question, question)) }
        return EventRecord(
            name: "gen_ai.evaluation.result",
            time: time,
            identity: evaluated,
            attributes: attributes.sorted { $0.key < $1.key }
        )
    }
}
