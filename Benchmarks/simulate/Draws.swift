import AssayModel
import Glibc

/// Random numbers of the distributions that the simulations need.
struct Draws {
    private var random: SeededRandom
    private var spare: Double?

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    mutating func unit() -> Double { random.unit() }

    /// Standard normal (Marsaglia's polar method).
    mutating func normal() -> Double {
        if let spare {
            self.spare = nil
            return spare
        }
        while true {
            let (x, y) = (2 * random.unit() - 1, 2 * random.unit() - 1)
            let square = x * x + y * y
            guard square > 0, square < 1 else { continue }
            let factor = (-2 * log(square) / square).squareRoot()
            spare = y * factor
            return x * factor
        }
    }

    /// Gamma with scale 1 (Marsaglia and Tsang 2000).
    private mutating func gamma(_ shape: Double) -> Double {
        if shape < 1 { return gamma(shape + 1) * pow(max(random.unit(), 1e-300), 1 / shape) }
        let d = shape - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        while true {
            let x = normal()
            let v = pow(1 + c * x, 3)
            if v > 0, log(max(random.unit(), 1e-300)) < 0.5 * x * x + d - d * v + d * log(v) { return d * v }
        }
    }

    /// A document's share of right answers: beta, so that answers of one document correlate by `icc`.
    mutating func share(_ mean: Double, icc: Double) -> Double {
        if icc == 0 { return mean }
        let size = (1 - icc) / icc
        let (a, b) = (gamma(mean * size), gamma((1 - mean) * size))
        return a / (a + b)
    }

    mutating func yes(_ share: Double) -> Double { random.unit() < share ? 1 : 0 }
}

/// Questions in documents.
struct Layout {
    let sizes: [Int]
    let clusters: [Int]

    init(_ sizes: [Int]) {
        self.sizes = sizes
        clusters = sizes.enumerated().flatMap { [Int](repeating: $0, count: $1) }
    }

    /// Documents with ten questions each.
    init(documents: Int) { self.init([Int](repeating: 10, count: documents)) }

    /// Scores with mean 0, variance 1 and correlation `icc` within a document.
    func continuous(icc: Double, _ draws: inout Draws) -> [Double] {
        let (shared, own) = (icc.squareRoot(), (1 - icc).squareRoot())
        return sizes.flatMap { size in
            let document = shared * draws.normal()
            return (0..<size).map { _ in document + own * draws.normal() }
        }
    }

    /// Right and wrong answers.
    func binary(_ mean: Double, icc: Double, _ draws: inout Draws) -> [Double] {
        sizes.flatMap { size in
            let share = draws.share(mean, icc: icc)
            return (0..<size).map { _ in draws.yes(share) }
        }
    }
}
