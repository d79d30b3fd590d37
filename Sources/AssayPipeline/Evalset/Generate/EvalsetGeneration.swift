import AssayEval
import AssayIngest
import AssayModel
import AssayStore
import FoundationEssentials

/// Makes an evalset from a corpus: evidence first, then the question, so that gold spans hold by construction.
package struct EvalsetGeneration: Sendable {
    private let session: PipelineSession
    private let options: GenerationOptions

    /// Candidates at once.
    private static let wave = 32

    /// Prepares a generation.
    ///
    /// - Parameters:
    ///   - session: The opened pipeline, for corpus, chunker, embedder and engines.
    ///   - options: How.
    package init(_ session: PipelineSession, options: GenerationOptions) {
        self.session = session
        self.options = options
    }

    /// Something to make a question of.
    private struct Candidate: Sendable {
        var evidence: [Evidence]
        var link: String?
        var persona: String
        var style: String
        var seed: Int
    }

    /// Generates and filters until enough rows pass, or evidence or calls are used up.
    ///
    /// Rows go to `PATH.part` as they come, which gets its name at the end: after an error the finished ones are there,
    /// and a new start moves them to `PATH.part-1` before it begins.
    ///
    /// - Parameter path: The file of rows to write; must not exist.
    /// - Returns: Counts and what to expect of the set.
    /// - Throws: Errors of corpus, engine and disk; what the engine has said is in the journal.
    package func run(writing path: String) async throws -> GenerationReport {
        guard !FileManager.default.fileExists(atPath: path) else {
            throw AssayError(
                "generate.exists",
                "\(path) exists already",
                at: Place(file: path),
                remedy: "name another file: a reviewed set is never overwritten"
            )
        }
        let pool = try await readPool()
        var report = GenerationReport()
        report.evidence = pool.seen
        let evidence = pool.evidence
        guard !evidence.isEmpty else {
            throw AssayError(
                "generate.evidence",
                "the corpus has no sentence that a question can be made from",
                remedy: "a usable sentence is prose of 8 to 60 words that ends with a full stop"
            )
        }
        var duplicates = DuplicateFilter(embedder: session.parts.embedder?.product)
        let part = absolutePath(path) + ".part"
        try FileManager.default.createDirectory(atPath: parent(of: part), withIntermediateDirectories: true)
        // Rows of an earlier start may have been reviewed by a person.
        if FileManager.default.fileExists(atPath: part) {
            try FileManager.default.moveItem(atPath: part, toPath: Self.free(part))
        }
        let file = try LineFile(part)
        let rows: [GeneratedRow]
        if let name = options.engine {
            let engine = try session.engine(name)
            try await engine.prepare()
            let writer = QuestionWriter(
                engine: engine,
                guardian: try session.promptGuard(name),
                store: session.store,
                maxCalls: options.maxCalls
            )
            rows = try await written(evidence, by: writer, &duplicates, to: file)
            let counts = writer.counts
            (report.calls, report.reused, report.refused) = (counts.calls, counts.reused, counts.refused)
            if counts.calls >= options.maxCalls {
                report.notes.append("the limit of \(options.maxCalls) calls was reached")
            }
            report.notes.append(
                "a model wrote these questions: read each row, above all with a small model; filters see words, not sense"
            )
        } else {
            rows = try await ruled(evidence, &duplicates, to: file)
            report.notes.append(
                "questions by rule share their words with the evidence: they compare variants, they do not stand for people's questions"
            )
        }
        try FileManager.default.moveItem(atPath: part, toPath: absolutePath(path))
        report.rows = rows.count
        report.kept = rows.count { $0.review == .keep }
        report.edit = rows.count { $0.review == .edit }
        report.dropped = rows.count { $0.review == .drop }
        for row in rows { for reason in row.reasons { report.reasons[Self.kind(reason), default: 0] += 1 } }
        if report.kept < options.count {
            report.notes.append("\(report.kept) of \(options.count) wanted questions passed the filters")
        }
        return report
    }

    /// Numbers and names taken out of a reason, so that like reasons count together.
    private static func kind(_ reason: String) -> String {
        let head = reason.prefix { $0 != ":" }
        return head.split(separator: " ").filter { !$0.contains(where: \.isNumber) }.joined(separator: " ")
    }

    /// The first of `path-1`, `path-2`, … that does not exist.
    private static func free(_ path: String) -> String {
        var number = 1
        while FileManager.default.fileExists(atPath: "\(path)-\(number)") { number += 1 }
        return "\(path)-\(number)"
    }

    private func readPool() async throws -> EvidencePool {
        let parts = session.parts
        let source = try CorpusSource(parts.spec.corpus, data: options.data, at: parts.spec.corpusPlace)
        let ingestion = Ingestion(
            source: source,
            parts: parts,
            store: session.store,
            vectors: nil,
            progress: session.progress
        )
        var pool = EvidencePool(seed: options.seed, limit: max(200, options.count * 12))
        _ = try await ingestion.run { [store = session.store] line, chunks, _, text in
            var document = text
            if document == nil { document = try await store.document(line.hash) }
            if let document { pool.add(document, chunks: chunks) }
        }
        return pool
    }

    /// The split of a document: all its questions go there, so that splits share no source.
    private func split(_ document: String) -> String {
        let digits = ItemKey("split", "\(options.seed)", document).hex.prefix(13)
        let share = Double(UInt64(digits, radix: 16) ?? 0) / Double(1 << 52)
        return share < options.dev ? "dev" : "test"
    }

    // MARK: by an engine

    private func candidates(_ evidence: [Evidence]) -> [Candidate] {
        var random = SeededRandom(seed: UInt64(options.seed))
        let wanted = Int((Double(options.count) * options.multiHop).rounded(.up))
        // Twice as many as wanted: many will not pass.
        let pairs = wanted == 0 ? [] : EvidenceLinks.pairs(evidence, count: 2 * wanted, split: split)
        let paired = Set(pairs.flatMap { [$0.first.order, $0.second.order] })
        var singles = evidence.filter { !paired.contains($0.order) }.makeIterator()
        var doubles = pairs.makeIterator()
        var made: [Candidate] = []
        var due = 0.0
        while true {
            due += options.multiHop
            var chosen: ([Evidence], String?)?
            if due >= 1, let pair = doubles.next() {
                due -= 1
                chosen = ([pair.first, pair.second], pair.link)
            } else if let single = singles.next() {
                chosen = ([single], nil)
            } else if let pair = doubles.next() {
                chosen = ([pair.first, pair.second], pair.link)
            }
            guard let (evidence, link) = chosen else { return made }
            made.append(
                Candidate(
                    evidence: evidence,
                    link: link,
                    persona: options.personas[random.index(below: options.personas.count)],
                    style: options.styles[random.index(below: options.styles.count)],
                    seed: options.seed
                )
            )
        }
    }

    private func written(
        _ evidence: [Evidence],
        by writer: QuestionWriter,
        _ duplicates: inout DuplicateFilter,
        to file: LineFile
    ) async throws -> [GeneratedRow] {
        let candidates = candidates(evidence)
        var rows: [GeneratedRow] = []
        var kept = 0
        var next = 0
        session.progress.begin("generate", total: options.count)
        while kept < options.count, next < candidates.count {
            // A wave has as many as are still wanted, but so few that little is lost with it; its rows are judged in order, so that
            // the file does not depend on timing.
            let size = min(Self.wave, max(1, options.count - kept))
            let wave = candidates[next..<min(candidates.count, next + size)]
            next += wave.count
            let calls = writer.counts
            let drafts = try await concurrentMap(Array(wave), limit: writer.slots) {
                candidate -> (GeneratedRow, isTooEasy: Bool)? in
                guard
                    let draft = try await writer.draft(
                        candidate.evidence,
                        persona: candidate.persona,
                        style: candidate.style,
                        seed: candidate.seed
                    )
                else { return nil }
                var row = self.row(candidate, draft, by: writer.name)
                guard row.review != .drop else { return (row, false) }
                guard let guess = try await writer.guess(draft.question) else {
                    row.review = .edit
                    row.reasons.append("not checked without documents")
                    return (row, false)
                }
                return (row, GenerationFilters.knowsBetter(guess, than: draft.answer))
            }
            for case (let draft, let isTooEasy)? in drafts {
                var row = draft
                if isTooEasy {
                    row.review = .drop
                    row.reasons.append("the engine answers it without documents")
                }
                try await duplicates.check(&row)
                row.id = "gen-\(rows.count + 1)"
                rows.append(row)
                try file.append(row)
                if row.review == .keep {
                    kept += 1
                    session.progress.advance("generate")
                }
            }
            let now = writer.counts
            if now.calls == calls.calls, now.reused == calls.reused { break }
        }
        return rows
    }

    private func row(_ candidate: Candidate, _ draft: QuestionWriter.Draft, by name: String) -> GeneratedRow {
        let objections = GenerationFilters.objections(
            question: draft.question,
            answer: draft.answer,
            evidence: candidate.evidence
        )
        let hops = candidate.evidence.count
        return GeneratedRow(
            id: "",
            question: draft.question,
            reference: draft.answer,
            gold: candidate.evidence.map(\.gold),
            tags: ["generated", hops > 1 ? "multi-hop" : "single-hop"],
            split: split(candidate.evidence[0].document),
            review: objections.first?.review ?? .keep,
            reasons: objections.map(\.reason),
            made: GeneratedRow.Made(
                by: name,
                hops: hops,
                persona: candidate.persona,
                style: candidate.style,
                link: candidate.link,
                headings: candidate.evidence.map { $0.headings.joined(separator: " > ") }
            )
        )
    }

    // MARK: by rule

    private func ruled(
        _ evidence: [Evidence],
        _ duplicates: inout DuplicateFilter,
        to file: LineFile
    ) async throws -> [GeneratedRow] {
        var rows: [GeneratedRow] = []
        var sections: Set<[String]> = []
        for piece in evidence where rows.count(where: { $0.review == .keep }) < options.count {
            let section = [piece.document] + piece.headings
            let isFirst = !sections.contains(section)
            guard let draft = RuleQuestions.draft(piece, number: rows.count, isFirstOfSection: isFirst) else {
                continue
            }
            sections.insert(section)
            var row = GeneratedRow(
                id: "gen-\(rows.count + 1)",
                question: draft.question,
                reference: draft.answer,
                gold: [piece.gold],
                tags: ["generated", draft.kind],
                split: split(piece.document),
                review: .keep,
                reasons: [],
                made: GeneratedRow.Made(
                    by: "rule",
                    hops: 1,
                    persona: nil,
                    style: nil,
                    link: nil,
                    headings: [piece.headings.joined(separator: " > ")]
                )
            )
            try await duplicates.check(&row)
            rows.append(row)
            try file.append(row)
        }
        return rows
    }
}

extension LineFile {
    fileprivate func append(_ row: GeneratedRow) throws { try append(Data(try canonicalJSON(row).utf8)) }
}

/// Drops questions that ask what an earlier one asks.
private struct DuplicateFilter {
    let embedder: (any Embedder)?
    private var known: [(text: String, form: QuestionLikeness.Form)] = []

    init(embedder: (any Embedder)?) { self.embedder = embedder }

    mutating func check(_ row: inout GeneratedRow) async throws {
        guard row.review != .drop else { return }
        let vector = try await embedder?.embed([row.question], as: .query).row(0)
        let form = QuestionLikeness.Form(row.question, vector: vector.map { Array($0) })
        if let other = known.first(where: { QuestionLikeness.likeness($0.form, form) != nil }) {
            row.review = .drop
            row.reasons.append("asks what an earlier question asks: \(other.text.prefix(80))")
            return
        }
        known.append((row.question, form))
    }
}
