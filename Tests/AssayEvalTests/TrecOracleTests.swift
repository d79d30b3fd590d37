import AssayModel
import FoundationEssentials
import Testing

@testable import AssayEval

/// 1,000 generated queries with the values of `pytrec_eval` (`scripts/trec-oracle.py`).
struct TrecOracleTests {
    struct Query: Decodable {
        var level: Int
        var qrels: [String]
        var run: [String]
        var values: [Double]

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            level = try list.decode(Int.self)
            qrels = try list.decode(String.self).split(separator: " ").map(String.init)
            run = try list.decode(String.self).split(separator: " ").map(String.init)
            values = try list.decode([Double].self)
        }
    }

    struct Oracle: Decodable {
        var measures: [String]
        var queries: [Query]
    }

    private static let asked = [
        "all_trec", "P.1,5,10,100", "recall.5,10,100", "Rprec_mult.0.2,0.5,1.0,1.4,2.0", "ndcg_cut.1,5,10,100",
        "map_cut.5,10,100", "relative_P.1,5,10,100",
    ]

    @Test(arguments: [1, 2])
    func agreesToNineDigits(level: Int) throws {
        let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            .joined(separator: "/")
        let data = try Data(contentsOf: URL(filePath: "\(folder)/Fixtures/trec-runs.json"))
        let oracle = try JSONDecoder().decode(Oracle.self, from: data)
        let chosen = oracle.queries.enumerated().filter { $0.element.level == level }
        #expect(chosen.count == (level == 1 ? 800 : 200))
        var options = TrecEvaluation.Options(measures: try TrecMeasure.selection(Self.asked))
        options.level = level
        options.version = .v9
        let evaluation = try TrecEvaluation(
            try TrecRun(parsing: file(chosen) { ($0.run, "Q0", "0 ", " r") }, name: "run"),
            qrels: try TrecQrels(parsing: file(chosen) { ($0.qrels, "0", "", "") }, name: "qrels"),
            options: options
        )
        let found = Dictionary(evaluation.queries.map { ($0.id, $0.lines) }) { $1 }
        var compared = 0
        for (number, query) in chosen {
            let lines = Dictionary((found["q\(number)"] ?? []).map { ($0.name, $0.value) }) { $1 }
            for (name, expected) in zip(oracle.measures, query.values) {
                let value =
                    switch lines[name] {
                    case .number(let number): number
                    case .count(let count): Double(count)
                    case .text, nil: Double.nan
                    }
                #expect(abs(value - expected) <= 1e-9, "query \(number) \(name): \(value), not \(expected)")
                compared += 1
            }
        }
        #expect(compared == chosen.count * oracle.measures.count)
    }

    /// The queries as a file of TREC's format; `parts` gives pairs, the second field, and what surrounds a pair's second half.
    private func file(
        _ queries: [(offset: Int, element: Query)],
        _ parts: (Query) -> ([String], String, String, String)
    ) -> [UInt8] {
        var text = ""
        for (number, query) in queries {
            let (pairs, second, before, after) = parts(query)
            for index in stride(from: 0, to: pairs.count, by: 2) {
                text += "q\(number) \(second) \(pairs[index])\t\(before)\(pairs[index + 1])\(after)\n"
            }
        }
        return Array(text.utf8)
    }
}

struct TrecFileTests {
    private func qrels(_ text: String) throws -> TrecQrels { try TrecQrels(parsing: Array(text.utf8), name: "q.txt") }

    private func run(_ text: String) throws -> TrecRun { try TrecRun(parsing: Array(text.utf8), name: "r.txt") }

    @Test func readsWhatTrecEvalReads() throws {
        let labels = try qrels("# labels\n1 0 a 1\n\n1\t0\tb   -1\r\n2 0 a 0\n")
        #expect(labels.queries == ["1": ["a": 1, "b": -1], "2": ["a": 0]])
        let results = try run("1 Q0 a 7 1e1 first\n # note\n1 Q0 b 9 -0.5 last junk at the end")
        #expect(results.queries == ["1": [Hit(id: "a", score: 10), Hit(id: "b", score: -0.5)]])
        #expect(results.name == "last")
    }

