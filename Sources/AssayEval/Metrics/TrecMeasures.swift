// The measures of trec_eval (NIST) as pure functions of a ranked list of document ids and graded labels.
//
// Common rules: `ranked` is in trec_eval's order (score descending, ties by id descending) without repetition; a document
// is relevant when its grade is at least `level`; documents without label and with negative grade are not relevant; sums
// run down the list, so equal input gives equal bits.

import AssayModel

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// `ndcg` and `ndcg_cut.K`: gain is the grade, discount 1/log2(rank + 1), the ideal list comes from the labels.
///
/// - Parameters:
///   - ranked: Document ids, best first.
///   - qrels: Grades by document id.
///   - cut: Ranks to look at, in the list and in the ideal; nil for all.
/// - Returns: A value from 0 to 1; 0 when nothing has a positive grade.
package func trecNDCG(ranked: [String], qrels: [String: Int], cut: Int? = nil) -> Double {
    func sum(_ grades: some Sequence<Int>) -> Double {
        var total = 0.0
        for (index, grade) in grades.enumerated() where grade > 0 {
            total += Double(grade) / log2(Double(index + 2))
        }
        return total
    }
    let ideal = sum(qrels.values.sorted(by: >).prefix(cut ?? .max))
    guard ideal > 0 else { return 0 }
    return sum(ranked.prefix(cut ?? .max).map { qrels[$0] ?? 0 }) / ideal
}

/// `map` and `map_cut.K`: the sum of P@rank over the relevant documents found, divided by all relevant ones.
///
/// - Parameters:
///   - ranked: Document ids, best first.
///   - qrels: Grades by document id.
///   - cut: Ranks to look at; nil for all.
///   - level: Lowest grade that counts as relevant.
/// - Returns: A value from 0 to 1; 0 when nothing is relevant.
package func trecAveragePrecision(ranked: [String], qrels: [String: Int], cut: Int? = nil, level: Int = 1) -> Double {
    let relevant = relevantCount(qrels, level)
    guard relevant > 0 else { return 0 }
    var found = 0
    var sum = 0.0
    for (index, id) in ranked.prefix(cut ?? .max).enumerated() where isRelevant(id, qrels, level) {
        found += 1
        sum += Double(found) / Double(index + 1)
    }
    return sum / Double(relevant)
}

/// `recip_rank`: 1 / rank of the first relevant document, 0 when there is none within the cut.
package func trecReciprocalRank(ranked: [String], qrels: [String: Int], cut: Int? = nil, level: Int = 1) -> Double {
    let first = ranked.prefix(cut ?? .max).firstIndex { isRelevant($0, qrels, level) }
    return first.map { 1 / Double($0 + 1) } ?? 0
}

/// `P.K`: relevant documents in the top K, divided by K even when fewer were retrieved.
package func trecPrecision(ranked: [String], qrels: [String: Int], cut: Int, level: Int = 1) -> Double {
    Double(found(ranked, qrels, cut, level)) / Double(cut)
}

/// `recall.K`: relevant documents in the top K, divided by all relevant ones; 0 when nothing is relevant.
package func trecRecall(ranked: [String], qrels: [String: Int], cut: Int, level: Int = 1) -> Double {
    let relevant = relevantCount(qrels, level)
    return relevant == 0 ? 0 : Double(found(ranked, qrels, cut, level)) / Double(relevant)
}

/// `success.K`: 1 when a relevant document is in the top K, else 0.
package func trecSuccess(ranked: [String], qrels: [String: Int], cut: Int, level: Int = 1) -> Double {
    found(ranked, qrels, cut, level) > 0 ? 1 : 0
}

/// `Judged@K` of ir-measures: share of the top K, or of all when fewer were retrieved, that has a label of any grade.
///
/// - Parameters:
///   - ranked: Document ids, best first.
///   - qrels: Grades by document id.
///   - cut: Ranks to look at.
/// - Returns: A value from 0 to 1, nil when nothing was retrieved.
package func judgedShare(ranked: [String], qrels: [String: Int], cut: Int) -> Double? {
    let top = ranked.prefix(cut)
    guard !top.isEmpty else { return nil }
    return Double(top.count { qrels[$0] != nil }) / Double(top.count)
}

private func isRelevant(_ id: String, _ qrels: [String: Int], _ level: Int) -> Bool {
    qrels[id].map { $0 >= level } ?? false
}

private func relevantCount(_ qrels: [String: Int], _ level: Int) -> Int {
    qrels.values.count { $0 >= level }
}

private func found(_ ranked: [String], _ qrels: [String: Int], _ cut: Int, _ level: Int) -> Int {
    ranked.prefix(cut).count { isRelevant($0, qrels, level) }
}
