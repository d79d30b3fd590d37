import AssayModel

/// The smallest true difference that a set of questions shows with a wanted power.
package enum DetectableEffect {
    /// (t of 1 − α/2 + t of the power) · SE, both with C − 1 degrees of freedom.
    ///
    /// The usual approximation of the noncentral t; against the exact one it is off by at most 2.5 % from 10 clusters on
    /// (level 0.05 and 0.05 / 8).
    /// The standard error is itself estimated, so the effect is an estimate too.
    ///
    /// - Parameters:
    ///   - standardError: Of the mean difference, clustered.
    ///   - clusters: Clusters behind it.
    ///   - level: Two-sided share of false alarms α.
    ///   - power: Share of repetitions that show the effect.
    /// - Returns: The effect in the metric's unit; nil below two clusters, without spread, and where so few clusters cannot reach the
    ///   level at all by flipping signs.
    package static func of(
        standardError: Double?,
        clusters: Int,
        level: Double = 0.05,
        power: Double = 0.8
    ) -> Double? {
        guard let standardError, standardError > 0, clusters >= 2, SignFlipTest.smallestP(clusters: clusters) <= level
        else { return nil }
        return factor(clusters: clusters, level: level, power: power) * standardError
    }

    /// t of 1 − α/2 + t of the power, both with C − 1 degrees of freedom, at least 1: how many standard errors an effect must have.
    static func factor(clusters: Int, level: Double = 0.05, power: Double = 0.8) -> Double {
        let freedom = Double(max(1, clusters - 1))
        return StudentT.quantile(1 - level / 2, freedom: freedom) + StudentT.quantile(power, freedom: freedom)
    }
}
