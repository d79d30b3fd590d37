package import AssayModel

/// `expect:` of a pipeline: counts exactly, retrieval metrics within ±0.002, under a corpus fingerprint.
package struct Expectations: Sendable, Equatable {
    /// Metrics may differ by this much: other FAISS builds round differently.
    package static let tolerance = 0.002

    /// First digits of the corpus fingerprint.
    package var corpus: String?
    /// Documents read.
    package var documents: Int?
    /// Chunks cut.
    package var chunks: Int?
    /// Metric means by name, with the line they stand on.
    package var metrics: [(name: String, value: Double, place: Place)]
    /// Values that depend on generated text; checked only when answers were replayed.
    package var replay: JSONValue?
    /// Where it stands.
    package var place: Place

    init(_ node: ConfigNode) throws {
        guard case .mapping(let members) = node.value else {
            throw AssayError("config.type", "expect takes a mapping, not \(node.kind)", at: node.place)
        }
        place = node.place
        metrics = []
        for member in members {
            switch (member.key, member.value.value) {
            case ("corpus", .string(let text)): corpus = text
            case ("corpus", .int(let number)): corpus = "\(number)"
            case ("documents", .int(let number)): documents = number
            case ("chunks", .int(let number)): chunks = number
            case ("replay", _): replay = member.value.json
            case (_, .double(let value)): metrics.append((member.key, value, member.place))
            case (_, .int(let value)): metrics.append((member.key, Double(value), member.place))
            default:
                throw AssayError(
                    "config.value",
                    "expect.\(member.key) is \(member.value.kind); it takes a number",
                    at: member.value.place
                )
            }
        }
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.corpus == right.corpus && left.documents == right.documents && left.chunks == right.chunks
            && left.replay == right.replay
            && left.metrics.elementsEqual(right.metrics) { $0.name == $1.name && $0.value == $1.value }
    }

    /// What of `results` is not as expected, one sentence each; empty when all is.
    ///
    /// A corpus with another fingerprint is reported as such and nothing else is compared: it is no failure of the code.
    package func misses(_ results: RunResults) -> [String] {
        if let corpus, !results.corpus.fingerprint.hasPrefix(corpus) {
            return [
                "another corpus: its fingerprint is \(results.corpus.fingerprint.prefix(16)), expected \(corpus); nothing else was compared"
            ]
        }
        var misses: [String] = []
        func compare(_ name: String, _ found: Int, _ expected: Int?) {
            if let expected, found != expected { misses.append("\(name) is \(found), expected \(expected)") }
        }
        compare("documents", results.corpus.documents, documents)
        compare("chunks", results.corpus.chunks, chunks)
        for (name, value, place) in metrics {
            guard let summary = results.metrics.first(where: { $0.definition.name == name }) else {
                misses.append("\(place): \(name) was not computed; it is not among evaluate.metrics")
                continue
            }
            guard let mean = summary.mean, abs(mean - value) <= Self.tolerance + 1e-12 else {
                misses.append(
                    "\(name) is \(summary.mean.map { "\($0)" } ?? "not scored"), expected \(value) ± \(Self.tolerance)"
                )
                continue
            }
        }
        return misses
    }
}
