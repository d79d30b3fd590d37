// The measures of trec_eval (NIST) from their definitions. Sums run down the list, so equal input gives equal bits; where a
// denominator is 0 the value is 0, as there.

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

extension TrecTopic {
    /// `map` and `map_cut.K`: the sum of P@rank over the relevant documents found, divided by all relevant ones.
    package func averagePrecision(_ cut: Int? = nil) -> Double {
        relevant == 0 ? 0 : precisionsAtRelevant(cut) / Double(relevant)
    }

    private func precisionsAtRelevant(_ cut: Int?) -> Double {
        var found = 0
        var sum = 0.0
        for (index, label) in labels.prefix(cut ?? .max).enumerated() where isRelevant(label) {
            found += 1
            sum += Double(found) / Double(index + 1)
        }
        return sum
    }

    /// `recip_rank`: 1 / rank of the first relevant document, 0 when there is none within the cut.
    package func reciprocalRank(_ cut: Int? = nil) -> Double {
        labels.prefix(cut ?? .max).firstIndex(where: isRelevant).map { 1 / Double($0 + 1) } ?? 0
    }

    /// `P.K`: relevant documents in the top K, divided by K even when fewer were retrieved.
    package func precision(_ cut: Int) -> Double { Double(found(cut)) / Double(cut) }

    /// `recall.K`: relevant documents in the top K, divided by all relevant ones.
    package func recall(_ cut: Int) -> Double { relevant == 0 ? 0 : Double(found(cut)) / Double(relevant) }

    /// `relative_P.K`: relevant documents in the top K, divided by the most that there could be.
    package func relativePrecision(_ cut: Int) -> Double {
        relevant == 0 ? 0 : Double(found(cut)) / Double(min(cut, relevant))
    }

    /// `success.K`: 1 when a relevant document is in the top K, else 0.
    package func success(_ cut: Int) -> Double { found(cut) > 0 ? 1 : 0 }

    /// `Rprec`: precision at the rank that is the number of relevant documents.
    package var rPrecision: Double { relevant == 0 ? 0 : precision(relevant) }

    /// `Rprec_mult.X`: precision at X times the number of relevant documents (0.9 is added before the fraction is cut off).
    package func rPrecision(times factor: Double) -> Double {
        let cut = Int(factor * Double(relevant) + 0.9)
        return cut == 0 ? 0 : precision(cut)
    }

    /// `bpref` (Buckley, Voorhees 2004): over relevant documents retrieved, 1 − min(n, R) / min(N, R), divided by R, where n
    /// judged non-relevant documents stand above the document and the qrels hold N of them.
    package var bpref: Double {
        guard relevant > 0 else { return 0 }
        let bound = min(grades.count - relevant, relevant)
        var above = 0
        var sum = 0.0
        for label in labels {
            if isNonrelevant(label) {
                above += 1
            } else if isRelevant(label) {
                sum += above == 0 ? 1 : 1 - Double(min(above, relevant)) / Double(bound)
            }
        }
        return sum / Double(relevant)
    }

    /// `iprec_at_recall.X`: the highest precision at any rank from which on at least a share X of the relevant documents is
    /// found.
    ///
    /// Version 10 rounds X·R to the nearest number of documents, version 9 adds 0.9 and cuts the fraction off.
    package func interpolatedPrecision(at recall: Double) -> Double {
        let share = recall * Double(relevant)
        let wanted = roundsAsVersion9 ? Int(share + 0.9) : Int(share.rounded(.toNearestOrAwayFromZero))
        var found = 0
        var best = 0.0
        for (index, label) in labels.enumerated() {
            if isRelevant(label) { found += 1 }
            if found >= wanted { best = max(best, Double(found) / Double(index + 1)) }
        }
        return best
    }

    /// `11pt_avg`: mean of the interpolated precision at recall 0, 0.1, … 1.
    package var elevenPointAverage: Double {
        trecRecallPoints.reduce(0) { $0 + interpolatedPrecision(at: $1) } / Double(trecRecallPoints.count)
    }

    /// `set_P`: share of the retrieved documents that is relevant.
    package var setPrecision: Double { retrieved == 0 ? 0 : Double(found()) / Double(retrieved) }

    /// `set_recall`: share of the relevant documents that is retrieved.
    package var setRecall: Double { relevant == 0 ? 0 : Double(found()) / Double(relevant) }

    /// `set_relative_P`: relevant documents retrieved, divided by the most that there could be.
    package var setRelativePrecision: Double {
        let most = min(retrieved, relevant)
        return most == 0 ? 0 : Double(found()) / Double(most)
    }

    /// `set_F`: harmonic mean of set precision and set recall.
    package var setF: Double {
        let (precision, recall) = (setPrecision, setRecall)
        return precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall)
    }

    /// `unj.K`: documents of the top K that nobody judged, divided by K.
    package func unjudged(_ cut: Int) -> Double { Double(labels.prefix(cut).count(where: isUnjudged)) / Double(cut) }

    /// `Judged@K` of ir-measures: share of the top K, or of all when fewer were retrieved, that has a label of any grade; nil
    /// when nothing was retrieved.
    package func judgedShare(_ cut: Int) -> Double? {
        let top = labels.prefix(cut)
        return top.isEmpty ? nil : Double(top.count { $0 != nil }) / Double(top.count)
    }

    /// `relstring.K`: one character for each of the first K documents: its grade, `-` without label, `.` in the pool but not
    /// judged, `>` for grades above 9.
    package func relevanceString(_ length: Int) -> String {
        String(
            labels.prefix(length).map { label in
                guard let label else { return "-" }
                return label < 0 ? "." : label > 9 ? ">" : Character("\(label)")
            }
        )
    }
}

/// The standard recall points of `iprec_at_recall` and `11pt_avg`.
let trecRecallPoints = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]
