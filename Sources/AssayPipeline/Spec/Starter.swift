import AssayModel
import FoundationEssentials

/// Writes a first pipeline over a folder of the user's own documents.
package struct Starter: Sendable {
    private let documents: String
    private let folder: String
    private let offline: Bool

    /// Prepares a start.
    ///
    /// - Parameters:
    ///   - documents: Folder with documents.
    ///   - into: Where the pipeline goes.
    ///   - offline: Uses the hashed embedder, which needs no model.
    package init(documents: String, into: String, offline: Bool) {
        self.documents = absolutePath(documents)
        folder = absolutePath(into)
        self.offline = offline
    }

    /// Writes `pipeline.yaml` and `evalset/questions.jsonl`; never overwrites.
    ///
    /// - Returns: Lines that say what to do next.
    /// - Throws: `AssayError` when the folder is not there or a file exists.
    package func write() throws -> [String] {
        guard FileManager.default.fileExists(atPath: documents) else {
            throw AssayError(
                "init.documents",
                "there is no folder \(documents)",
                remedy: "name a folder with documents"
            )
        }
        let pipeline = folder + "/pipeline.yaml"
        let questions = folder + "/evalset/questions.jsonl"
        for path in [pipeline, questions] where FileManager.default.fileExists(atPath: path) {
            throw AssayError("init.exists", "\(path) exists already", remedy: "name another folder with --into")
        }
        try writeAtomically(Data(yaml.utf8), to: pipeline)
        try writeAtomically(Data(example.utf8), to: questions)
        if Project(containing: pipeline, workspace: nil).enginesFile == nil {
            try writeAtomically(Data(Self.engines.utf8), to: folder + "/engines.yaml")
        }
        return [
            "wrote \(pipeline)",
            "wrote \(questions): replace its example with your own questions, a quote of the answer each",
            "next: assay ask \(pipeline) \"your question\"",
            "then: assay run \(pipeline)",
        ]
    }

    private var yaml: String {
        """
        assay: 1
        corpus: \(documents)
        chunk:    { by: headings, tokens: 160, overlap: 24 }
        embed:    { \(offline ? "by: hashed" : "model: all-MiniLM-L6-v2") }
        retrieve:
          from:  [ { dense: { top: 50 } }, { bm25: { top: 50 } } ]
          fuse:  { rrf: { k: 60 } }
          depth: 50
        # answer: { engine: local, context: 4, max_tokens: 128 }
        evaluate:
          evalset: evalset
          metrics: [ span_recall@5, hit@5, mrr ]

        """
    }

    private var example: String {
        #"{"id":"q1","question":"What are these documents about?","reference":"","gold":[],"tags":["unanswerable"],"split":"dev"}"#
            + "\n"
    }

    private static let engines = """
        engines:
          scripted: { kind: scripted, reply: extract }

        """
}
