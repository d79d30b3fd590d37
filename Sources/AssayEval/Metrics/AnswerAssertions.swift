import AssayModel

// Plain checks of an answer: each is 1 or 0. Options come from the pipeline file, so what is asked is part of the
// definition's hash.

extension MetricEntry {
    static let contains = textCheck(
        "contains",
        summary: "Whether the answer holds a text",
        formula: "1 if the answer holds the texts of option text (mode all or any), without it the reference, else 0"
    ) { $0.contains($1) }

    static let startsWith = textCheck(
        "starts_with",
        summary: "Whether the answer begins with a text",
        formula:
            "1 if the answer begins with the texts of option text (mode all or any), without it the reference, else 0"
    ) { $0.hasPrefix($1) }

    static let matches = MetricEntry(
        name: "matches",
        summary: "Whether a regular expression matches somewhere in the answer",
        formula: "1 if option pattern (Swift's syntax) matches in the answer, else 0; standard \\S: it is not blank",
        needs: [.answer]
    ) { _, reader in
        let pattern = try reader.string("pattern", default: "\\S")
        do {
            _ = try Regex(pattern)
        } catch {
            throw AssayError("config.value", "\(reader.owner).pattern is no regular expression", at: reader.place)
        }
        return { sample, _ in
            let text = sample.answer?.text ?? ""
            // Some patterns need time that grows faster than the text.
            guard text.utf8.count <= 65_536 else {
                return MetricResult(.notScored(reason: "the answer is longer than 65536 bytes"))
            }
            return MetricResult(.scored(try text.firstMatch(of: Regex(pattern)) == nil ? 0 : 1))
        }
    }

    static let jsonValid = MetricEntry.pure(
        "json_valid",
        summary: "Whether the answer is JSON and nothing else",
        formula: "1 if the answer is one JSON value (RFC 8259, no key twice, at most 64 deep and 64 KiB), else 0",
        needs: [.answer]
    ) { sample, _ in
        switch JSONAnswer(sample.answer?.text ?? "") {
        case .value: MetricResult(.scored(1))
        case .fault(let fault): MetricResult(.scored(0), details: ["fault": .string(fault)])
        }
    }

    static let jsonSchema = MetricEntry(
        name: "json_schema",
        summary: "Whether the answer is JSON of a given shape",
        formula: "1 if the answer is JSON that option schema allows, else 0; JSON Schema 2020-12, the keywords of "
            + "\(AnswerSchema.checked.sorted().joined(separator: ", "))",
        needs: [.answer]
    ) { _, reader in
        let node = reader.node("schema")
        let schema = try AnswerSchema(node?.json ?? [:], owner: reader.owner, at: node?.place ?? reader.place)
        return { sample, _ in
            switch JSONAnswer(sample.answer?.text ?? "") {
            case .fault(let fault): return MetricResult(.scored(0), details: ["fault": .string(fault)])
            case .value(let value):
                guard let fault = schema.fault(of: value) else { return MetricResult(.scored(1)) }
                return MetricResult(.scored(0), details: ["fault": .string(fault)])
            }
        }
    }

    static let tokenLimit = MetricEntry(
        name: "token_limit",
        summary: "Whether the answer kept to its tokens",
        formula: "1 if prompt and completion tokens that the engine counted are at most option total (standard 4096), "
            + "prompt and completion where given, else 0",
        needs: [.answer]
    ) { _, reader in
        let total = try reader.int("total", default: 4096, in: 1...100_000_000)
        let prompt = try reader.optionalInt("prompt", in: 1...100_000_000)
        let completion = try reader.optionalInt("completion", in: 1...100_000_000)
        return { sample, _ in
            guard let usage = sample.answer?.usage else { return MetricResult(.notScored(reason: "no usage")) }
            let isWithin =
                usage.promptTokens + usage.completionTokens <= total && usage.promptTokens <= prompt ?? .max
                && usage.completionTokens <= completion ?? .max
            return MetricResult(.scored(isWithin ? 1 : 0))
        }
    }

    static let costLimit = MetricEntry(
        name: "cost_limit",
        summary: "Whether the answer kept to its price",
        formula:
            "1 if (prompt tokens * prompt_price + completion tokens * completion_price) / 1000000 is at most option max "
            + "(standard 0.01), else 0; prices are options a million tokens, standard 0",
        needs: [.answer]
    ) { _, reader in
        let prices = 0.0...1_000_000
        let limit = try reader.double("max", default: 0.01, in: prices)
        let prompt = try reader.double("prompt_price", default: 0, in: prices)
        let completion = try reader.double("completion_price", default: 0, in: prices)
        return { sample, _ in
            guard let usage = sample.answer?.usage else { return MetricResult(.notScored(reason: "no usage")) }
            let cost = (Double(usage.promptTokens) * prompt + Double(usage.completionTokens) * completion) / 1_000_000
            return MetricResult(.scored(cost <= limit ? 1 : 0), details: ["cost": .double(cost)])
        }
    }

    static let latencyLimit = MetricEntry(
        name: "latency_limit",
        summary: "Whether the answer kept to its time, for samples that say how long it took",
        formula: "1 if the sample's latency_ms is at most option max_ms (standard 5000), else 0; runs of pipelines "
            + "keep times beside their results, where gates bound them: not applicable",
        needs: [.answer]
    ) { _, reader in
        let limit = try reader.double("max_ms", default: 5_000, in: 0...1e9)
        return { sample, _ in
            guard let time = sample.latencyMs else {
                return MetricResult(.notApplicable(reason: "the sample does not say how long the answer took"))
            }
            return MetricResult(.scored(time <= limit ? 1 : 0), details: ["latency_ms": .double(time)])
        }
    }

    private static func textCheck(
        _ name: String,
        summary: String,
        formula: String,
        holds: @escaping @Sendable (String, String) -> Bool
    ) -> MetricEntry {
        MetricEntry(name: name, summary: summary, formula: formula, needs: [.answer]) { _, reader in
            let texts = try reader.strings("text")
            let ignoresCase = try reader.bool("ignore_case", default: false)
            let all = try reader.string("mode", default: "all", oneOf: ["all", "any"]) == "all"
            return { sample, _ in
                let wanted = texts.isEmpty ? [sample.question.reference] : texts
                guard wanted.contains(where: { !$0.allSatisfy(\.isWhitespace) }) else {
                    return MetricResult(.notApplicable(reason: "there is neither an option text nor a reference"))
                }
                func folded(_ text: String) -> String { ignoresCase ? text.lowercased() : text }
                let answer = folded(sample.answer?.text ?? "")
                let verdicts = wanted.map { holds(answer, folded($0)) }
                return MetricResult(.scored(verdicts.contains(!all) == all ? 0 : 1))
            }
        }
    }
}

/// An answer as JSON.
private enum JSONAnswer {
    case value(JSONValue)
    case fault(String)

    init(_ text: String) {
        do throws(StrictJSON.Fault) {
            self = .value(try StrictJSON.parse(text, maximumDepth: 64))
        } catch {
            self = .fault(error.message)
        }
    }
}
