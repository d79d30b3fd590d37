import AssayModel
import AssayPipeline
import FoundationEssentials

/// A small project in a temporary folder: documents of seeded words, an evalset with quotes of them, a scripted engine.
struct ProjectFixture {
    let root: String
    let count: Int

    /// Writes the project.
    ///
    /// - Parameters:
    ///   - count: Documents of the corpus; every tenth gets a question.
    ///   - name: Part of the folder's name.
    /// - Throws: When the folder cannot be written.
    init(documents count: Int, name: String = "project") throws {
        self.count = count
        root = FileManager.default.temporaryDirectory.path() + "assay-\(name)-\(UUID().uuidString)"
        for number in 0..<count { try writeDocument(number) }
        var questions: [String] = []
        for number in stride(from: 0, to: count, by: 10) {
            questions.append(
                #"{"id":"q\#(number)","question":"What is the secret of \#(Self.subject(number))?","#
                    + #""reference":"The secret of \#(Self.subject(number)) is \#(number * 7).","#
                    + #""gold":[{"document":"\#(Self.file(number))","quote":"\#(Self.fact(number))","occurrence":1}],"#
                    + #""tags":["fact"],"split":"dev"}"#
            )
        }
        questions.append(
            #"{"id":"none","question":"Who invented the telephone?","reference":"","gold":[],"tags":["unanswerable"],"split":"dev"}"#
        )
        try write("evalset/questions.jsonl", questions.joined(separator: "\n") + "\n")
        try write("engines.yaml", "engines:\n  scripted: { kind: scripted, reply: extract, slots: 2 }\n")
        try writePipeline()
    }

    /// Path of the pipeline file.
    var pipeline: String { root + "/pipeline.yaml" }

    static func file(_ number: Int) -> String { "doc-\(String(number + 1_000).dropFirst()).md" }

    static func subject(_ number: Int) -> String {
        var random = SeededRandom(seed: UInt64(number))
        return "K" + (0..<3).map { _ in words[random.index(below: words.count)] }.joined()
    }

    static func fact(_ number: Int) -> String { "The secret of \(subject(number)) is \(number * 7)." }

    func writeDocument(_ number: Int, extra: String = "") throws {
        var random = SeededRandom(seed: UInt64(number) &+ 77)
        func sentence() -> String {
            (0..<12).map { _ in Self.words[random.index(below: Self.words.count)] }.joined(separator: " ") + "."
        }
        let sections = (0..<3).map { section in
            "## Part \(section)\n\n" + (0..<6).map { _ in sentence() }.joined(separator: " ")
                + (section == 1 ? " " + Self.fact(number) : "") + (section == 2 ? extra : "")
        }
        try write(
            "corpus/" + Self.file(number),
            "# About \(Self.subject(number))\n\n" + sections.joined(separator: "\n\n") + "\n"
        )
    }

    func writePipeline(
        chunk: String = "{ by: headings, tokens: 80 }",
        embed: String = "{ by: hashed }",
        vectors: String = "auto",
        from: String = "[ { dense: { top: 20 } }, { bm25: { top: 20 } } ]",
        answer: String = "{ engine: scripted, context: 2 }",
        metrics: String = "[ span_recall@5, hit@5, mrr, token_f1, citation_precision, abstention_accuracy ]",
        judge: String? = nil,
        name: String = "pipeline.yaml"
    ) throws {
        try write(
            name,
            """
            assay: 1
            corpus: corpus
            chunk: \(chunk)
            embed: \(embed)
            index: { vectors: \(vectors) }
            retrieve:
              from: \(from)
              fuse: { rrf: { k: 60 } }
              depth: 20
            answer: \(answer)
            evaluate:
              evalset: evalset
              metrics: \(metrics)
            \(judge.map { "  judge: \($0)" } ?? "")

            """
        )
    }

    func write(_ path: String, _ text: String) throws {
        let full = root + "/" + path
        let folder = String(full[..<(full.lastIndex(of: "/") ?? full.endIndex)])
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: full))
    }

    func read(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: root + "/" + path)), as: UTF8.self)
    }

    func remove(_ path: String) throws {
        try FileManager.default.removeItem(atPath: root + "/" + path)
    }

    /// Runs a pipeline of the project in this process.
    func run(_ name: String = "pipeline.yaml") async throws -> RunRecord {
        let session = try open(name)
        let outcome = try await PipelineRun(session, options: .init()).run(id: UUID().uuidString)
        await session.close()
        return outcome.record
    }

    func open(_ name: String = "pipeline.yaml") throws -> PipelineSession {
        let path = root + "/" + name
        return try PipelineSession(
            try PipelineSpec(path),
            project: Project(containing: path, workspace: nil),
            progress: Progress { _ in },
            now: { "2026-01-01T00:00:00Z" }
        )
    }

    static let words = [
        "amber", "basin", "cobalt", "delta", "ember", "fjord", "garnet", "harbor", "indigo", "jasper", "krill",
        "lagoon", "marble",
        "nectar", "onyx", "pebble", "quartz", "raven", "saffron", "tundra", "umber", "velvet", "willow", "xenon",
        "yarrow", "zephyr",
    ]
}

extension RunRecord {
    /// The line of a stage.
    func stage(_ name: String) -> StageTiming? { timings.stages.first { $0.stage == name } }

    /// The mean of a metric.
    func mean(_ name: String) -> Double? { results.metrics.first { $0.definition.name == name }?.mean }
}
