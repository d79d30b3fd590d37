import AssayModel

extension FailureLimits {
    /// Reads `evaluate.attribution`; what the file does not set keeps the standard limit.
    ///
    /// - Parameters:
    ///   - node: The mapping.
    ///   - metrics: Names in `evaluate.metrics`: a limit of a metric that is not computed would do nothing.
    /// - Throws: `AssayError` "config.…".
    init(_ node: ConfigNode, metrics: [String]) throws {
        let standard = Self.standard
        var options = try OptionReader(node, owner: "evaluate.attribution", place: node.place)
        let judged = options.node("judged")
        let likeness = options.node("likeness")
        let share = try options.double("used_share", default: standard.usedShare, in: 0...1)
        try options.finish()
        self.init(
            judged: try judged.map { try Self.limits($0, "judged", metrics) } ?? standard.judged,
            likeness: try likeness.map { try Self.limits($0, "likeness", metrics) } ?? standard.likeness,
            usedShare: share
        )
        if let both = self.judged.keys.filter({ self.likeness[$0] != nil }).min() {
            throw AssayError(
                "config.value",
                "evaluate.attribution: '\(both)' stands under judged and under likeness",
                at: node.place
            )
        }
    }

    private static func limits(_ node: ConfigNode, _ key: String, _ metrics: [String]) throws -> [String: Double] {
        let owner = "evaluate.attribution.\(key)"
        guard case .mapping(let members) = node.value else {
            throw AssayError(
                "config.type",
                "\(owner) takes a mapping of metrics to limits, like { \(key == "judged" ? "faithfulness" : "token_f1"): 0.5 }, "
                    + "not \(node.kind)",
                at: node.place
            )
        }
        var limits: [String: Double] = [:]
        for member in members {
            guard metrics.contains(where: { means(member.key, $0) }) else {
                let near = nearestName(to: member.key, among: metrics).map { " (did you mean '\($0)'?)" } ?? ""
                throw AssayError(
                    "config.value",
                    "\(owner) has a limit for '\(member.key)', which is not among evaluate.metrics\(near)",
                    at: member.place
                )
            }
            guard let limit = member.value.json.doubleValue, limit.isFinite else {
                throw AssayError("config.value", "\(owner).\(member.key) takes a number", at: member.place)
            }
            guard limits.updateValue(limit, forKey: member.key) == nil else {
                throw AssayError("config.duplicate", "\(owner): '\(member.key)' stands twice", at: member.place)
            }
        }
        return limits
    }

    /// As a record's specification holds it.
    var measured: JSONValue {
        func mapping(_ limits: [String: Double]) -> JSONValue { .object(limits.mapValues { .double($0) }) }
        return ["judged": mapping(judged), "likeness": mapping(likeness), "used_share": .double(usedShare)]
    }
}
