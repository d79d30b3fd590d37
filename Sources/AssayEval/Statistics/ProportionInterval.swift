import AssayModel

/// Wilson's interval of a share (Wilson 1927), for yes-or-no scores.
///
/// Unlike mean ± t · SE it stays within 0…1 and does not shrink to a point where all questions have one result.
package enum ProportionInterval {
    /// The interval of the mean of values that are 0 or 1.
    ///
    /// With clusters the size is the effective one of Korn and Graubard (1998), as in Inspect AI's `ci_wilson`: n divided by the design
    /// effect, times (t with n − 1 degrees of freedom / t with C − 1)², at most n. Where all values are equal the design
    /// effect is unknown; then a cluster counts as one observation.
    ///
    /// - Parameters:
    ///   - values: Zeros and ones.
    ///   - clusters: The cluster of each value.
    ///   - confidence: Share of such intervals that hold the true share.
    /// - Returns: The interval, nil below two clusters.
    package static func wilson(_ values: [Double], clusters: [Int], confidence: Double = 0.95) -> ClosedRange<Double>? {
        guard let mean = ClusteredMean(values, clusters: clusters), let error = mean.standardError else { return nil }
        let n = Double(mean.count)
        var size = Double(mean.clusters)
        if error > 0 {
            let tail = 0.5 + confidence / 2
            let ratio =
                StudentT.quantile(tail, freedom: n - 1) / StudentT.quantile(tail, freedom: Double(mean.clusters - 1))
            size = min(n, n * mean.mean * (1 - mean.mean) / (n - 1) / (error * error) * ratio * ratio)
        }
        return wilson(share: mean.mean, size: size, confidence: confidence)
    }

    /// The interval of a share among `size` independent observations; the size may be fractional.
    package static func wilson(share: Double, size: Double, confidence: Double = 0.95) -> ClosedRange<Double> {
        let z = Normal.quantile(0.5 + confidence / 2)
        let squared = z * z
        let middle = (share + squared / (2 * size)) / (1 + squared / size)
        let half =
            z / (1 + squared / size) * (share * (1 - share) / size + squared / (4 * size * size)).squareRoot()
        return max(0, middle - half)...min(1, middle + half)
    }
}
