#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Student's t distribution.
package enum StudentT {
    /// The value that a share `p` of the distribution lies below; accurate to 1e-10, relative above 1.
    ///
    /// - Parameters:
    ///   - p: Share, more than 0 and less than 1.
    ///   - freedom: Degrees of freedom, more than 0; may be fractional.
    /// - Returns: The quantile.
    package static func quantile(_ p: Double, freedom: Double) -> Double {
        precondition(p > 0 && p < 1 && freedom > 0, "a quantile needs 0 < p < 1 and degrees of freedom above 0")
        if p == 0.5 { return 0 }
        if p < 0.5 { return -upper(p, freedom) }
        return upper(1 - p, freedom)
    }

    /// The share of the distribution above `t`.
    package static func upperTail(_ t: Double, freedom: Double) -> Double {
        if t < 0 { return 1 - upperTail(-t, freedom: freedom) }
        // t² / ν with care: x is exact for small and for large t.
        return incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2
    }

    /// The t above 0 with `tail` above it, by halving a bracket: the tail falls with t, so this cannot fail.
    private static func upper(_ tail: Double, _ freedom: Double) -> Double {
        var low = 0.0
        var high = 1.0
        while upperTail(high, freedom: freedom) > tail, high < 1e300 {
            low = high
            high *= 2
        }
        for _ in 0..<200 {
            let middle = (low + high) / 2
            if middle == low || middle == high { break }
            if upperTail(middle, freedom: freedom) > tail { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }

    /// The regularised incomplete beta function I_x(a, b), by its continued fraction (DLMF 8.17.22, modified Lentz).
    static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
        if x <= 0 { return 0 }
        if x >= 1 { return 1 }
        // The fraction converges fast on this side only; the other follows by symmetry.
        if x > (a + 1) / (a + b + 2) { return 1 - incompleteBeta(1 - x, b, a) }
        let front = exp(
            logGamma(a + b) - logGamma(a) - logGamma(b) + a * log(x) + b * log1p(-x)
        )
        let tiny = 1e-300
        var c = 1.0
        var d = 1 - (a + b) * x / (a + 1)
        d = 1 / (abs(d) < tiny ? tiny : d)
        var fraction = d
        for step in 1...100_000 {
            let m = Double(step)
            let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            var change = 1.0
            for term in [even, odd] {
                d = 1 + term * d
                d = 1 / (abs(d) < tiny ? tiny : d)
                c = 1 + term / c
                c = abs(c) < tiny ? tiny : c
                change = c * d
                fraction *= change
            }
            if abs(change - 1) < 1e-16 { break }
        }
        return front * fraction / a
    }

    /// The logarithm of Γ(x) for x > 0: Stirling's series (DLMF 5.11.1) above 10, the recurrence below.
    static func logGamma(_ x: Double) -> Double {
        var x = x
        var shift = 0.0
        while x < 10 {
            shift += log(x)
            x += 1
        }
        let inverse = 1 / x
        let square = inverse * inverse
        // Bernoulli numbers B_2k / (2k (2k − 1)).
        let terms: [Double] = [
            1.0 / 12, -1.0 / 360, 1.0 / 1_260, -1.0 / 1_680, 1.0 / 1_188, -691.0 / 360_360, 1.0 / 156,
            -3_617.0 / 122_400,
        ]
        var series = 0.0
        for term in terms.reversed() { series = series * square + term }
        return (x - 0.5) * log(x) - x + 0.5 * log(2 * Double.pi) + series * inverse - shift
    }
}
