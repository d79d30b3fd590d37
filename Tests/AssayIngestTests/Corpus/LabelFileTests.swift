import AssayModel
import Foundation
import Testing

@testable import AssayIngest

struct LabelFileTests {
    private func write(_ text: String, _ name: String) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "labels-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appending(path: name)
        try Data(text.utf8).write(to: file)
        return file.path(percentEncoded: false)
    }

    @Test func readsJSONLines() throws {
        let file = try write(
            """
            {"question":"q","answer":"a","contexts":["c","d"],"document":"x","labels":{"faithfulness":1}}

            {"id":"two","question":"q","answer":"a","labels":{}}
            """,
            "labels.jsonl"
        )
        let labels = try LabelFile(reading: file)
        #expect(labels.rows.map(\.id) == ["1", "two"])
        #expect(labels.rows[0].contexts == ["c", "d"] && labels.rows[0].labels == ["faithfulness": 1])
        #expect(labels.names == ["faithfulness"])
    }

    @Test func readsTablesAndARES() throws {
        let own = try write(
            "question\tanswer\tcontext\tcontext\tlabel:good\nq\t\"say \"\"hi\"\"\"\tone\ttwo\t3\nr\ta\tone\t\t\n",
            "labels.tsv"
        )
        let rows = try LabelFile(reading: own).rows
        #expect(rows[0].answer == #"say "hi""# && rows[0].contexts == ["one", "two"] && rows[0].labels == ["good": 3])
        #expect(rows[1].contexts == ["one"] && rows[1].labels.isEmpty)
        let ares = try write(
            "Reaction\tSources\tQuestion\tDocument\tAnswer\tContext_Relevance_Label\tAnswer_Faithfulness_Label\tAnswer_Relevance_Label\n"
                + "no\thttp://x\tq\td\ta\t1\t0\t1\n",
            "ares.tsv"
        )
        let row = try #require(try LabelFile(reading: ares).rows.first)
        #expect(row.labels == ["context_relevance": 1, "faithfulness": 0, "answer_relevance": 1])
        #expect(row.contexts == ["d"])
    }

    @Test(arguments: [
        (#"{"question":"q","answer":"a","label":{}}"#, "x.jsonl", "did you mean 'labels'?"),
        (#"{"question":"q","labels":{"a":1}}"#, "x.jsonl", "'answer' must be a text"),
        (#"{"question":"q","answer":"a","labels":{"a":0.5}}"#, "x.jsonl", "whole number"),
        (#"{"question":"q","answer":"a","labels":{}}"#, "x.jsonl", "no labelled row"),
        ("question\tanswer\tscore\n", "x.tsv", "unknown column 'score'"),
        ("question\tanswer\tlabel:a\nq\ta\n", "x.tsv", "2 fields, the header 3"),
        ("question\tanswer\tlabel:a\nq\ta\tyes\n", "x.tsv", "'yes' is not a whole number"),
        ("x", "x.csv", ".jsonl and .tsv"),
    ])
    func saysWhatIsWrong(text: String, name: String, part: String) throws {
        let file = try write(text, name)
        let error = #expect(throws: AssayError.self) { try LabelFile(reading: file) }
        #expect(error.map { "\($0)".contains(part) } == true, "\(error.map { "\($0)" } ?? "")")
        #expect(error?.place?.file == file)
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment["ASSAY_SHARED_DATA"] != nil))
    func readsARESAsPublished() throws {
        let shared = try #require(ProcessInfo.processInfo.environment["ASSAY_SHARED_DATA"])
        let file = shared + "/data/ares_human/LLM_Judge_Test_Set_Human_Annotations.tsv"
        try #require(FileManager.default.fileExists(atPath: file))
        let rows = try LabelFile(reading: file).rows
        #expect(rows.count == 200)
        func yes(_ name: String) -> Int { rows.count { $0.labels[name] == 1 } }
        #expect(yes("context_relevance") == 98 && yes("faithfulness") == 172 && yes("answer_relevance") == 179)
        #expect(rows.allSatisfy { $0.contexts.count == 1 && $0.labels.count == 3 })
    }
}
