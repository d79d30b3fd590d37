import AssayModel
import Foundation

/// A small project on disk for the real binary.
struct CommandProject {
    let root: String

    init(documents: Int = 12) throws {
        root = FileManager.default.temporaryDirectory.path() + "/assay-command-\(UUID().uuidString)"
        var questions: [String] = []
        for number in 0..<documents {
            try write("corpus/doc-\(100 + number).md", Self.document(number))
            questions.append(
                #"{"id":"q\#(number)","question":"Which color does machine M\#(number) have?","reference":"Machine M\#(number) is \#(Self.color(number)).","gold":[{"document":"doc-\#(100 + number).md","quote":"Machine M\#(number) is \#(Self.color(number)).","occurrence":1}],"tags":["fact"],"split":"dev"}"#
            )
        }
        try write("evalset/questions.jsonl", questions.joined(separator: "\n") + "\n")
        try write(
            "engines.yaml",
            "engines:\n  scripted: { kind: scripted, reply: extract, slots: 2 }\n  slow: { kind: scripted, reply: extract, slots: 1, delay_ms: 40 }\n  dead: { kind: openai, base_url: \"http://127.0.0.1:9\", model: none, timeout: 2 }\n"
        )
        try write(
            "models.yaml",
            "models:\n  broken: { kind: encoder, file: broken, sha256: \"\(String(repeating: "0", count: 64))\", licence: none }\n"
        )
        try write("pipeline.yaml", Self.pipeline())
    }

    static func color(_ number: Int) -> String {
        ["red", "green", "blue", "ochre", "violet"][number % 5]
    }

    static func document(_ number: Int) -> String {
        var random = SeededRandom(seed: UInt64(number))
        func filler() -> String {
            (0..<40).map { _ in ["gear", "shaft", "valve", "bolt", "rotor", "frame"][random.index(below: 6)] }.joined(
                separator: " "
            ) + "."
        }
        let parts = (0..<4).map {
            "## Part \($0)\n\n" + filler() + ($0 == 2 ? " Machine M\(number) is \(color(number)). " : " ") + filler()
        }
        return "# Machine M\(number)\n\n" + parts.joined(separator: "\n\n") + "\n"
    }

    static func pipeline(
        _ changes: [String: String] = [:],
        extra: String = ""
    ) -> String {
        var lines: [(String, String)] = [
            ("assay", "1"), ("corpus", "corpus"), ("chunk", "{ by: headings, tokens: 60 }"),
            ("embed", "{ by: hashed }"),
            ("index", "{ vectors: flat }"),
            (
                "retrieve",
                "{ from: [ { dense: { top: 10 } }, { bm25: { top: 10 } } ], fuse: { rrf: { k: 60 } }, depth: 10 }"
            ),
            ("answer", "{ engine: scripted, context: 2 }"),
            ("evaluate", "{ evalset: evalset, metrics: [ span_recall@5, hit@5, token_f1, citation_precision ] }"),
        ]
        for index in lines.indices { if let new = changes[lines[index].0] { lines[index].1 = new } }
        return lines.filter { $0.1 != "-" }.map { "\($0.0): \($0.1)\n" }.joined() + extra
    }

    func write(_ path: String, _ text: String) throws {
        let url = URL(filePath: root + "/" + path)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    /// The deterministic part of the newest run.
    func results() throws -> String {
        let runs = root + "/.assay/runs"
        let newest = try FileManager.default.contentsOfDirectory(atPath: runs).max { left, right in
            func date(_ name: String) -> Date {
                (try? FileManager.default.attributesOfItem(atPath: "\(runs)/\(name)/results.json")[.modificationDate]
                    as? Date) ?? .distantPast
            }
            return date(left) < date(right)
        }
        return try String(contentsOfFile: "\(runs)/\(newest ?? "")/results.json", encoding: .utf8)
    }

    var assay: Assay { Assay(folder: root) }
}
