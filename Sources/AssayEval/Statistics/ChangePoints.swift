#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Changes of level in a series of values.
///
/// The segmentation that minimises Σ over segments of Σ (x − segment's mean)² + β a change, found exactly by PELT (Killick, Fearnhead and
/// Eckley 2012, "Optimal detection of changepoints with a linear computational cost"), with segments of at least two values. β = 5 σ² ln n,
/// σ from the median absolute difference of neighbours: a change of level moves one difference and the median hardly at all.
package enum ChangePoints {
    /// Fewest values of a segment: one odd night is no new level, unless it is so odd that it makes one together with its neighbour.
    static let shortestSegment = 2
    /// Fewest values that are looked at: below it the noise cannot be told from a change.
    package static let fewest = 6

    /// Finds the changes.
    ///
    /// - Parameters:
    ///   - values: The series, finite.
    ///   - resolution: Smallest σ that is assumed, more than 0: rounding is no change in a series without noise.
    /// - Returns: Indices of the first value of each new level, rising; empty below `fewest` values.
    package static func find(_ values: [Double], resolution: Double) -> [Int] {
        guard values.count >= fewest else { return [] }
        let sigma = max(resolution, noise(values))
        return segment(values, penalty: 5 * sigma * sigma * log(Double(values.count)))
    }

    /// σ by the median absolute difference of neighbours: 1.4826 / √2 · median |xᵢ₊₁ − xᵢ|, the factor that is right for normal noise.
    package static func noise(_ values: [Double]) -> Double {
        guard values.count > 1 else { return 0 }
        let steps = zip(values, values.dropFirst()).map { abs($1 - $0) }.sorted()
        let middle = steps.count / 2
        let median = steps.count.isMultiple(of: 2) ? (steps[middle - 1] + steps[middle]) / 2 : steps[middle]
        return 1.4826 / 2.0.squareRoot() * median
    }

    /// The cheapest segmentation under a penalty a change.
    ///
    /// - Parameters:
    ///   - values: The series.
    ///   - penalty: What a change costs, at least 0.
    /// - Returns: Indices of the first value of each new segment, rising.
    package static func segment(_ values: [Double], penalty: Double) -> [Int] {
        let count = values.count
        guard count >= 2 * shortestSegment else { return [] }
        // Sums of the series moved to its mean: large values would cancel in Σx² − (Σx)²/n.
        let mean = values.reduce(0, +) / Double(count)
        var sums = [0.0]
        var squares = [0.0]
        for value in values {
            sums.append(sums[sums.count - 1] + (value - mean))
            squares.append(squares[squares.count - 1] + (value - mean) * (value - mean))
        }
        func cost(_ start: Int, _ end: Int) -> Double {
            let sum = sums[end] - sums[start]
            return max(0, squares[end] - squares[start] - sum * sum / Double(end - start))
        }
        var best = [Double](repeating: .infinity, count: count + 1)
        var origin = [Int](repeating: 0, count: count + 1)
        best[0] = -penalty
        var candidates = [0]
        for end in shortestSegment...count {
            let fresh = end - shortestSegment
            if fresh >= shortestSegment { candidates.append(fresh) }
            for start in candidates where best[start] + cost(start, end) + penalty < best[end] {
                best[end] = best[start] + cost(start, end) + penalty
                origin[end] = start
            }
            // A start that is dearer than the best without a further penalty can never win again.
            candidates.removeAll { best[$0] + cost($0, end) > best[end] }
        }
        var changes: [Int] = []
        var end = count
        while end > 0, origin[end] > 0 {
            changes.append(origin[end])
            end = origin[end]
        }
        return changes.reversed()
    }
}
