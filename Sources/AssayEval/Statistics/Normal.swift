#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The standard normal distribution.
package enum Normal {
    /// The share of the distribution below `z`.
    package static func share(below z: Double) -> Double { 0.5 * erfc(-z / 2.0.squareRoot()) }

    /// The value that a share `p` lies below; accurate to 1e-12, relative above 1.
    ///
    /// - Parameter p: Share from 0 to 1; the ends give −∞ and ∞.
    /// - Returns: The quantile.
    package static func quantile(_ p: Double) -> Double {
        precondition(p >= 0 && p <= 1, "a share is from 0 to 1")
        if p == 0 { return -.infinity }
        if p == 1 { return .infinity }
        if p == 0.5 { return 0 }
        // In the lower half the share keeps its relative precision; the upper half follows by symmetry.
        return p < 0.5 ? lower(p) : -lower(1 - p)
    }

    /// Newton's steps in log p, which is concave: they cannot overshoot to where the share vanishes.
    private static func lower(_ p: Double) -> Double {
        // Tail bound z² < −2 ln p.
        var z = -(-2 * log(p)).squareRoot()
        for _ in 0..<100 {
            let share = Normal.share(below: z)
            let density = exp(-z * z / 2) / (2 * Double.pi).squareRoot()
            let step = log(share / p) * share / density
            z -= step
            if abs(step) <= 1e-15 * max(1, abs(z)) { break }
        }
        return z
    }
}
