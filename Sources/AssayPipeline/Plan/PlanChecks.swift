import AssayModel

/// The checks of a plan that need components but no data.
struct PlanChecks {
    let session: PipelineSession

    private var parts: PipelineParts { session.parts }

    /// Tokens of a prompt, estimated: the chunk size (or 200) for each passage and 150 for the instructions.
    var promptEstimate: Int {
        let chunk = parts.chunker.options["tokens"]?.intValue ?? 200
        return 150 + (parts.spec.answer?.context ?? 0) * chunk * 4 / 3
    }

    /// Chunks against the embedder's limit, prompts against the engine's.
    func tokenLimits() -> [AssayError] {
        var problems: [AssayError] = []
        if let embedder = parts.embedder?.product, let size = parts.chunker.options["tokens"]?.intValue,
            embedder.fingerprint.maxTokens > 0, size > embedder.fingerprint.maxTokens
        {
            problems.append(
                AssayError(
                    "plan.chunk-tokens",
                    "chunk.tokens is \(size) but '\(embedder.fingerprint.model)' sees \(embedder.fingerprint.maxTokens) tokens, "
                        + "heading path and special tokens included",
                    at: parts.spec.chunk.place,
                    remedy: "lower chunk.tokens, or take a model that sees more"
                )
            )
        }
        if let answer = parts.spec.answer, let answering = try? session.answering(replicate: 0) {
            let limit = answering.engine.identity.contextTokens
            let needed = promptEstimate + answer.maxTokens
            if limit > 0, needed > limit {
                problems.append(
                    AssayError(
                        "plan.context-tokens",
                        "\(answer.context) passages, the prompt and \(answer.maxTokens) tokens of answer need about \(needed) tokens; "
                            + "the engine '\(answer.engine)' has \(limit)",
                        at: answer.enginePlace,
                        remedy: "lower answer.context or answer.max_tokens, or raise the engine's context"
                    )
                )
            }
        }
        return problems
    }

    /// What the file says of a service.
    func service() -> [AssayError] {
        guard let serve = parts.spec.serve, let fallback = serve.fallback else { return [] }
        if parts.spec.answer?.engine == fallback || parts.spec.answer == nil {
            return [
                AssayError(
                    "plan.fallback",
                    parts.spec.answer == nil
                        ? "serve.fallback is '\(fallback)' but there is no 'answer' section"
                        : "serve.fallback and answer.engine are both '\(fallback)'",
                    at: serve.place,
                    remedy: "name another engine of engines.yaml, or take 'fallback' out"
                )
            ]
        }
        do {
            _ = try session.fallback()
            return []
        } catch let error as AssayError {
            return [error]
        } catch {
            return []
        }
    }

    /// Metrics against what the pipeline makes.
    func metricNeeds() -> [AssayError] {
        guard let evaluate = parts.spec.evaluate else { return [] }
        var problems: [AssayError] = []
        for (metric, named) in zip(parts.metrics, evaluate.metrics.elements) {
            let definition = metric.definition
            func problem(_ message: String, _ remedy: String) {
                problems.append(
                    AssayError("plan.metric", "\(definition.name) \(message)", at: named.place, remedy: remedy)
                )
            }
            if let depth = definition.depth, depth > parts.spec.retrieve.depth {
                problem(
                    "looks \(depth) deep but retrieve.depth is \(parts.spec.retrieve.depth)",
                    "raise retrieve.depth to \(depth) or more"
                )
            }
            if definition.needs.contains(.answer), parts.spec.answer == nil {
                problem(
                    "needs answers but there is no 'answer' section",
                    "add answer: { engine: … } or take the metric out"
                )
            }
            if definition.needs.contains(.judge), evaluate.judge == nil {
                problem("needs a judge but evaluate.judge is not set", "add judge: ENGINE to 'evaluate'")
            }
            if definition.needs.contains(.similarity), parts.embedder == nil {
                problem("needs an embedder but there is no 'embed' section", "add embed: { model: … }")
            }
        }
        return problems
    }

    /// Metrics against the labels there are.
    func labels(_ evalset: EvalsetSource) -> [AssayError] {
        guard let evaluate = parts.spec.evaluate else { return [] }
        let has: [MetricNeed: Bool] = [
            .spans: evalset.questions.contains { !$0.gold.isEmpty },
            .documents: evalset.questions.contains { !$0.gold.isEmpty || !($0.qrels ?? [:]).isEmpty },
            .reference: evalset.questions.contains { !$0.reference.isEmpty },
            .referenceContexts: evalset.questions.contains { !($0.referenceContexts ?? []).isEmpty },
            .rubric: evalset.questions.contains { !($0.rubric ?? [:]).isEmpty },
            .toolCalls: evalset.questions.contains { $0.referenceToolCalls != nil },
            .topics: evalset.questions.contains { !($0.referenceTopics ?? []).isEmpty },
            // A run asks single questions; conversations come from elsewhere.
            .dialogue: false,
        ]
        let names: [MetricNeed: String] = [
            .spans: "gold quotes", .documents: "relevant documents", .reference: "reference answers",
            .referenceContexts: "reference contexts", .rubric: "a rubric of its own",
            .toolCalls: "reference tool calls",
            .topics: "reference topics", .dialogue: "a recorded conversation",
        ]
        var problems: [AssayError] = []
        for (metric, named) in zip(parts.metrics, evaluate.metrics.elements) {
            for need in MetricNeed.allCases
            where metric.definition.needs.contains(need) && has[need] == false {
                problems.append(
                    AssayError(
                        "plan.labels",
                        "\(metric.definition.name) needs \(names[need] ?? ""), but no question of '\(evalset.name)' has any",
                        at: named.place,
                        remedy: "take the metric out, or label the evalset"
                    )
                )
            }
        }
        return problems
    }
}