    private static let wrong: [(qrels: Bool, text: String, line: Int?, code: String)] = [
        (true, "1 0 a 1\n1 0 b\n", 2, "trec.malformed"), (true, "1 0 a x\n", 1, "trec.malformed"),
        (true, "1 0 a 128\n", 1, "trec.malformed"), (true, "1 0 a 1 2\n", 1, "trec.malformed"),
        (true, "1 0 a 1\n\n1 0 a 0\n", 3, "trec.duplicate"), (true, "\n# x\n", nil, "trec.empty"),
        (false, "1 Q0 a 1 2.5\n", 1, "trec.malformed"), (false, "1 Q0 a 1 nan r\n", 1, "trec.malformed"),
        (false, "1 Q0 a 1 high r\n", 1, "trec.malformed"), (false, "", nil, "trec.empty"),
        (false, "1 Q0 a 1 2 r\n1 Q0 b 1 2 r\n1 Q0 a 3 1 r\n", 3, "trec.duplicate"),
    ]

    @Test(arguments: wrong)
    func namesTheLine(isQrels: Bool, text: String, line: Int?, code: String) {
        let error = #expect(throws: AssayError.self) {
            if isQrels { _ = try qrels(text) } else { _ = try run(text) }
        }
        #expect(error?.code.rawValue == code)
        #expect(error?.place == Place(file: isQrels ? "q.txt" : "r.txt", line: line))
    }

    @Test func refusesBytesThatAreNotText() {
        #expect(throws: AssayError.self) { try TrecRun(parsing: [0x31, 0x20, 0xff, 0x0a], name: "r.txt") }
    }

    @Test func versionsDifferInTiesAndMissingQueries() throws {
        let labels = try qrels("1 0 a 1\n2 0 a 1\n")
        // As 32-bit floats the scores tie, and b stands before a.
        let results = try run("1 Q0 a 1 1.00000001 r\n1 Q0 b 2 1.0 r\n3 Q0 a 1 1 r\n")
        var options = TrecEvaluation.Options(measures: try TrecMeasure.selection(["recip_rank", "num_q", "gm_map"]))
        func evaluate() throws -> TrecEvaluation { try TrecEvaluation(results, qrels: labels, options: options) }
        #expect(try evaluate().text(perQuery: false, summary: true).hasSuffix("recip_rank            \tall\t1.0000\n"))
        #expect(try evaluate().missing == ["2"])
        #expect(try evaluate().unjudged == ["3"])
        options.version = .v9
        #expect(try evaluate().text(perQuery: false, summary: true).hasSuffix("recip_rank            \tall\t0.5000\n"))
        options.version = .v10
        let error = #expect(throws: AssayError.self) { try evaluate() }
        #expect(error?.code == "trec.missing-query" && error?.message.hasSuffix(": 2") == true)
        options.complete = true
        let complete = try evaluate()
        #expect(
            complete.summary == [
                .init(name: "num_q", value: .count(2)), .init(name: "gm_map", value: .number(complete.geometric)),
                .init(name: "recip_rank", value: .number(0.5)),
            ]
        )
        #expect(abs(complete.geometric - 0.00001.squareRoot()) < 1e-12)
        #expect(complete.queries.map(\.id) == ["1", "2"])
        options.version = .v9
        #expect(try evaluate().queries.map(\.id) == ["1"])
    }

    @Test func selectsMeasuresWithParameters() throws {
        let topic = TrecTopic(ranked: ["a"], qrels: ["a": 1])
        let lines = try TrecMeasure.selection(["P.3", "P.1", "iprec_at_recall.5", "relstring.4", "map"])
            .flatMap { $0.lines(of: topic).map(\.name) }
        #expect(lines == ["map", "iprec_at_recall_5.00", "P_1", "P_3", "relstring_4"])
        for wrong in ["mpa", "P.x", "P.0", "map.3", "P.", "infAP", "relstring.1,2"] {
            let error = #expect(throws: AssayError.self) { try TrecMeasure.selection([wrong]) }
            #expect(error?.code == "trec.measure", "\(wrong)")
        }
    }
}

extension TrecEvaluation {
    fileprivate var geometric: Double {
        guard case .number(let value)? = summary.first(where: { $0.name == "gm_map" })?.value else { return .nan }
        return value
    }
}
