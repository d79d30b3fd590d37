package import AssayEval
import AssayIngest
import AssayModel
import FoundationEssentials

/// Trains the detector of unsupported answers on corrupted answers, and measures it on documents that it never saw.
package struct DetectorTraining: Sendable {
    /// One answer with passages that support it or do not.
    package struct Example: Sendable {
        /// Set that it is from.
        package var set: String
        /// Source document: what is trained on and what is held out never share one.
        package var group: String
        /// `reference` or `quote` for supported answers, else the corruption.
        package var kind: String
        /// What is asked.
        package var question: String
        /// The answer.
        package var answer: String
        /// Its passages.
        package var passages: [String]
        /// Whether the passages support it.
        package var isSupported: Bool
    }

    /// A supported answer with its evidence, before anything is made of it.
    struct Source: Sendable {
        var set: String
        var group: String
        var question: String
        var answer: String
        /// The evidence.
        var evidence: [String]
    }

    /// What came of it.
    package struct Outcome: Sendable {
        /// The model.
        package var model: SupportModel
        /// Its measure on the held-out documents: all of it, by set and by kind.
        package var heldOut: [(name: String, rows: Int, agreement: Agreement?, caught: Double?)]
        /// Examples trained on.
        package var trained: Int
        /// Digests of the files, by their names.
        package var files: [(name: String, sha256: String)]
    }

    private let project: Project
    private let progress: Progress
    private let seed: UInt64
    private let rows: Int

    /// Prepares a training.
    ///
    /// - Parameters:
    ///   - project: Has the embedder.
    ///   - progress: Told of finished examples.
    ///   - seed: Decides the corruptions.
    ///   - rows: Rows of a set at most, from its start.
    package init(project: Project, progress: Progress, seed: UInt64, rows: Int = .max) {
        self.project = project
        self.progress = progress
        self.seed = seed
        self.rows = rows
    }

    /// Trains on evalsets and a file of CLAP NQ.
    ///
    /// - Parameters:
    ///   - evalsets: Folders with `questions.jsonl`.
    ///   - clapNQ: `clapnq_dev_answerable.jsonl`, nil to leave it out.
    /// - Returns: Model and measure.
    /// - Throws: `AssayError` for files that cannot be read.
    package func run(evalsets: [String], clapNQ: String?) async throws -> Outcome {
        var files: [(name: String, sha256: String)] = []
        var sets: [[Source]] = []
        for folder in evalsets {
            let file = folder + "/questions.jsonl"
            sets.append(Self.sources(of: try EvalsetFile(reading: file).questions, set: baseName(folder)))
            files.append(("\(baseName(folder))/questions.jsonl", try SHA256.hex(file: file)))
        }
        if let clapNQ {
            sets.append(try Self.clapNQ(clapNQ))
            files.append((baseName(clapNQ), try SHA256.hex(file: clapNQ)))
        }
        let examples = sets.flatMap { Self.examples(Array($0.prefix(rows)), seed: seed) }
        let features = try await features(examples)
        var training: (rows: [SupportFeatures], labels: [Bool]) = ([], [])
        var held: [(example: Example, features: SupportFeatures)] = []
        for (example, features) in zip(examples, features) {
            guard let features else { continue }
            if Self.isHeldOut(example.group) {
                held.append((example, features))
            } else {
                training.rows.append(features)
                training.labels.append(example.isSupported)
            }
        }
        guard training.labels.contains(true), training.labels.contains(false) else {
            throw AssayError(
                "detector.examples",
                "there are no examples to train on",
                remedy: "name an evalset with references and gold quotes"
            )
        }
        let model = SupportModel(training: training.rows, labels: training.labels)
        return Outcome(
            model: model,
            heldOut: Self.measure(model, held, seed: seed),
            trained: training.rows.count,
            files: files
        )
    }

    /// Three documents of ten are held out, by a digest of the document's name alone.
    static func isHeldOut(_ group: String) -> Bool {
        (SHA256.hex("held-out:" + group).unicodeScalars.first?.value ?? 0) % 10 < 3
    }

    // MARK: examples

    static func sources(of questions: [Question], set: String) -> [Source] {
        let clusters = QuestionClusters(questions).indices
        return zip(questions, clusters).compactMap { question, cluster in
            guard !question.isUnanswerable, !question.reference.isEmpty, !question.gold.isEmpty else { return nil }
            return Source(
                set: set,
                group: "\(set)#\(questions[cluster].id)",
                question: question.question,
                answer: question.reference,
                evidence: question.gold.map(\.quote)
            )
        }
    }

    static func clapNQ(_ path: String) throws -> [Source] {
        var lines = try LineReader(opening: path)
        var found: [Source] = []
        while let line = try lines.next() {
            guard line.contains(where: { $0 > 0x20 }) else { continue }
            let row = try? JSONValue(parsing: String(decoding: line, as: UTF8.self))
            guard let question = row?["input"]?.stringValue, let passage = row?["passages"]?.arrayValue?.first,
                let title = passage["title"]?.stringValue, let text = passage["text"]?.stringValue,
                let answer = row?["output"]?.arrayValue?.first?["answer"]?.stringValue
            else {
                throw AssayError("clapnq.row", "this is not a row of CLAP NQ's answerable questions", at: lines.place)
            }
            if answer.isEmpty { continue }
            found.append(
                Source(set: "clapnq", group: "clapnq#\(title)", question: question, answer: answer, evidence: [text])
            )
        }
        return found
    }

    /// Supported answers (the reference, and a sentence of the evidence) and one answer for each way of corrupting, with two other
    /// rows' passages as distractors around the evidence.
    static func examples(_ sources: [Source], seed: UInt64) -> [Example] {
        guard sources.count > 4 else { return [] }
        var random = SeededRandom(seed: seed)
        return sources.indices.flatMap { place -> [Example] in
            let source = sources[place]
            func another() -> Source {
                var other = place
                while other == place || sources[other].group == source.group {
                    other = random.index(below: sources.count)
                }
                return sources[other]
            }
            guard sources.contains(where: { $0.group != source.group }) else { return [] }
            let passages = random.shuffled(source.evidence + another().evidence + another().evidence)
            func example(_ kind: String, _ answer: String, _ isSupported: Bool) -> Example {
                Example(
                    set: source.set,
                    group: source.group,
                    kind: kind,
                    question: source.question,
                    answer: answer,
                    passages: passages,
                    isSupported: isSupported
                )
            }
            var found = [example("reference", source.answer, true)]
            let sentences = source.evidence.flatMap { SupportText.sentences($0) }.filter { $0.count > 30 }
            if !sentences.isEmpty {
                found.append(example("quote", sentences[random.index(below: sentences.count)], true))
            }
            for corruption in AnswerCorruption.allCases {
                // Of another document that is not among the passages, as far as three draws can tell.
                var other = another()
                for _ in 0..<3 where passages.contains(where: { other.evidence.contains($0) }) { other = another() }
                if passages.contains(where: { other.evidence.contains($0) }) { continue }
                if let answer = corruption.apply(to: source.answer, other: other.answer, random: &random) {
                    found.append(example(corruption.rawValue, answer, false))
                }
            }
            return found
        }
    }

    private func features(_ examples: [Example]) async throws -> [SupportFeatures?] {
        let engines = try Engines(project)
        let memory = VectorMemory(try SentenceEmbedder.make(engines.resources))
        progress.begin("features", total: examples.count)
        return try await concurrentMap(examples, limit: 2) { example -> SupportFeatures? in
            defer { progress.advance("features") }
            return try await SupportFeatures.make(
                answer: example.answer,
                question: example.question,
                passages: example.passages
            ) { try await memory.vectors($0) }
        }
    }

    // MARK: measure

    private static func measure(
        _ model: SupportModel,
        _ held: [(example: Example, features: SupportFeatures)],
        seed: UInt64
    ) -> [(name: String, rows: Int, agreement: Agreement?, caught: Double?)] {
        var groups: [String: Int] = [:]
        let scored = held.map { row -> (example: Example, pair: ScoredLabel) in
            let cluster = groups[row.example.group] ?? groups.count
            groups[row.example.group] = cluster
            let pair = ScoredLabel(
                score: model.probability(row.features),
                label: row.example.isSupported ? 1 : 0,
                cluster: cluster
            )
            return (row.example, pair)
        }
        func agreement(_ rows: [(example: Example, pair: ScoredLabel)]) -> Agreement {
            Agreement(rows.map(\.pair), scale: 0...1, seed: seed)
        }
        var lines: [(name: String, rows: Int, agreement: Agreement?, caught: Double?)] = [
            ("all", scored.count, agreement(scored), nil)
        ]
        for set in Set(scored.map(\.example.set)).sorted() {
            let rows = scored.filter { $0.example.set == set }
            lines.append((set, rows.count, agreement(rows), nil))
        }
        for kind in ["reference", "quote"] + AnswerCorruption.allCases.map(\.rawValue) {
            let rows = scored.filter { $0.example.kind == kind }
            guard !rows.isEmpty else { continue }
            let right = rows.count { ($0.pair.score >= 0.5) == $0.example.isSupported }
            lines.append((kind, rows.count, nil, Double(right) / Double(rows.count)))
        }
        return lines
    }
}

/// Vectors of texts, each text embedded once: the examples of a source share their passages.
private actor VectorMemory {
    private let embedder: any Embedder
    private var known: [String: [Float]] = [:]

    init(_ embedder: any Embedder) {
        self.embedder = embedder
    }

    func vectors(_ texts: [String]) async throws -> VectorBatch {
        var missing: [String] = []
        for text in texts where known[text] == nil && !missing.contains(text) { missing.append(text) }
        if !missing.isEmpty {
            let batch = try await embedder.embed(missing, as: .document)
            for (place, text) in missing.enumerated() { known[text] = Array(batch.row(place)) }
        }
        let rows = texts.map { known[$0] ?? [] }
        return VectorBatch(dimension: rows.first.map { max(1, $0.count) } ?? 1, values: rows.flatMap(\.self))
    }
}
