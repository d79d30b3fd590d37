import AssayModel
import FoundationEssentials
import Testing

@testable import AssayLexical

/// Retrieval quality on BEIR's SciFact, against Anserini's regression (flat index: nDCG@10 0.679).
@Suite(.enabled(if: sharedData != nil))
struct SciFactTests {
    @Test func reachesAnserinisFigure() throws {
        let beir = (sharedData ?? "") + "/data/scifact/beir"
        let documents = try Self.lines(beir + "/corpus.jsonl").map(Self.record)
        let queries = try Self.lines(beir + "/queries.jsonl").map(Self.record)
        let judged = try Self.judgements(beir + "/qrels/test.tsv")
        let options = LexicalOptions()
        let folder = try TemporaryFolder()
        let texts = documents.map { $0.title + "\n" + $0.text }
        let index = try KeywordIndex(
            segments: [(try segment(texts, options, at: folder.file("scifact")), nil)],
            options: options
        )
        var sum = 0.0
        var recalled = 0.0
        for query in queries {
            guard let gains = judged[query.id] else { continue }
            let hits = try index.search(query.text, k: 1_000) { left, right in
                documents[right.ordinal].id.utf8.lexicographicallyPrecedes(documents[left.ordinal].id.utf8)
            }
            let ids = hits.map { documents[$0.ordinal].id }
            sum += Self.nDCG(ids.prefix(10), gains)
            recalled += Double(ids.prefix(100).count { gains[$0] != nil }) / Double(gains.count)
        }
        let mean = sum / Double(judged.count)
        print("SciFact nDCG@10 \(mean), R@100 \(recalled / Double(judged.count))")
        #expect(judged.count == 300)
        #expect(abs(mean - 0.6789) < 0.005, "nDCG@10 is \(mean)")
        #expect(abs(recalled / Double(judged.count) - 0.9253) < 0.01)
    }

    private struct Record: Decodable {
        var id: String
        var title: String
        var text: String

        enum CodingKeys: String, CodingKey {
            case id = "_id"
            case title
            case text
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            id = try container.decode(String.self, forKey: .id)
            title = try container.decodeIfPresent(String.self, forKey: .title) ?? ""
            text = try container.decode(String.self, forKey: .text)
        }
    }

    private static func record(_ line: Substring) throws -> Record {
        try JSONDecoder().decode(Record.self, from: Data(line.utf8))
    }

    private static func lines(_ path: String) throws -> [Substring] {
        let data = try Data(contentsOf: URL(filePath: path))
        return String(decoding: data, as: UTF8.self).split(separator: "\n")
    }

    private static func judgements(_ path: String) throws -> [String: [String: Int]] {
        var result: [String: [String: Int]] = [:]
        for line in try lines(path).dropFirst() {
            let fields = line.split(separator: "\t")
            if let gain = Int(fields[2]), gain > 0 { result[String(fields[0]), default: [:]][String(fields[1])] = gain }
        }
        return result
    }

    /// trec_eval's nDCG: gain / log2(rank + 1).
    private static func nDCG(_ ids: ArraySlice<String>, _ gains: [String: Int]) -> Double {
        func discounted(_ gains: [Int]) -> Double {
            gains.enumerated().reduce(0) { $0 + Double($1.element) / logarithm2(Double($1.offset + 2)) }
        }
        let ideal = discounted(gains.values.sorted(by: >).prefix(10).map { $0 })
        return discounted(ids.map { gains[$0] ?? 0 }) / ideal
    }

    private static func logarithm2(_ value: Double) -> Double {
        naturalLogarithm(value) / naturalLogarithm(2)
    }
}
