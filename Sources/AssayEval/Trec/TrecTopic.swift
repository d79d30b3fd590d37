/// One query as trec_eval sees it: the labels of its ranked list and the grades that its qrels hold.
///
/// Documents come in trec_eval's order (score descending, ties by id descending) without repetition. A document is relevant
/// when its grade is at least `level`; one without label or with a negative grade (in the pool, but not judged) is not.
package struct TrecTopic: Sendable {
    /// The label of each retrieved document, best first; nil for a document that the qrels do not have.
    package let labels: [Int?]
    /// The grades of the qrels from 0 up, highest first.
    package let grades: [Int]
    /// Lowest grade that counts as relevant.
    package let level: Int
    /// Whether a share of the relevant documents is rounded to a number of documents as trec_eval 9 does it.
    package let roundsAsVersion9: Bool
    /// Relevant documents of the qrels.
    package let relevant: Int

    /// Looks up the labels of a ranked list.
    ///
    /// - Parameters:
    ///   - ranked: Document ids, best first.
    ///   - qrels: Grades by document id.
    ///   - level: Lowest grade that counts as relevant.
    ///   - roundsAsVersion9: `roundsAsVersion9`.
    package init(ranked: [String], qrels: [String: Int], level: Int = 1, roundsAsVersion9: Bool = false) {
        labels = ranked.map { qrels[$0] }
        grades = qrels.values.filter { $0 >= 0 }.sorted(by: >)
        self.level = level
        self.roundsAsVersion9 = roundsAsVersion9
        relevant = grades.count { $0 >= level }
    }

    /// Documents retrieved.
    package var retrieved: Int { labels.count }

    /// Relevant documents among the first `cut`, or among all.
    package func found(_ cut: Int? = nil) -> Int {
        labels.prefix(cut ?? .max).count { isRelevant($0) }
    }

    /// Documents retrieved that are judged and not relevant.
    package var judgedNonrelevant: Int { labels.count { isNonrelevant($0) } }

    func isRelevant(_ label: Int?) -> Bool { label.map { $0 >= level && $0 >= 0 } ?? false }

    func isNonrelevant(_ label: Int?) -> Bool { label.map { $0 >= 0 && $0 < level } ?? false }

    func isUnjudged(_ label: Int?) -> Bool { label.map { $0 < 0 } ?? true }

    /// What a document adds to a gain: its grade, 0 without one.
    func gain(_ label: Int?) -> Double { Double(max(0, label ?? 0)) }

    /// The grades that are a gain, highest first: the ideal list.
    var ideal: ArraySlice<Int> { grades.prefix { $0 > 0 } }
}
