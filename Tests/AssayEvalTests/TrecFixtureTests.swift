import AssayModel
import FoundationEssentials
import Testing

@testable import AssayEval

/// The folder of data that is not in the repository, nil where it is not set.
private let sharedData = ProcessInfo.processInfo.environment["ASSAY_SHARED_DATA"]

/// trec_eval's own test files with the output it prints, to four digits.
@Suite(.enabled(if: sharedData != nil))
struct TrecFixtureTests {
    @Test func agreesWithTheOutputThatTrecEvalShips() throws {
        let qrels = try rows("qrels.test").reduce(into: [String: [String: Int]]()) {
            $0[$1[0], default: [:]][$1[2]] = Int($1[3])
        }
        let hits = try rows("results.test").reduce(into: [String: [Hit]]()) { lists, row in
            lists[row[0], default: []].append(Hit(id: row[2], score: Double(row[4]) ?? .nan))
        }
        var compared = 0
        for row in try rows("out.test.aq") where row[1] != "all" {
            let ranked = RankedList(hits[row[1]] ?? []).hits.map(\.id)
            guard let expected = Double(row[2]),
                let value = TrecMeasureTests().measure(row[0], ranked, qrels[row[1]] ?? [:])
            else { continue }
            compared += 1
            #expect(abs(value - expected) <= 0.000_051, "\(row[0]) of \(row[1]): \(value), not \(expected)")
        }
        #expect(compared > 100)
    }

    private func rows(_ name: String) throws -> [[String]] {
        let path = "\(sharedData ?? "")/golden/trec_eval/test/\(name)"
        let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        return text.split(whereSeparator: \.isNewline).map { $0.split(whereSeparator: \.isWhitespace).map(String.init) }
    }
}
