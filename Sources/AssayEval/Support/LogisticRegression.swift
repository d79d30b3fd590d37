#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Ridge logistic regression, trained by Newton's method: few features, exact and the same on every machine.
package struct LogisticRegression: Sendable, Codable, Equatable {
    /// One weight a feature.
    package var weights: [Double]
    /// What is added to the weighted sum.
    package var intercept: Double

    /// Creates a model from its coefficients.
    package init(weights: [Double], intercept: Double) {
        self.weights = weights
        self.intercept = intercept
    }

    /// Probability of the label 1.
    package func probability(_ row: [Double]) -> Double {
        1 / (1 + exp(-zip(weights, row).reduce(intercept) { $0 + $1.0 * $1.1 }))
    }

    /// Trains on rows with labels, each class weighted so that both count the same.
    ///
    /// Minimises Σ weight · log-loss + ridge / 2 · |weights|², the intercept free, as scikit-learn's
    /// `LogisticRegression(C: 1 / ridge, class_weight: "balanced")`.
    ///
    /// - Parameters:
    ///   - rows: Feature rows of one length.
    ///   - labels: The label of each row; both must occur.
    ///   - ridge: Strength of the penalty, above 0.
    package init(rows: [[Double]], labels: [Bool], ridge: Double) {
        let yes = Double(labels.count { $0 })
        let no = Double(labels.count) - yes
        precondition(yes > 0 && no > 0 && rows.count == labels.count, "training needs rows of both labels")
        let half = Double(labels.count) / 2
        let width = (rows.first?.count ?? 0) + 1
        // The intercept is the last coefficient.
        var beta = [Double](repeating: 0, count: width)
        for _ in 0..<100 {
            var gradient = beta.enumerated().map { $0 == width - 1 ? 0 : ridge * $1 }
            var hessian = [[Double]](repeating: [Double](repeating: 0, count: width), count: width)
            for place in 0..<(width - 1) { hessian[place][place] = ridge }
            for (row, label) in zip(rows, labels) {
                let x = row + [1]
                let p = 1 / (1 + exp(-zip(beta, x).reduce(0) { $0 + $1.0 * $1.1 }))
                let weight = label ? half / yes : half / no
                let slope = weight * (p - (label ? 1 : 0))
                let curve = weight * p * (1 - p)
                for i in 0..<width {
                    gradient[i] += slope * x[i]
                    for j in 0...i { hessian[i][j] += curve * x[i] * x[j] }
                }
            }
            let step = Self.solve(hessian, gradient)
            for place in 0..<width { beta[place] -= step[place] }
            if step.allSatisfy({ abs($0) < 1e-12 }) { break }
        }
        intercept = beta.removeLast()
        weights = beta
    }

    /// Solves A x = b for a symmetric positive definite A given by its lower half (Cholesky).
    private static func solve(_ a: [[Double]], _ b: [Double]) -> [Double] {
        var lower = a
        var x = b
        for i in b.indices {
            for j in 0...i {
                var sum = a[i][j]
                for k in 0..<j { sum -= lower[i][k] * lower[j][k] }
                lower[i][j] = i == j ? max(sum, 1e-12).squareRoot() : sum / lower[j][j]
            }
        }
        for i in b.indices {
            for k in 0..<i { x[i] -= lower[i][k] * x[k] }
            x[i] /= lower[i][i]
        }
        for i in b.indices.reversed() {
            for k in (i + 1)..<b.count { x[i] -= lower[k][i] * x[k] }
            x[i] /= lower[i][i]
        }
        return x
    }
}
