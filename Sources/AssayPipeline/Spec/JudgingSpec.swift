package import AssayModel

/// `evaluate.judge`: by whom and how judged metrics are judged.
///
/// A plain name asks one engine for JSON under the engine's own reading of the schema, once. A mapping says more:
/// `{ engine: NAME, ask: json|logprob, repeats: N, temperature: T, panel: [NAME, …], combine: majority|mean }`.
package struct JudgingSpec: Sendable, Equatable {
    /// How verdicts are asked for.
    package enum Ask: String, Sendable, CaseIterable {
        /// JSON under the engine's own grammar of the schema, white space and all: what a plain name means.
        case schema
        /// Compact JSON, under a grammar of Assay's where the engine takes one.
        case json
        /// The probability of one token a statement; texts are still asked for as compact JSON.
        case logprob

        /// As metrics see it.
        package var asking: JudgeAsking { self == .logprob ? .logprob : .json }
    }

    /// How several judges become one.
    package enum Combine: String, Sendable, CaseIterable {
        /// Every verdict is put to the vote; texts are the first judge's.
        case majority
        /// Every judge scores by itself; the score is their mean.
        case mean
    }

    /// An engine of `engines.yaml` and where it is named.
    package struct Member: Sendable, Equatable {
        /// Its name.
        package var name: String
        /// Where it stands.
        package var place: Place
    }

    /// The judges; one without a panel, the first is the one that writes texts.
    package var members: [Member]
    /// How verdicts are asked for.
    package var ask: Ask
    /// Times every sample is judged, each with another seed.
    package var repeats: Int
    /// Temperature of the judge's sampling.
    package var temperature: Double
    /// How several judges become one.
    package var combine: Combine

    /// Reads the value of `evaluate.judge`.
    ///
    /// - Parameters:
    ///   - node: A name or a mapping.
    ///   - owner: Where it stands, for messages.
    /// - Throws: `AssayError` "config.…" with file and line.
    package init(_ node: ConfigNode, owner: String = "evaluate.judge") throws {
        if case .string(let name) = node.value {
            members = [Member(name: name, place: node.place)]
            (ask, repeats, temperature, combine) = (.schema, 1, 0, .majority)
            return
        }
        var options = try OptionReader(node, owner: owner, place: node.place)
        let first = options.node("engine")
        let engine = try options.optionalString("engine")
        let rest = options.node("panel")
        let panel = try options.strings("panel")
        ask = Ask(rawValue: try options.string("ask", default: "json", oneOf: ["json", "logprob"])) ?? .json
        repeats = try options.int("repeats", default: 1, in: 1...50)
        temperature = try options.double("temperature", default: 0, in: 0...2)
        combine =
            Combine(
                rawValue: try options.string("combine", default: "majority", oneOf: Combine.allCases.map(\.rawValue))
            ) ?? .majority
        try options.finish()
        members =
            (engine.map { [Member(name: $0, place: first?.place ?? node.place)] } ?? [])
            + panel.map { Member(name: $0, place: rest?.place ?? node.place) }
        try check(owner, node.place)
    }

    private func check(_ owner: String, _ place: Place) throws {
        func refuse(_ what: String, _ remedy: String) -> AssayError {
            AssayError("config.value", "\(owner): \(what)", at: place, remedy: remedy)
        }
        guard !members.isEmpty else { throw refuse("no engine is named", "write judge: { engine: NAME }") }
        guard Set(members.map(\.name)).count == members.count else {
            throw refuse("an engine stands twice", "name every judge once; 'repeats' asks one judge several times")
        }
        guard repeats == 1 || ask != .logprob else {
            throw refuse("probabilities do not depend on the sampling, so repeats say nothing", "take 'repeats' out")
        }
        guard repeats == 1 || temperature > 0 else {
            throw refuse("at temperature 0 all repeats say the same", "set a temperature, for example 0.7")
        }
    }
}
