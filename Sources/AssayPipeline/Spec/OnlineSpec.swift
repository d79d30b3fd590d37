package import AssayModel

/// `serve.online`: which of the served answers are kept and judged, by what and by whom.
///
/// `{ share: 0.05, metrics: [faithfulness, …], judge: NAME | {…}, keep_days: 90, keep_answers: 10000, seed: 1 }`
package struct OnlineSpec: Sendable, Equatable {
    /// Share of the answers that are chosen, 0…1; with 0 nothing of a question is written down.
    package var share: Double
    /// The list of metrics as the file has it.
    package var metrics: ConfigNode
    /// By whom and how judged metrics are judged, nil without a judge.
    package var judging: JudgingSpec?
    /// Days after which a kept answer goes.
    package var keepDays: Int
    /// Answers kept at most; the oldest go first.
    package var keepAnswers: Int
    /// Decides with its id whether an answer is chosen.
    package var seed: Int
    /// Where the section stands.
    package var place: Place

    /// Reads the section.
    ///
    /// - Parameter node: Its mapping.
    /// - Throws: `AssayError` "config.…" with file and line.
    init(_ node: ConfigNode) throws {
        var options = try OptionReader(node, owner: "serve.online", place: node.place)
        share = try options.double("share", in: 0...1)
        let list = options.node("metrics")
        judging = try options.node("judge").map { try JudgingSpec($0, owner: "serve.online.judge") }
        keepDays = try options.int("keep_days", default: 90, in: 1...3_650)
        keepAnswers = try options.int("keep_answers", default: 10_000, in: 1...1_000_000)
        seed = try options.int("seed", default: 1, in: 0...Int(Int32.max))
        try options.finish()
        place = node.place
        guard let list, case .list(let nodes) = list.value, !nodes.isEmpty else {
            throw AssayError(
                "config.missing",
                "serve.online.metrics is missing; it takes a list of metric names",
                at: list?.place ?? node.place,
                remedy: "for example metrics: [ citation_validity, faithfulness ]"
            )
        }
        metrics = list
    }

    /// Whether an answer is among those that are kept and judged.
    ///
    /// The first 53 bits of SHA-256 over seed and id, as a number from 0 to below 1, are below the share: the same answers on every
    /// machine, none that a caller could choose (ids are the service's).
    package func chooses(_ id: String) -> Bool {
        let digits = ItemKey("online", "\(seed)", id).hex.prefix(16)
        let number = Double((UInt64(digits, radix: 16) ?? 0) >> 11) / Double(1 << 53)
        return number < share
    }
}
