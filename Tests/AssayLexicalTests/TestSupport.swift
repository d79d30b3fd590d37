import AssayModel
import Foundation

@testable import AssayLexical

/// A folder that is gone with its owner.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "/lexical-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }
}

/// Writes `texts` as one segment and opens it.
func segment(_ texts: [String], _ options: LexicalOptions, at path: String) throws -> InvertedIndexSegment {
    let builder = try InvertedIndexBuilder(options: options)
    for text in texts { builder.add(text) }
    try builder.write(to: path)
    return try InvertedIndexSegment(path)
}

/// Later documents first: an order that is not the order of the scan.
func latestFirst(_ left: KeywordHit, _ right: KeywordHit) -> Bool {
    (left.segment, left.ordinal) > (right.segment, right.ordinal)
}

/// BM25 as the textbook has it, over texts in memory.
struct NaiveIndex {
    let documents: [(segment: Int, ordinal: Int, counts: [String: Int], length: Int)]
    let options: LexicalOptions
    let analyzer: LexicalAnalyzer

    /// `texts` has for each segment its texts, nil for deleted documents.
    init(_ texts: [[String?]], _ options: LexicalOptions) throws {
        self.options = options
        let analyzer = try LexicalAnalyzer(options)
        self.analyzer = analyzer
        documents = texts.enumerated().flatMap { segment, texts in
            texts.enumerated().compactMap { ordinal, text in
                guard let text else { return nil }
                let terms = analyzer.terms(of: text)
                return (segment, ordinal, Dictionary(terms.map { ($0, 1) }, uniquingKeysWith: +), terms.count)
            }
        }
    }

    func search(
        _ query: String,
        k: Int,
        allows: (Int, Int) -> Bool,
        precedes: (KeywordHit, KeywordHit) -> Bool
    ) -> [KeywordHit] {
        let average = Double(documents.map(\.length).reduce(0, +)) / Double(documents.count)
        let terms = Dictionary(analyzer.terms(of: query).map { ($0, 1) }, uniquingKeysWith: +)
        var weights: [(term: String, weight: Float)] = []
        for (term, count) in terms {
            let frequency = documents.count { $0.counts[term] != nil }
            guard frequency > 0 else { continue }
            let ratio = (Double(documents.count - frequency) + 0.5) / (Double(frequency) + 0.5)
            weights.append((term, Float(Double(count) * log(1 + ratio))))
        }
        weights.sort {
            $0.weight != $1.weight ? $0.weight > $1.weight : $0.term.utf8.lexicographicallyPrecedes($1.term.utf8)
        }
        var hits: [KeywordHit] = []
        for document in documents where allows(document.segment, document.ordinal) {
            var score: Float = 0
            let share = options.k1 * (1 - options.b + options.b * Double(document.length) / average)
            for (term, weight) in weights {
                guard let count = document.counts[term] else { continue }
                score += weight * Float(Double(count) / (Double(count) + share))
            }
            if score > 0 {
                hits.append(KeywordHit(segment: document.segment, ordinal: document.ordinal, score: Double(score)))
            }
        }
        hits.sort { $0.score != $1.score ? $0.score > $1.score : precedes($0, $1) }
        return Array(hits.prefix(k))
    }
}

/// Texts of words that follow Zipf's law, short vocabulary, with many equal scores.
struct RandomTexts {
    var random: SeededRandom
    let vocabulary: Int

    mutating func word() -> String {
        // Inverse of the cumulated 1/x: small numbers are frequent.
        let number = Int(Double(vocabulary).squareRoot() * (1 / (0.02 + random.unit())).squareRoot())
        return "w\(number % vocabulary)"
    }

    mutating func text(upTo longest: Int) -> String {
        var words: [String] = []
        for _ in 0..<random.index(below: longest + 1) {
            let word = word()
            let repeats = random.index(below: 40) == 0 ? 1 + random.index(below: 30) : 1
            for _ in 0..<repeats { words.append(word) }
        }
        return words.joined(separator: " ")
    }
}

/// The folder with data sets, named by `ASSAY_SHARED_DATA`; tests that need it are skipped without it.
let sharedData: String? = ProcessInfo.processInfo.environment["ASSAY_SHARED_DATA"]
