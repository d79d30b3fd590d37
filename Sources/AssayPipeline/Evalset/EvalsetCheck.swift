import AssayEval
import AssayIngest
import AssayModel
import AssayStore
import FoundationEssentials

/// Finds what is wrong with an evalset: labels, duplicates and leaks, missing answers, balance, size.
package struct EvalsetCheck: Sendable {
    /// What is asked besides the findings.
    package struct Options: Sendable {
        /// Folder given by `--data`.
        package var data: String?
        /// Smallest difference of two runs that matters, nil for none.
        package var effect: Double?
        /// Metric whose spread is looked up in `runs`.
        package var metric: String?
        /// One run, or two whose differences are taken.
        package var runs: [String] = []
        /// Correlation of two runs to assume where differences are not known.
        package var correlation = 0.5

        /// The defaults.
        package init() {}
    }

    private let session: PipelineSession
    private let options: Options

    /// Prepares a check of a pipeline's evalset against its corpus.
    ///
    /// - Parameters:
    ///   - session: The opened pipeline.
    ///   - options: What is asked.
    package init(_ session: PipelineSession, options: Options) {
        self.session = session
        self.options = options
    }

    /// Reads corpus and evalset and checks them.
    ///
    /// - Returns: All findings, errors first.
    /// - Throws: When corpus or evalset cannot be read as a whole.
    package func run() async throws -> EvalsetReport {
        let parts = session.parts
        guard let evaluate = parts.spec.evaluate else {
            throw AssayError("evalset.none", "the pipeline has no 'evaluate' section", at: Place(file: parts.spec.file))
        }
        let (evalset, rowErrors, held) = try await offPool { [options] in try Self.read(evaluate, data: options.data) }
        let source = try CorpusSource(parts.spec.corpus, data: options.data, at: parts.spec.corpusPlace)
        let ingestion = Ingestion(
            source: source,
            parts: parts,
            store: session.store,
            vectors: nil,
            progress: session.progress
        )
        var documents: [(id: String, hash: String)] = []
        let corpus = try await ingestion.run(citing: evalset.citedDocuments) { line, _, _, _ in
            documents.append((line.id, line.hash))
        }
        let anchored = try await session.anchors(evalset, corpus.cited)
        var findings = rowErrors.map { EvalsetFinding("row", .error, [], at: $0.place, $0.message) }
        findings += try await labelFindings(evalset, documents)
        findings += EvalsetRules.labels(evalset)
        findings += EvalsetRules.sharedEvidence(evalset, anchored.spans)
        findings += try await duplicates(evalset)
        findings += EvalsetRules.balance(evalset)
        findings += EvalsetRules.conversations(evalset, isRewritten: parts.rewriter != nil)
        let order: [EvalsetFinding.Severity] = [.error, .warning, .note]
        return EvalsetReport(
            name: evalset.name,
            questions: evalset.questions.count,
            labels: evalset.questions.reduce(0) { $0 + $1.gold.count },
            held: held,
            splits: Dictionary(evalset.questions.map { ($0.split, 1) }, uniquingKeysWith: +),
            tags: EvalsetRules.tags(evalset),
            findings: order.flatMap { severity in findings.filter { $0.severity == severity } },
            power: try await power(evalset)
        )
    }

    /// All splits of the evalset, with the errors of single rows.
    private static func read(
        _ evaluate: PipelineSpec.Evaluate,
        data: String?
    ) throws -> (EvalsetSource, [AssayError], held: Int) {
        var evaluate = evaluate
        let file = evaluate.evalset.hasSuffix(".jsonl") ? evaluate.evalset : evaluate.evalset + "/questions.jsonl"
        guard FileManager.default.fileExists(atPath: file) else {
            return (try EvalsetSource(evaluate, data: data, at: evaluate.place), [], 0)
        }
        evaluate.split = "all"
        let checked = try EvalsetFile.check(file)
        guard !checked.file.questions.isEmpty else {
            if let first = checked.errors.first { throw first }
            // Nothing is wrong with a set that waits for its review.
            if checked.file.held > 0 { return (EvalsetSource(checked.file, evaluate), [], checked.file.held) }
            return (try EvalsetSource(evaluate, data: data, at: evaluate.place), [], checked.file.held)
        }
        return (EvalsetSource(checked.file, evaluate), checked.errors, checked.file.held)
    }

    // MARK: labels

    /// Labels that do not match the corpus, with the nearest text; labels that match several times.
    private func labelFindings(
        _ evalset: EvalsetSource,
        _ documents: [(id: String, hash: String)]
    ) async throws -> [EvalsetFinding] {
        let hashes = Dictionary(documents.map { ($0.id, $0.hash) }) { first, _ in first }
        var cache = DocumentCache(store: session.store, hashes: hashes)
        var findings: [EvalsetFinding] = []
        for question in evalset.questions {
            let place = evalset.places[question.id]
            for quote in question.gold {
                guard let document = try await cache.document(quote.document) else {
                    let elsewhere = try await cache.holding(quote, in: documents)
                    let near = elsewhere ?? nearestName(to: quote.document, among: hashes.keys.sorted())
                    findings.append(
                        EvalsetFinding(
                            "document",
                            .error,
                            [question.id],
                            at: place,
                            "\(question.id): the corpus has no document '\(quote.document)'",
                            suggestion: near.map {
                                elsewhere == nil ? "did you mean '\($0)'?" : "the quote is in '\($0)'"
                            }
                        )
                    )
                    continue
                }
                switch GoldAnchor.anchor(quote, in: document) {
                case .success:
                    var second = quote
                    second.occurrence = 2
                    if quote.occurrence == 1, case .success = GoldAnchor.anchor(second, in: document) {
                        findings.append(
                            EvalsetFinding(
                                "ambiguous",
                                .note,
                                [question.id],
                                at: place,
                                "\(question.id): the quote is several times in '\(quote.document)'; only the first counts",
                                suggestion: "lengthen the quote, or label every occurrence"
                            )
                        )
                    }
                case .failure(let error):
                    var suggestion: String?
                    if let elsewhere = try await cache.holding(quote, in: documents) {
                        suggestion = "the quote is in '\(elsewhere)'"
                    } else if let match = NearestText(document.text).match(quote.quote) {
                        let share = Int((match.overlap * 100).rounded())
                        suggestion = "nearest text (\(share) % of its words): \"\(match.text)\""
                    }
                    findings.append(
                        EvalsetFinding(
                            "quote",
                            .error,
                            [question.id],
                            at: place,
                            "\(question.id): \(error.message)",
                            suggestion: suggestion ?? error.remedy
                        )
                    )
                }
            }
        }
        return findings
    }

    // MARK: duplicates

    private func duplicates(_ evalset: EvalsetSource) async throws -> [EvalsetFinding] {
        let questions = evalset.questions
        let compared = Array(questions.prefix(QuestionLikeness.limit))
        // "And on AMD?" after two conversations is two questions.
        let texts = compared.map { question in
            ((question.history ?? []).filter { $0.role == .user }.map(\.text) + [question.question]).joined(
                separator: "\n"
            )
        }
        var vectors: VectorBatch?
        if let embedder = session.parts.embedder?.product, !compared.isEmpty {
            vectors = try await embedder.embed(texts, as: .query)
        }
        var findings = QuestionLikeness.pairs(texts, vectors: vectors).map { pair in
            let (first, second) = (compared[pair.first], compared[pair.second])
            let leaks = first.split != second.split
            let how = pair.isExact ? "ask the same" : "are near (\(Int((pair.likeness * 100).rounded())) %)"
            let severity: EvalsetFinding.Severity = pair.isExact && leaks ? .error : .warning
            return EvalsetFinding(
                leaks ? "leak" : "duplicate",
                severity,
                [first.id, second.id],
                at: evalset.places[second.id],
                "\(first.id) and \(second.id) \(how)\(leaks ? ", one in \(first.split), one in \(second.split)" : "")",
                suggestion: "\"\(first.question)\" and \"\(second.question)\""
            )
        }
        if questions.count > compared.count {
            findings.append(
                EvalsetFinding(
                    "unchecked",
                    .note,
                    [],
                    "only the first \(compared.count) of \(questions.count) questions were compared with one another"
                )
            )
        }
        return findings
    }

    // MARK: size

    private func power(_ evalset: EvalsetSource) async throws -> [EvalsetReport.Power] {
        if !options.runs.isEmpty { return [try await measured()] }
        let splits = Set(evalset.questions.map(\.split)).sorted()
        return splits.compactMap { split in
            let asked = evalset.questions.filter { $0.split == split && !$0.isUnanswerable }
            let clusters = QuestionClusters(asked).indices
            guard let size = RequiredSize(worstCaseFor: clusters, icc: 0.1, correlation: options.correlation) else {
                return nil
            }
            return line(
                size,
                metric: nil,
                split: split,
                basis: "a metric of 0 or 1 with mean 0.5; intra-cluster correlation 0.1 and correlation of the runs "
                    + "\(options.correlation) assumed"
            )
        }
    }

    private func measured() async throws -> EvalsetReport.Power {
        guard let metric = options.metric else {
            throw AssayError("evalset.metric", "--run needs --metric", remedy: "for example --metric hit@5")
        }
        var records: [RunRecord] = []
        for id in options.runs {
            guard let record = try await session.store.run(id) else {
                throw AssayError("run.unknown", "there is no run '\(id)'", remedy: "'assay report' lists the runs")
            }
            records.append(record)
        }
        let rows = records[0].results.questions
        let clusters = QuestionClusters(rows.map(\.sample.question)).indices
        let others = records.dropFirst().first.map { record in
            Dictionary(record.results.questions.map { ($0.sample.question.id, $0.scores[metric]?.score.value) }) {
                first,
                _ in
                first
            }
        }
        var values: [Double] = []
        var kept: [Int] = []
        for (row, cluster) in zip(rows, clusters) {
            guard let value = row.scores[metric]?.score.value else { continue }
            if let others {
                guard let other = others[row.sample.question.id] ?? nil else { continue }
                values.append(other - value)
            } else {
                values.append(value)
            }
            kept.append(cluster)
        }
        let basis: RequiredSize.Basis = others == nil ? .scores(correlation: options.correlation) : .differences
        guard let size = RequiredSize(values, clusters: kept, basis: basis) else {
            throw AssayError(
                "evalset.power",
                "'\(metric)' has no spread in the runs given, or fewer than two clusters of scored questions",
                remedy: "name a metric and runs with scores"
            )
        }
        return line(
            size,
            metric: metric,
            split: records[0].results.evalset?.split ?? "all",
            basis: others == nil
                ? "the scores of one run; correlation of the runs \(options.correlation) assumed"
                : "the differences of two runs"
        )
    }

    private func line(_ size: RequiredSize, metric: String?, split: String, basis: String) -> EvalsetReport.Power {
        EvalsetReport.Power(
            metric: metric,
            split: split,
            questions: size.questions,
            clusters: size.clusters,
            basis: basis,
            detectable: size.detectable,
            effect: options.effect,
            needed: options.effect.map { size.needed(for: $0) }
        )
    }
}

/// Documents by id, the last ones kept.
struct DocumentCache {
    let store: Store
    let hashes: [String: String]
    private var held: [String: Document] = [:]

    init(store: Store, hashes: [String: String]) {
        self.store = store
        self.hashes = hashes
    }

    /// The document `id`, nil when the corpus has none.
    mutating func document(_ id: String) async throws -> Document? {
        if let document = held[id] { return document }
        guard let hash = hashes[id], let document = try await store.document(hash) else { return nil }
        if held.count >= 64 { held = [:] }
        held[id] = document
        return document
    }

    /// The first document that holds a quote, nil when none does.
    mutating func holding(_ quote: GoldQuote, in documents: [(id: String, hash: String)]) async throws -> String? {
        for line in documents where line.id != quote.document {
            guard let document = try await store.document(line.hash) else { continue }
            let moved = GoldQuote(document: line.id, quote: quote.quote, occurrence: 1)
            if case .success = GoldAnchor.anchor(moved, in: document) { return line.id }
        }
        return nil
    }
}
