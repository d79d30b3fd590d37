import AssayModel
import Testing

@testable import AssayEval

struct AgreementTests {
    private struct Case: Decodable {
        var scores: [Double]
        var labels: [Int]
        var top: Int
        var expected: [String: Double]
    }

    private static func pairs(_ scores: [Double], _ labels: [Int], clusters: [Int]? = nil) -> [ScoredLabel] {
        scores.indices.map {
            ScoredLabel(score: scores[$0], label: Double(labels[$0]), cluster: clusters?[$0] ?? $0)
        }
    }

    @Test func equalsScikitLearnAndSciPy() throws {
        let cases = try oracle("agreement.json", as: Case.self)
        #expect(cases.count == 40)
        for (number, oracle) in cases.enumerated() {
            let agreement = Agreement(
                Self.pairs(oracle.scores, oracle.labels),
                scale: 0...oracle.top,
                draws: 0,
                seed: 1
            )
            #expect(Set(agreement.measures.keys) == Set(oracle.expected.keys), "case \(number)")
            for (name, expected) in oracle.expected {
                let found = try #require(agreement.measures[name]?.value)
                #expect(abs(found - expected) < 1e-9, "\(name) of case \(number): \(found), not \(expected)")
            }
        }
    }

    @Test func aConstantJudgeShowsNothing() {
        let labels = (0..<60).map { $0 % 6 == 0 ? 0 : 1 }
        let agreement = Agreement(Self.pairs(Array(repeating: 1, count: 60), labels), scale: 0...1, seed: 3)
        #expect(agreement[.accuracy].map { abs($0.value - 50.0 / 60) < 1e-12 } == true)
        #expect(agreement[.balancedAccuracy]?.value == 0.5)
        #expect(agreement[.kappa]?.value == 0)
        #expect(agreement[.auc]?.value == 0.5)
        #expect(!agreement.isBetterThanChance)
    }

    @Test func intervalsAreOfWholeClustersAndRepeatable() throws {
        // Ten copies of each of 20 rows are 20 rows, not 200: the interval must be that of the 20.
        let scores = (0..<20).map { Double(($0 * 7) % 20) / 20 }
        let labels = (0..<20).map { ($0 * 7) % 20 + ($0 % 3) * 4 > 11 ? 1 : 0 }
        let few = Agreement(Self.pairs(scores, labels), scale: 0...1, seed: 5)
        let copies = (0..<200).map { $0 % 20 }
        let many = Agreement(
            Self.pairs(copies.map { scores[$0] }, copies.map { labels[$0] }, clusters: copies),
            scale: 0...1,
            seed: 5
        )
        let (one, other) = (try #require(few[.auc]), try #require(many[.auc]))
        #expect(abs((one.low ?? 0) - (other.low ?? 1)) < 1e-9 && abs((one.high ?? 0) - (other.high ?? 1)) < 1e-9)
        #expect(many.clusters == 20 && many.rows == 200)
        #expect(Agreement(Self.pairs(scores, labels), scale: 0...1, seed: 5) == few)
        #expect(
            Agreement(Self.pairs(scores, labels, clusters: Array(repeating: 0, count: 20)), scale: 0...1, seed: 5)[
                .auc
            ]?.low == nil
        )
    }

    @Test func oneClassAloneHasNoBalancedMeasure() {
        let agreement = Agreement(Self.pairs([0.2, 0.9, 0.7], [1, 1, 1]), scale: 0...1, seed: 1)
        #expect(agreement[.auc] == nil && agreement[.balancedAccuracy] == nil)
        #expect(!agreement.isBetterThanChance)
        #expect(Agreement([], scale: 0...1, seed: 1).measures.isEmpty)
    }
}

struct PredictionPoweredMeanTests {
    private struct Case: Decodable {
        var labels: [Double]
        var scores: [Double]
        var unlabelled: [Double]
        var lambda: Double
        var mean: Double
        var low: Double
        var high: Double
        var package: [Double]
    }

    @Test func equalsThePackage() throws {
        for (number, oracle) in try oracle("ppi.json", as: Case.self).enumerated() {
            let mean = try #require(
                PredictionPoweredMean(
                    labelled: zip(oracle.labels, oracle.scores).map { ($0, $1) },
                    unlabelled: oracle.unlabelled
                )
            )
            #expect(abs(mean.lambda - oracle.lambda) < 1e-9, "case \(number)")
            #expect(abs(mean.mean.value - oracle.mean) < 1e-9, "case \(number)")
            #expect(abs((mean.mean.low ?? 0) - oracle.low) < 1e-8, "case \(number)")
            #expect(abs((mean.mean.high ?? 0) - oracle.high) < 1e-8, "case \(number)")
            // ppi-python's own interval is by the normal distribution and variances over n: a little shorter.
            #expect(abs((mean.mean.low ?? 0) - oracle.package[0]) < 0.02, "case \(number)")
        }
    }

    @Test func needsTwoRowsOfEachPart() {
        #expect(PredictionPoweredMean(labelled: [(1, 1)], unlabelled: [0, 1]) == nil)
        #expect(PredictionPoweredMean(labelled: [(1, 1), (0, 0)], unlabelled: [1]) == nil)
    }

    /// 95 % intervals hold the true mean about 95 times of a hundred whatever the judge is worth, and a good judge makes them shorter.
    @Test(arguments: [(quality: 0.9, shorter: true), (quality: 0.0, shorter: false)])
    func coversTheTrueMean(quality: Double, shorter: Bool) {
        var random = SeededRandom(seed: 20_261_123)
        let truth = 0.7
        func draw() -> (label: Double, score: Double) {
            let label = random.unit() < truth ? 1.0 : 0.0
            // A judge that leans to yes: its plain mean is wrong.
            let score = random.unit() < quality ? label : (random.unit() < 0.95 ? 1 : 0)
            return (label, score)
        }
        let repetitions = 2_000
        var covered = 0
        var widths = (powered: 0.0, plain: 0.0)
        for _ in 0..<repetitions {
            let labelled = (0..<80).map { _ in draw() }
            let unlabelled = (0..<400).map { _ in draw().score }
            guard let mean = PredictionPoweredMean(labelled: labelled, unlabelled: unlabelled),
                let low = mean.mean.low, let high = mean.mean.high,
                let plainLow = mean.labelledOnly.low, let plainHigh = mean.labelledOnly.high
            else { continue }
            covered += low <= truth && truth <= high ? 1 : 0
            widths.powered += high - low
            widths.plain += plainHigh - plainLow
        }
        let coverage = Double(covered) / Double(repetitions)
        // Three standard errors of a share of 0.95 over 2,000 repetitions are 0.015.
        #expect((0.93...0.97).contains(coverage), "coverage \(coverage)")
        #expect(shorter ? widths.powered < 0.7 * widths.plain : widths.powered < 1.02 * widths.plain)
    }
}
