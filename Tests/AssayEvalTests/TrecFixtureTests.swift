import AssayModel
import FoundationEssentials
import Testing

@testable import AssayEval

/// The folder of data that is not in the repository, nil where it is not set.
private let sharedData = ProcessInfo.processInfo.environment["ASSAY_SHARED_DATA"]

/// trec_eval's own test files with the output that version 10 prints, line by line.
@Suite(.enabled(if: sharedData != nil))
struct TrecFixtureTests {
    struct Case: Sendable {
        var output: String
        var qrels = "qrels.test"
        var run = "results.test"
        var measures: [String] = []
        var perQuery = false
        var change: @Sendable (inout TrecEvaluation.Options) -> Void = { _ in }
    }

    private static let all = ["all_trec"]

    private static let cases = [
        Case(output: "out.test"),
        Case(output: "out.test.a", measures: all),
        Case(output: "out.test.aq", measures: all, perQuery: true),
        Case(output: "out.test.aq", qrels: "qrels.test.with-comments", measures: all, perQuery: true),
        Case(output: "out.test.aqc", run: "results.trunc", measures: all, perQuery: true) { $0.complete = true },
        Case(output: "out.test.aqcM", run: "results.trunc", measures: all, perQuery: true) {
            $0.complete = true
            $0.depth = 100
        },
        Case(output: "out.test.aql", qrels: "qrels.rel_level", measures: all + ["relstring.20"], perQuery: true) {
            $0.level = 2
        },
        Case(output: "out.comment.test", qrels: "qrels.comment.test", run: "results.comment.test"),
    ]

    @Test(arguments: cases.indices)
    func printsWhatTrecEvalPrints(number: Int) throws {
        let test = Self.cases[number]
        var options = TrecEvaluation.Options(measures: try TrecMeasure.selection(test.measures))
        test.change(&options)
        let evaluation = try TrecEvaluation(
            try TrecRun(parsing: try bytes(test.run), name: test.run),
            qrels: try TrecQrels(parsing: try bytes(test.qrels), name: test.qrels),
            options: options
        )
        let lines = evaluation.text(perQuery: test.perQuery, summary: true).split(separator: "\n")
        let expected = String(decoding: try bytes(test.output), as: UTF8.self).split(separator: "\n")
            .filter { !$0.hasPrefix("infAP") && !$0.hasPrefix("utility") }
        #expect(lines.count == expected.count)
        for (line, wanted) in zip(lines, expected) { #expect(line == wanted, "\(test.output)") }
    }

    private func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: "\(sharedData ?? "")/golden/trec_eval/test/\(name)")))
    }
}
