import AssayEngines
import AssayEval
import AssayIngest
package import AssayModel
import AssayStore
import FoundationEssentials

/// What a run would do, found without doing any of it.
package struct Plan: Sendable {
    /// A stage with what is to do.
    package struct Line: Sendable, Codable, Equatable {
        /// The stage.
        package var stage: String
        /// What it is made of.
        package var component: String
        /// Items in all, nil when that is known only after the stage before.
        package var items: Int?
        /// Items that are finished already.
        package var done: Int
        /// Estimated tokens into and out of models, nil for stages without; an estimate, not a count.
        package var estimatedTokens: Int?
        /// Estimated seconds from the last run of the same stage here, nil without one.
        package var estimatedSeconds: Double?
    }

    /// Everything that would make a run fail or its numbers meaningless.
    package var problems: [AssayError]
    /// What a person should know.
    package var warnings: [String]
    /// The stages in the order of the data.
    package var lines: [Line]

    /// Checks a pipeline.
    ///
    /// - Parameters:
    ///   - spec: The file.
    ///   - project: Where models, engines and workspace are.
    ///   - data: Folder given by `--data`.
    /// - Returns: Problems, warnings and the stages.
    package static func make(_ spec: PipelineSpec, project: Project, data: String?) async -> Plan {
        var plan = Plan(problems: [], warnings: [], lines: [])
        let session: PipelineSession
        do {
            session = try PipelineSession(spec, project: project, progress: Progress { _ in }, now: { timestamp() })
        } catch {
            plan.report(error)
            plan.inspectCorpus(spec, data: data)
            return plan
        }
        let checks = PlanChecks(session: session)
        plan.problems += checks.tokenLimits() + checks.metricNeeds() + checks.service()
        plan.inspectEngines(session)
        await plan.inspectItems(session, data: data)
        await plan.inspectGate(session, project: project, data: data)
        await session.close()
        return plan
    }

    mutating func report(_ error: any Error) {
        problems.append(error as? AssayError ?? AssayError("plan.error", "\(error)"))
    }

    private mutating func inspectCorpus(_ spec: PipelineSpec, data: String?) {
        do { _ = try CorpusSource(spec.corpus, data: data, at: spec.corpusPlace) } catch { report(error) }
        guard let evaluate = spec.evaluate else { return }
        do { _ = try EvalsetSource(evaluate, data: data, at: evaluate.place) } catch { report(error) }
    }

    private mutating func inspectGate(_ session: PipelineSession, project: Project, data: String?) async {
        guard let gate = session.parts.spec.gate, let evaluate = session.parts.spec.evaluate,
            let evalset = try? EvalsetSource(evaluate, data: data, at: evaluate.place)
        else { return }
        do {
            let baseline = try await GateSession.find(gate.baseline, BaselineFile(project), session.store)
            let checks = GatePlan(gate: gate, evalset: evalset, baseline: baseline)
            problems += checks.problems
            warnings += checks.warnings
        } catch { report(error) }
    }

    private mutating func inspectEngines(_ session: PipelineSession) {
        do { _ = try session.rewriting(replicate: 0) } catch { report(error) }
        do { _ = try session.answering(replicate: 0) } catch { report(error) }
        do { _ = try session.judges(replicate: 0) } catch { report(error) }
        do { _ = try session.onlineJudges() } catch { report(error) }
    }

    private mutating func inspectItems(_ session: PipelineSession, data: String?) async {
        let spec = session.parts.spec
        let last = try? await session.lastTimings()
        func seconds(_ stage: String, items: Int) -> Double? {
            guard let line = last?.first(where: { $0.stage == stage }), line.items > line.reused else { return nil }
            return line.seconds / Double(line.items - line.reused) * Double(items)
        }
        do {
            let source = try CorpusSource(spec.corpus, data: data, at: spec.corpusPlace)
            let listing = try await offPool { try source.scan() }
            lines.append(
                Line(
                    stage: "read",
                    component: source.format,
                    items: listing.files.count,
                    done: try await session.finishedFiles(listing.files, source),
                    estimatedTokens: nil,
                    estimatedSeconds: seconds("read", items: listing.files.count)
                )
            )
            warnings += listing.leftOut.prefix(5).map(\.reason)
        } catch { report(error) }
        lines.append(Line(stage: "chunk", component: session.parts.chunker.name, items: nil, done: 0))
        if let embedder = session.parts.embedder {
            lines.append(
                Line(
                    stage: "embed",
                    component: "\(embedder.name) \(embedder.product.fingerprint.model)",
                    items: nil,
                    done: 0
                )
            )
        }
        lines.append(Line(stage: "index", component: spec.vectors.name, items: nil, done: 0))
        guard let evaluate = spec.evaluate else { return }
        do {
            let evalset = try EvalsetSource(evaluate, data: data, at: evaluate.place)
            problems += PlanChecks(session: session).labels(evalset)
            inspectConversations(evalset, session.parts.rewriter) { seconds($0, items: $1) }
            lines.append(
                Line(
                    stage: "retrieve",
                    component: spec.retrieve.from.map(\.kind).joined(separator: " + "),
                    items: evalset.questions.count,
                    done: 0
                )
            )
            if let answer = spec.answer {
                let calls = min(answer.sample ?? .max, evalset.questions.count)
                lines.append(
                    Line(
                        stage: "answer",
                        component: answer.engine,
                        items: calls,
                        done: 0,
                        estimatedTokens: calls * (PlanChecks(session: session).promptEstimate + answer.maxTokens),
                        estimatedSeconds: seconds("answer", items: calls)
                    )
                )
            }
            lines.append(
                Line(
                    stage: "score",
                    component: "\(session.parts.metrics.count) metrics",
                    items: evalset.questions.count * session.parts.metrics.count,
                    done: 0
                )
            )
        } catch { report(error) }
    }
}
