import AssayModel
import Foundation
import Testing

@testable import AssayIngest

/// Samples of other systems, in the shapes that their tools write.
struct SampleReaderTests {
    private func read(
        _ text: String,
        _ name: String = "samples.jsonl",
        format: String? = nil,
        limits: SampleLimits = SampleLimits()
    ) throws -> SampleSet {
        let folder = FileManager.default.temporaryDirectory.appending(path: "assay-samples-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: name)
        try Data(text.utf8).write(to: file)
        return try SampleSet(
            reading: file.path(),
            format: try format.map { try SampleReaders.reader($0) },
            limits: limits
        )
    }

    @Test func ownRowsHaveLabelsAndRankings() throws {
        let set = try read(
            """
            {"id":"a","question":"Q1","answer":"A [1].","contexts":["one","two"],"retrieved":["d1","d2","d3"],"gold":["d2"],"reference":"R","tags":["t"],"source":"d2","split":"dev"}
            {"question":"Q2","answer":"A","contexts":[{"text":"one","document":"d9","start":5,"end":8,"score":0.5}],"gold":[{"document":"d9","start":4,"end":8,"grade":2}]}
            {"question":"Q3","answer":"A"}
            """
        )
        #expect(set.format == "assay")
        #expect(set.bad == 0)
        let first = set.samples[0].sample
        #expect(first.retrieved.map(\.document) == ["d1", "d2", "d3"])
        #expect(first.context.map(\.text) == ["one", "two"])
        #expect(first.question.qrels == ["d2": 1])
        #expect(first.question.sourceDocument == "d2")
        #expect(first.question.split == "dev")
        let second = set.samples[1]
        #expect(second.id == "row-2")
        #expect(second.sample.goldSpans == [GoldSpan(document: "d9", start: 4, end: 8)])
        #expect(second.sample.question.qrels == ["d9": 2])
        #expect(second.sample.retrieved[0].start == 5)
        #expect(second.hasRanking)
        // Without labels a sample is not said to be unanswerable, and without ids nothing is known of its ranking.
        #expect(!set.samples[2].sample.question.isUnanswerable)
        #expect(!set.samples[2].hasRanking)
    }

    @Test func badRowsAreNamedAndTheRestGoesOn() throws {
        let set = try read(
            """
            {"id":"a","question":"Q1"}
            {"id":"b","question":
            {"id":"c","question":"  "}
            {"id":"a","question":"again"}
            {"id":"d","question":"Q","contexts":[{"text":"x","document":"d2"}],"retrieved":["d1"]}
            {"id":"e","question":"Q","contexts":["x","y"],"retrieved":["d1"]}
            {"id":"f","question":"Q","contxts":["x"]}
            {"id":"g","question":"Q","question":"twice"}
            [1]
            {"id":"h","question":["Q"]}
            {"id":"i","question":"good"}
            """
        )
        #expect(set.samples.map(\.id) == ["a", "i"])
        #expect(set.bad == 9)
        #expect(set.faults.map { $0.place?.line }.compactMap(\.self).sorted() == [2, 3, 4, 5, 6, 7, 8, 9, 10])
        #expect(set.faults.contains { $0.message.contains("did you mean 'contexts'") })
        #expect(set.faults.contains { $0.message.contains("2 contexts but 1 retrieved") })
    }

    @Test func ragasOfEveryAge() throws {
        let new = try read(
            #"[{"user_input":"Q","response":"A","retrieved_contexts":["one","two"],"reference":"R","reference_contexts":["g"],"rubrics":{"score1_description":"bad","score2_description":"good"}}]"#,
            "new.json"
        )
        #expect(new.format == "ragas")
        #expect(new.samples[0].contexts?.map(\.text) == ["one", "two"])
        #expect(new.samples[0].referenceContexts == ["g"])
        #expect(new.samples[0].rubric == ["1": "bad", "2": "good"])
        let old = try read(
            #"{"question":["Q1","Q2"],"answer":["A1","A2"],"contexts":[["x"],["y","z"]],"ground_truths":[["R1"],["R2","R2b"]]}"#,
            "old.json"
        )
        #expect(old.format == "ragas")
        #expect(old.samples.map(\.reference) == ["R1", "R2"])
        #expect(old.samples[1].contexts?.map(\.text) == ["y", "z"])
        let table = try read(
            "user_input,response,retrieved_contexts,reference\r\n\"What, \"\"exactly\"\"?\",\"two\nlines\",\"['it\\'s \\n one', \"\"two\"\"]\",R\r\nQ2,A2,\"['a' 'b'\n 'c']\",\r\n",
            "table.csv"
        )
        #expect(table.format == "ragas")
        #expect(table.samples[0].question == "What, \"exactly\"?")
        #expect(table.samples[0].answer == "two\nlines")
        #expect(table.samples[0].contexts?.map(\.text) == ["it's \n one", "two"])
        #expect(table.samples[1].contexts?.map(\.text) == ["a", "b", "c"])
        #expect(table.samples[1].place?.line == 4)
        #expect(table.samples[1].reference.isEmpty)
    }

    @Test func ragasDialoguesKeepTheirTurns() throws {
        let set = try read(
            #"{"user_input":[{"content":"Book it","type":"human"},{"content":"","type":"ai","tool_calls":[{"name":"book","args":{"n":2}}]},{"content":"ok","type":"tool"},{"content":"Done.","type":"ai"}],"reference_tool_calls":[{"name":"book","args":{"n":2}}]}"#
        )
        let sample = set.samples[0].sample
        #expect(sample.dialogue?.map(\.role) == ["user", "assistant", "tool", "assistant"])
        #expect(sample.dialogue?[1].toolCalls == [ToolCall(name: "book", arguments: ["n": 2])])
        #expect(sample.question.referenceToolCalls == sample.dialogue?[1].toolCalls)
        #expect(set.samples[0].answer == "Done.")
    }

    @Test func deepEvalInBothSpellings() throws {
        let snake = try read(
            #"[{"input":"Q","actual_output":"A","expected_output":"R","retrieval_context":["x"],"context":["g"],"name":null}]"#,
            "cases.json"
        )
        let camel = try read(
            #"{"testRunData":{"testFile":"t.py","testCases":[{"name":"test_case_0","input":"Q","actualOutput":"A","expectedOutput":"R","retrievalContext":["x"],"context":["g"],"metricsData":[{"score":1}]}]}}"#,
            "run.json"
        )
        let table = try read("input,actual_output,expected_output,retrieval_context,context\nQ,A,R,x|y,\n", "cases.csv")
        for set in [snake, camel] {
            #expect(set.format == "deepeval")
            #expect(set.samples.map(\.answer) == ["A"])
            #expect(set.samples[0].contexts?.map(\.text) == ["x"])
            #expect(set.samples[0].referenceContexts == ["g"])
        }
        #expect(table.samples[0].contexts?.map(\.text) == ["x", "y"])
        #expect(table.samples[0].referenceContexts.isEmpty)
    }

    @Test func promptfooResultsOfOneTestAreOneCluster() throws {
        let set = try read(
            """
            {"evalId":"e","results":{"version":3,"prompts":[],"results":[
              {"promptIdx":0,"testIdx":0,"testCase":{"vars":{"question":"Q"},"assert":[{"type":"contains","value":"x"},{"type":"similar","value":"R"}]},
               "provider":{"id":"openai:a","label":""},"prompt":{"raw":"Answer: Q","label":"p"},"vars":{"question":"Q","context":"C"},
               "response":{"output":"A","tokenUsage":{"prompt":3,"completion":2}},"latencyMs":12,"success":true},
              {"promptIdx":1,"testIdx":0,"testCase":{"vars":{"question":"Q"}},"provider":{"id":"b"},"vars":{"question":"Q"},"error":"timeout"},
              {"promptIdx":0,"testIdx":1,"testCase":{"vars":{"topic":"T"}},"provider":{"id":"openai:a"},"prompt":{"raw":"Write of T"},"vars":{"topic":"T"},"response":{"output":{"k":1}}}
            ],"stats":{}}}
            """,
            "out.json"
        )
        #expect(set.format == "promptfoo")
        #expect(set.samples.map(\.id) == ["test-0/0", "test-0/1", "test-1/0"])
        #expect(set.samples.map(\.source) == ["test-0", "test-0", "test-1"])
        #expect(set.samples[0].reference == "R")
        #expect(set.samples[0].contexts?.map(\.text) == ["C"])
        #expect(set.samples[0].usage == Usage(promptTokens: 3, completionTokens: 2))
        #expect(set.samples[1].failure == "timeout")
        #expect(set.samples[2].question == "Write of T")
        #expect(set.samples[2].answer == #"{"k":1}"#)
        #expect(set.samples[0].place?.line == 2)
        #expect(set.samples[2].place?.line == 6)
    }

    @Test func promptfooTestTablesGiveReferences() throws {
        let set = try read(
            "question,__expected,output,__description\nQ1,Paris,It is Paris,geo\nQ2,similar(0.8): London town,London,\nQ3,javascript: output.length > 3,abc,\n",
            "tests.csv"
        )
        #expect(set.format == "promptfoo")
        #expect(set.samples.map(\.reference) == ["Paris", "London town", ""])
        #expect(set.samples.map(\.answer) == ["It is Paris", "London", "abc"])
    }

    @Test func hostileFilesEndInSentences() throws {
        // Cut in the middle of its second element: the first stays, the cut is named.
        let cut = try read(#"[{"question":"Q1"},{"question":"Q2","answer":"x"#, "cut.json")
        #expect(cut.samples.count == 1)
        #expect(cut.bad == 1)
        let deep = "{\"question\":\"Q\",\"x\":" + String(repeating: "[", count: 100_000)
        #expect(throws: AssayError.self) { try read(deep, "deep.json") }
        var limits = SampleLimits()
        limits.fileBytes = 100
        #expect(throws: AssayError.self) { try read(String(repeating: "x", count: 200), limits: limits) }
        limits = SampleLimits()
        limits.rows = 3
        #expect(throws: AssayError.self) { try read(#"{"question":"Q"}\#n"#.repeated(5), limits: limits) }
        limits = SampleLimits()
        limits.textBytes = 10
        let long = try read("{\"question\":\"short\"}\n{\"question\":\"longer than ten\"}\n", limits: limits)
        #expect(long.samples.count == 1)
        #expect(long.faults[0].code == "samples.too-large")
        limits = SampleLimits()
        limits.listed = 2
        let wide = try read(
            "{\"question\":\"Q\"}\n{\"question\":\"Q\",\"contexts\":[\"a\",\"b\",\"c\"]}\n",
            limits: limits
        )
        #expect(wide.bad == 1)
        for text in [
            "", "[]", "{}", "[[]]", "null", "[1,2", "a,a\n1,2\n", "x,y\n1,2\n", "\u{0}\u{1}", "{\"question\":1e999}",
        ] {
            #expect(throws: AssayError.self, "\(text)") { try read(text, "x.json") }
        }
        // An open quote swallows the rest of a table: named with the line where it opens.
        let open = try read("question,answer\nQ,A\n\"Q2,A\nQ3,A\n", "open.csv")
        #expect(open.samples.count == 1)
        #expect(open.faults.first?.place?.line == 3)
        let wideRow = try read("question,answer\nQ,A,extra\nQ2,A\n", "wide.csv")
        #expect(wideRow.samples.map(\.question) == ["Q2"])
    }

    @Test func randomDamageNeverCrashes() throws {
        let good = Array(
            #"[{"user_input":"Q é","response":"A","retrieved_contexts":["one","two"],"reference":null},{"question":"x"}]"#
                .utf8
        )
        var random = SeededRandom(seed: 20_261_123)
        for _ in 0..<300 {
            var bytes = good
            for _ in 0..<(1 + random.index(below: 3)) {
                let at = random.index(below: bytes.count)
                if random.next() & 1 == 0 {
                    bytes[at] = UInt8(random.index(below: 256))
                } else {
                    bytes.removeSubrange(at...)
                }
                if bytes.isEmpty { bytes = good }
            }
            let file = FileManager.default.temporaryDirectory.appending(path: "assay-damage-\(UUID().uuidString).json")
            try Data(bytes).write(to: file)
            defer { try? FileManager.default.removeItem(at: file) }
            do {
                let set = try SampleSet(reading: file.path())
                #expect(!set.samples.isEmpty)
            } catch is AssayError {}
        }
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment["ASSAY_SHARED_DATA"] != nil))
    func ragasOwnExamplesAreRead() throws {
        let folder = (ProcessInfo.processInfo.environment["ASSAY_SHARED_DATA"] ?? "") + "/data/ragas_examples"
        for (name, count) in [
            ("annotated_data.json", 21), ("edited_chain_runs.json", 18), ("sample_annotated_summary.json", 19),
        ] {
            let set = try SampleSet(reading: "\(folder)/\(name)")
            #expect(set.format == "ragas")
            #expect(set.bad == 0)
            #expect(set.samples.count == count)
            #expect(set.samples.allSatisfy { !$0.question.isEmpty && $0.answer?.isEmpty == false })
        }
        let questions = try SampleSet(reading: "\(folder)/hf_doc_qa_eval.csv")
        #expect(questions.samples.count == 66)
    }
}

extension String {
    fileprivate func repeated(_ count: Int) -> String { String(repeating: self, count: count) }
}
