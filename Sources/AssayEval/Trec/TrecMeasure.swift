import AssayModel

/// One line of trec_eval's table of measures.
package struct TrecMeasure: Sendable {
    /// Name without parameters.
    let name: String
    let form: Form

    /// How a measure is computed a query and put together over queries.
    enum Form: Sendable {
        /// The run's name; summary only.
        case runName
        /// The number of queries; summary only.
        case queryCount
        /// A number of documents; the summary is the sum.
        case count(@Sendable (TrecTopic) -> Int)
        /// A value; the summary is the mean.
        case mean(@Sendable (TrecTopic) -> Double)
        /// Shown in the summary only: the geometric mean, values below 0.00001 taken as that.
        case geometric(@Sendable (TrecTopic) -> Double)
        /// A value at each of several ranks.
        case ranks([Int], @Sendable (TrecTopic, Int) -> Double)
        /// A value at each of several shares of the relevant documents.
        case shares([Double], @Sendable (TrecTopic, Double) -> Double)
        /// Text of so many characters; a query only.
        case text(Int, @Sendable (TrecTopic, Int) -> String)
    }

    /// The measures in the order in which trec_eval prints them.
    static let table: [TrecMeasure] = [
        .init(name: "runid", form: .runName), .init(name: "num_q", form: .queryCount),
        .init(name: "num_ret", form: .count { $0.retrieved }), .init(name: "num_rel", form: .count { $0.relevant }),
        .init(name: "num_rel_ret", form: .count { $0.found() }),
        .init(name: "map", form: .mean { $0.averagePrecision() }),
        .init(name: "gm_map", form: .geometric { $0.averagePrecision() }),
        .init(name: "Rprec", form: .mean { $0.rPrecision }), .init(name: "bpref", form: .mean { $0.bpref }),
        .init(name: "recip_rank", form: .mean { $0.reciprocalRank() }),
        .init(name: "iprec_at_recall", form: .shares(trecRecallPoints) { $0.interpolatedPrecision(at: $1) }),
        .init(name: "P", form: .ranks(standardRanks) { $0.precision($1) }),
        .init(name: "relstring", form: .text(10) { $0.relevanceString($1) }),
        .init(name: "recall", form: .ranks(standardRanks) { $0.recall($1) }),
        .init(name: "gm_bpref", form: .geometric { $0.bpref }),
        .init(
            name: "Rprec_mult",
            form: .shares([0.2, 0.4, 0.6, 0.8, 1, 1.2, 1.4, 1.6, 1.8, 2]) { $0.rPrecision(times: $1) }
        ),
        .init(name: "11pt_avg", form: .mean { $0.elevenPointAverage }),
        .init(name: "binG", form: .mean { $0.binaryGain }), .init(name: "G", form: .mean { $0.normalizedGain }),
        .init(name: "ndcg", form: .mean { $0.ndcg() }), .init(name: "ndcg_rel", form: .mean { $0.ndcgAtRelevant }),
        .init(name: "Rndcg", form: .mean { $0.ndcgAtLevels }),
        .init(name: "ndcg_cut", form: .ranks(standardRanks) { $0.ndcg($1) }),
        .init(name: "map_cut", form: .ranks(standardRanks) { $0.averagePrecision($1) }),
        .init(name: "relative_P", form: .ranks(standardRanks) { $0.relativePrecision($1) }),
        .init(name: "success", form: .ranks([1, 5, 10]) { $0.success($1) }),
        .init(name: "set_P", form: .mean { $0.setPrecision }),
        .init(name: "set_relative_P", form: .mean { $0.setRelativePrecision }),
        .init(name: "set_recall", form: .mean { $0.setRecall }),
        .init(name: "set_map", form: .mean { $0.setPrecision * $0.setRecall }),
        .init(name: "set_F", form: .mean { $0.setF }),
        .init(name: "num_nonrel_judged_ret", form: .count { $0.judgedNonrelevant }),
        .init(name: "rbp", form: .mean { $0.rankBiasedPrecision }),
        .init(name: "rbp_resid", form: .mean { $0.rankBiasedResidual }),
        .init(name: "unj", form: .ranks([5, 10, 20]) { $0.unjudged($1) }),
    ]

    private static let standardRanks = [5, 10, 15, 20, 30, 100, 200, 500, 1000]

    /// Measures by the name of a set of them.
    private static let sets: [String: [String]] = [
        "official": [
            "runid", "num_q", "num_ret", "num_rel", "num_rel_ret", "map", "gm_map", "Rprec", "bpref", "recip_rank",
            "iprec_at_recall", "P",
        ],
        "set": [
            "runid", "num_q", "num_ret", "num_rel", "num_rel_ret", "set_P", "set_recall", "set_relative_P", "set_map",
            "set_F",
        ],
        "all_trec": table.map(\.name),
    ]

    /// The measures that trec_eval's `-m` arguments ask for, in the order of the table.
    ///
    /// - Parameter names: `map`, `P`, `P.5,10`, or a set: `official`, `set`, `all_trec`; empty for `official`.
    /// - Returns: The measures with the parameters asked for; where none are, with the standard ones.
    /// - Throws: `AssayError` "trec.measure" for unknown names and parameters that cannot be read.
    package static func selection(_ names: [String]) throws -> [TrecMeasure] {
        var wanted: [String: [String]] = [:]
        for name in names.isEmpty ? ["official"] : names {
            if let set = sets[name] {
                for member in set { wanted[member, default: []] += [] }
                continue
            }
            let parts = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
            guard table.contains(where: { $0.name == parts[0] }) else { throw unknown(String(parts[0])) }
            let parameters = parts.count == 1 ? [] : parts[1].split(separator: ",").map(String.init)
            guard parts.count == 1 || !parameters.isEmpty else { throw unreadable(name) }
            wanted[String(parts[0]), default: []] += parameters
        }
        return try table.compactMap { measure in
            try wanted[measure.name].map { try measure.with($0) }
        }
    }

    /// This measure at the parameters asked for.
    private func with(_ parameters: [String]) throws -> TrecMeasure {
        if parameters.isEmpty { return self }
        let asked = "\(name).\(parameters.joined(separator: ","))"
        func ranks() throws -> [Int] {
            try Set(
                parameters.map { text in
                    guard let rank = Int(text), (1...1_000_000).contains(rank) else { throw Self.unreadable(asked) }
                    return rank
                }
            ).sorted()
        }
        switch form {
        case .ranks(_, let compute): return TrecMeasure(name: name, form: .ranks(try ranks(), compute))
        case .text(_, let compute):
            guard let length = try ranks().last, parameters.count == 1 else { throw Self.unreadable(asked) }
            return TrecMeasure(name: name + "_\(length)", form: .text(length, compute))
        case .shares(_, let compute):
            let shares = try Set(
                parameters.map { text in
                    guard let share = Double(text.hasPrefix(".") ? "0" + text : text), (0...1000).contains(share) else {
                        throw Self.unreadable(asked)
                    }
                    return share
                }
            )
            return TrecMeasure(name: name, form: .shares(shares.sorted(), compute))
        default:
            throw AssayError("trec.measure", "\(name) takes no parameters here, so '\(asked)' cannot be computed")
        }
    }

    private static func unreadable(_ text: String) -> AssayError {
        AssayError(
            "trec.measure",
            "the parameters of '\(text)' cannot be read",
            remedy: "write ranks as in P.5,10 or ndcg_cut.20, shares as in iprec_at_recall.0,.5,1"
        )
    }

    private static func unknown(_ name: String) -> AssayError {
        let near = nearestName(to: name, among: table.map(\.name)).map { " (did you mean '\($0)'?)" } ?? ""
        let known = sets.keys.sorted() + table.map(\.name)
        return AssayError(
            "trec.measure",
            "unknown measure '\(name)'\(near)",
            remedy: "known: \(known.joined(separator: ", "))"
        )
    }
}
