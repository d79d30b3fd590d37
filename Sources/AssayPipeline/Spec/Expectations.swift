package import AssayModel

/// `expect:` of a pipeline: counts exactly, retrieval metrics within ±0.002, under a corpus fingerprint.
package struct Expectations: Sendable {
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
    /// Where it stands.
    package var place: Place

    init(_ node: ConfigNode) throws {
        guard case .mapping(let members) = node.value else {
            throw AssayError("config.type", "expect takes a mapping, not \(node.kind)", at: node.place)
        }
        place = node.place
        metrics = []
        for member in members {
            func wrong(_ allowed: String) -> AssayError {
                AssayError(
                    "config.value",
                    "expect.\(member.key) is \(member.value.kind); it takes \(allowed)",
                    at: member.value.place
                )
            }
            switch (member.key, member.value.value) {
            case ("corpus", .string(let text)): corpus = text
            case ("corpus", _): throw wrong("the first digits of the fingerprint in quotes")
            case ("documents", .int(let number)): documents = number
            case ("chunks", .int(let number)): chunks = number
            case ("documents", _), ("chunks", _): throw wrong("a whole number")
            case (_, .double(let value)): metrics.append((member.key, value, member.place))
            case (_, .int(let value)): metrics.append((member.key, Double(value), member.place))
            default: throw wrong("a number")
            }
        }
        guard !members.isEmpty else { throw AssayError("config.value", "expect is empty", at: node.place) }
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
