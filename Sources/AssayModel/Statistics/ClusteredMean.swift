/// A mean with its standard error, where values of one cluster (questions of one source document) are not independent.
package struct ClusteredMean: Sendable, Equatable {
    /// Mean of the values.
    package let mean: Double
    /// Standard error, nil below two clusters.
    package let standardError: Double?
    /// Clusters among the values.
    package let clusters: Int
    /// Values.
    package let count: Int

    /// Computes mean and standard error.
    ///
    /// SE = sqrt(Σ over clusters of (Σ of the cluster's x − x̄)² · C / (C − 1)) / n, as Inspect AI and Miller (2024),
    /// "Adding Error Bars to Evals", with the correction for few clusters. With one value a cluster it is the usual s / √n.
    ///
    /// - Parameters:
    ///   - values: The values; sums run in this order.
    ///   - clusters: The cluster of each value.
    package init?(_ values: [Double], clusters: [Int]) {
        precondition(values.count == clusters.count, "each value has a cluster")
        guard !values.isEmpty else { return nil }
        let n = Double(values.count)
        let mean = values.reduce(0, +) / n
        var sums: [Int: Double] = [:]
        var order: [Int] = []
        for (value, cluster) in zip(values, clusters) {
            if sums[cluster] == nil { order.append(cluster) }
            sums[cluster, default: 0] += value - mean
        }
        self.mean = mean
        self.clusters = order.count
        count = values.count
        let c = Double(order.count)
        let squares = order.reduce(0) { total, cluster in
            let sum = sums[cluster] ?? 0
            return total + sum * sum
        }
        standardError = order.count < 2 ? nil : (squares * c / (c - 1)).squareRoot() / n
    }

    /// The interval by Student's t with C − 1 degrees of freedom, nil below two clusters.
    ///
    /// - Parameter confidence: Share of such intervals that hold the true mean, 0.95 unless said otherwise.
    /// - Returns: The interval; it may reach beyond the range of the values.
    package func interval(confidence: Double = 0.95) -> ClosedRange<Double>? {
        guard let standardError else { return nil }
        let t = StudentT.quantile(0.5 + confidence / 2, freedom: Double(clusters - 1))
        return (mean - t * standardError)...(mean + t * standardError)
    }
}
