// The measures of trec_eval that use grades as gains, whatever the level of relevance.

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

extension TrecTopic {
    /// `ndcg` and `ndcg_cut.K` (Järvelin, Kekäläinen 2002): gain is the grade, discount 1/log2(rank + 1), the ideal list comes
    /// from the labels and is cut at the same rank; 0 when nothing has a positive grade.
    package func ndcg(_ cut: Int? = nil) -> Double {
        let ideal = Self.cumulated(self.ideal.prefix(cut ?? .max).map { Double($0) }).last ?? 0
        guard ideal > 0 else { return 0 }
        return (Self.cumulated(labels.prefix(cut ?? .max).map(gain)).last ?? 0) / ideal
    }

    /// `ndcg_rel`: nDCG at the rank of each document with a gain, where those not retrieved count with the whole list's DCG
    /// and the whole ideal.
    package var ndcgAtRelevant: Double {
        let (list, ideal) = cumulatedGains
        guard let best = ideal.last else { return 0 }
        var sum = 0.0
        var found = 0
        for (index, label) in labels.enumerated() where gain(label) > 0 {
            sum += list[index] / ideal[min(index, ideal.count - 1)]
            found += 1
        }
        sum += Double(ideal.count - found) * (list.last ?? 0) / best
        return sum / Double(ideal.count)
    }

    /// `Rndcg`: mean of nDCG at the ranks where the ideal list passes to a lower grade, and at the list's end where that lies
    /// beyond.
    package var ndcgAtLevels: Double {
        let (list, ideal) = cumulatedGains
        guard relevant > 0, let best = ideal.last else { return 0 }
        var terms: [Double] = []
        for rank in 1...ideal.count where rank == ideal.count || grades[rank] != grades[rank - 1] {
            let reached = min(rank, list.count)
            terms.append((reached == 0 ? 0 : list[reached - 1]) / ideal[rank - 1])
        }
        if let last = list.last, list.count > ideal.count + 1 { terms.append(last / best) }
        return terms.reduce(0, +) / Double(terms.count)
    }

    /// `G`: gains divided by log2(2 + ideal cost so far − gain so far), normalised by the sum of all gains; each rank costs
    /// what the ideal list has there, at least 1.
    package var normalizedGain: Double {
        let ideal = self.ideal
        let best = ideal.reduce(0) { $0 + Double($1) }
        guard best > 0 else { return 0 }
        var (cost, gained, sum) = (0.0, 0.0, 0.0)
        for (index, label) in labels.enumerated() {
            cost += index < ideal.count ? max(1, Double(ideal[index])) : 1
            gained += gain(label)
            if gain(label) > 0 { sum += gain(label) / log2(2 + cost - gained) }
        }
        return sum / best
    }

    /// `binG`: 1 / log2(2 + documents above that are not relevant), over relevant documents, divided by all relevant ones.
    package var binaryGain: Double {
        guard relevant > 0 else { return 0 }
        var found = 0
        var sum = 0.0
        for (index, label) in labels.enumerated() where isRelevant(label) {
            sum += 1 / log2(Double(2 + index - found))
            found += 1
        }
        return sum / Double(relevant)
    }

    /// `rbp`: rank-biased precision (Moffat, Zobel 2008) of persistence 0.9, grades divided by the query's highest where that
    /// is above 1.
    package var rankBiasedPrecision: Double {
        let scale = Double(max(1, grades.first ?? 1))
        var (weight, sum) = (1.0, 0.0)
        for label in labels {
            sum += gain(label) / scale * weight
            weight *= Self.persistence
        }
        return (1 - Self.persistence) * sum
    }

    /// `rbp_resid`: how much of rank-biased precision is unknown: the weight of unjudged documents and of the ranks behind the
    /// list; 0 where every document of the list is judged.
    package var rankBiasedResidual: Double {
        var (weight, sum) = (1.0, 0.0)
        for label in labels {
            if isUnjudged(label) { sum += weight }
            weight *= Self.persistence
        }
        return sum == 0 ? 0 : weight + (1 - Self.persistence) * sum
    }

    private static let persistence = 0.9

    /// Discounted cumulated gain of the list and of the ideal list, at every rank.
    private var cumulatedGains: (list: [Double], ideal: [Double]) {
        (Self.cumulated(labels.map(gain)), Self.cumulated(ideal.map { Double($0) }))
    }

    private static func cumulated(_ gains: [Double]) -> [Double] {
        var total = 0.0
        return gains.enumerated().map { index, gain in
            if gain > 0 { total += gain / log2(Double(index + 2)) }
            return total
        }
    }
}
