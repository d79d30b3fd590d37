import AssayEval
import AssayModel

/// Reads `gate:` of a pipeline file.
///
/// ```yaml
/// gate:
///   baseline: main
///   inconclusive: pass
///   unvalidated: refuse
///   rules:
///     span_recall@5: { min: 0.7, drop: 0.05 }
///     coverage: { min: 0.98 }
///     latency_p95_ms: { max: 5000 }
///   slices:
///     comparison: { hit@5: { drop: 0.1 } }
/// ```
///
/// What a gate asks is not part of what is measured: it is in no hash.
enum GateSpec {
    /// Reads the section.
    ///
    /// - Parameters:
    ///   - node: The value of `gate:`.
    ///   - metrics: Names under `evaluate.metrics`, for rules that name others.
    /// - Returns: The rules, in the order of the file.
    /// - Throws: `AssayError` with file and line.
    static func rules(_ node: ConfigNode, metrics: [String]) throws -> GateRules {
        var options = try OptionReader(node, owner: "gate", place: node.place)
        let baseline = try options.optionalString("baseline")
        let inconclusive = try options.string("inconclusive", default: "pass", oneOf: ["pass", "fail"])
        let unvalidated = try options.string("unvalidated", default: "refuse", oneOf: ["refuse", "allow"])
        let list = options.node("rules")
        let slices = options.node("slices")
        try options.finish()
        var rules = try list.map { try read($0, owner: "gate.rules", slice: nil, metrics: metrics) } ?? []
        if let slices {
            guard case .mapping(let members) = slices.value else {
                throw AssayError(
                    "config.type",
                    "gate.slices takes a mapping from tags to rules, not \(slices.kind)",
                    at: slices.place
                )
            }
            for member in members {
                rules += try read(member.value, owner: "gate.slices", slice: member.key, metrics: metrics)
            }
        }
        guard !rules.isEmpty else {
            throw AssayError(
                "gate.empty",
                "gate has no rules",
                at: node.place,
                remedy: "add rules: { METRIC: { min: …, drop: … } }"
            )
        }
        return GateRules(
            baseline: baseline,
            inconclusiveFails: inconclusive == "fail",
            allowsUnvalidated: unvalidated == "allow",
            rules: rules,
            place: node.place
        )
    }

    private static func read(
        _ node: ConfigNode,
        owner: String,
        slice: String?,
        metrics: [String]
    ) throws -> [GateRules.Rule] {
        guard case .mapping(let members) = node.value else {
            throw AssayError(
                "config.type",
                "\(owner) takes a mapping like { hit@5: { drop: 0.1 } }, not \(node.kind)",
                at: node.place
            )
        }
        var seen: Set<String> = []
        return try members.flatMap { member in
            guard seen.insert(member.key).inserted else {
                throw AssayError("config.duplicate", "\(owner): '\(member.key)' stands twice", at: member.place)
            }
            let subject = try subject(member, metrics: metrics, isSlice: slice != nil)
            return try bounds(member, of: subject, slice: slice)
        }
    }

    private static func subject(
        _ member: ConfigNode.Member,
        metrics: [String],
        isSlice: Bool
    ) throws -> GateRules.Subject {
        if metrics.contains(member.key) { return .metric(member.key) }
        let others = ["coverage"] + GateRules.Budget.allCases.map(\.rawValue)
        if !isSlice {
            if member.key == "coverage" { return .coverage }
            if let budget = GateRules.Budget(rawValue: member.key) { return .budget(budget) }
        }
        let known = metrics + (isSlice ? [] : others)
        let near = nearestName(to: member.key, among: known).map { " (did you mean '\($0)'?)" } ?? ""
        throw AssayError(
            "gate.metric",
            "the gate has a rule for '\(member.key)', which is not among evaluate.metrics\(near)",
            at: member.place,
            remedy: "known here: \(known.joined(separator: ", "))"
        )
    }

    /// The bounds of one line, in the order min, max, drop.
    private static func bounds(
        _ member: ConfigNode.Member,
        of subject: GateRules.Subject,
        slice: String?
    ) throws -> [GateRules.Rule] {
        let owner = "gate rule \(member.key)"
        var options = try OptionReader(member.value, owner: owner, place: member.place)
        let kinds: [(GateRuleResult.Kind, ClosedRange<Double>)] =
            switch subject {
            case .metric: [(.min, -1e300...1e300), (.max, -1e300...1e300), (.drop, 0...1e300)]
            case .coverage: [(.min, 0...1)]
            case .budget: [(.max, 0...1e300)]
            }
        var rules: [GateRules.Rule] = []
        for (kind, range) in kinds {
            guard let node = member.value[kind.rawValue] else {
                _ = options.node(kind.rawValue)
                continue
            }
            let limit = try options.double(kind.rawValue, in: range)
            rules.append(
                GateRules.Rule(subject: subject, kind: kind, limit: limit, slice: slice, place: node.place)
            )
        }
        try options.finish()
        guard !rules.isEmpty else {
            throw AssayError(
                "gate.bound",
                "\(owner) bounds nothing; it takes \(kinds.map(\.0.rawValue).joined(separator: ", "))",
                at: member.place
            )
        }
        return rules
    }
}
