import AssayModel
import Testing

@testable import AssayEval

/// Against scipy and statsmodels; the numbers stem from `scripts/statistics-oracles.py`.
struct StatisticsOracleTests {
    private struct Paired: Decodable {
        var before: [Double]
        var after: [Double]
        var clusters: [Int]
        var two: Double
        var less: Double
        var greater: Double
        var interval: [Double]
    }

    @Test func signFlipsAndIntervalsAgreeWithScipyAndStatsmodels() throws {
        for (number, oracle) in try oracle("statistics/paired.json", as: Paired.self).enumerated() {
            let differences = zip(oracle.before, oracle.after).map { $1 - $0 }
            let test = try #require(SignFlipTest(differences, clusters: oracle.clusters))
            #expect(test.flips == 0)
            #expect(abs(test.twoSided - oracle.two) < 1e-12, "case \(number): \(test.twoSided), not \(oracle.two)")
            #expect(abs(test.lower - oracle.less) < 1e-12, "case \(number)")
            #expect(abs(test.upper - oracle.greater) < 1e-12, "case \(number)")
            let interval = try #require(ClusteredMean(differences, clusters: oracle.clusters)?.interval())
            #expect(abs(interval.lowerBound - oracle.interval[0]) < 1e-9, "case \(number)")
            #expect(abs(interval.upperBound - oracle.interval[1]) < 1e-9, "case \(number)")
        }
    }

    private struct Share: Decodable {
        var values: [Double]
        var clusters: [Int]
        var low: Double
        var high: Double
    }

    @Test func wilsonAgreesWithStatsmodels() throws {
        for oracle in try oracle("statistics/wilson.json", as: Share.self) {
            let interval = try #require(ProportionInterval.wilson(oracle.values, clusters: oracle.clusters))
            #expect(abs(interval.lowerBound - oracle.low) < 1e-9)
            #expect(abs(interval.upperBound - oracle.high) < 1e-9)
        }
    }

    private struct Several: Decodable {
        var p: [Double]
        var adjusted: [Double]
    }

    @Test func holmAgreesWithStatsmodels() throws {
        for oracle in try oracle("statistics/holm.json", as: Several.self) {
            for (found, expected) in zip(Holm.adjusted(oracle.p), oracle.adjusted) {
                #expect(abs(try #require(found) - expected) < 1e-12)
            }
        }
        // A test that was not made does not count.
        #expect(Holm.adjusted([0.25, nil, 0.5]) == [0.5, nil, 0.5])
    }

    private struct Bootstrap: Decodable {
        var values: [Double]
        var distribution: [Double]
        var jackknife: [Double]
        var low: Double
        var high: Double
    }

    @Test func bootstrapAgreesWithScipy() throws {
        for oracle in try oracle("statistics/bca.json", as: Bootstrap.self) {
            let mean = oracle.values.reduce(0, +) / Double(oracle.values.count)
            let same = ClusteredBootstrap.interval(
                distribution: oracle.distribution,
                observed: mean,
                jackknife: oracle.jackknife,
                confidence: 0.95
            )
            #expect(abs(same.lowerBound - oracle.low) < 1e-9)
            #expect(abs(same.upperBound - oracle.high) < 1e-9)
            // Own draws give other ends, but near ones.
            let units = Array(oracle.values.indices)
            let own = try #require(ClusteredBootstrap.interval(oracle.values, clusters: units, seed: 3))
            let width = oracle.high - oracle.low
            #expect(abs(own.lowerBound - oracle.low) < 0.15 * width && abs(own.upperBound - oracle.high) < 0.15 * width)
            #expect(own == ClusteredBootstrap.interval(oracle.values, clusters: units, seed: 3))
            #expect(own != ClusteredBootstrap.interval(oracle.values, clusters: units, seed: 4))
        }
    }

    private struct Effect: Decodable {
        var clusters: Int
        var level: Double
        var effect: Double
    }

    @Test func detectableEffectIsNearTheExactOne() throws {
        for oracle in try oracle("statistics/effect.json", as: Effect.self) {
            // A spread of 1 between clusters.
            let error = 1 / Double(oracle.clusters).squareRoot()
            let effect = try #require(
                DetectableEffect.of(standardError: error, clusters: oracle.clusters, level: oracle.level)
            )
            #expect(abs(effect / oracle.effect - 1) < 0.025, "\(oracle): \(effect)")
        }
        // Five clusters have 32 sign patterns: p is never below 1/16.
        #expect(DetectableEffect.of(standardError: 1, clusters: 5) == nil)
        #expect(DetectableEffect.of(standardError: 0, clusters: 50) == nil)
    }

    private struct Design: Decodable {
        var values: [[[Double]]]
        var question: Double
        var generation: Double
        var judge: Double?
    }

    @Test func varianceComponentsAgreeWithStatsmodels() throws {
        for oracle in try oracle("statistics/variance.json", as: Design.self) {
            let cells = oracle.values.map { answers in
                answers.map { repeats in
                    let mean = repeats.reduce(0, +) / Double(repeats.count)
                    return VarianceSplit.Cell(
                        MetricResult(.scored(mean), repeats: oracle.judge == nil ? nil : repeats),
                        score: mean
                    )
                }
            }
            let found = try #require(VarianceSplit(cells).components)
            #expect(abs(found.question / oracle.question - 1) < 1e-3)
            #expect(abs(try #require(found.generation) / oracle.generation - 1) < 1e-3)
            #expect((found.judge == nil) == (oracle.judge == nil))
            if let judge = oracle.judge { #expect(abs(try #require(found.judge) / judge - 1) < 1e-3) }
        }
    }

    private struct Quantile: Decodable {
        var p: Double
        var z: Double
    }

    @Test func normalQuantilesAgreeWithScipy() throws {
        for oracle in try oracle("statistics/normal.json", as: Quantile.self) {
            let z = Normal.quantile(oracle.p)
            #expect(abs(z - oracle.z) <= 1e-10 * max(1, abs(oracle.z)), "\(oracle.p): \(z), not \(oracle.z)")
            #expect(abs(Normal.share(below: z) - oracle.p) <= 1e-12 * max(oracle.p, 1e-3))
        }
        #expect(Normal.quantile(0) == -.infinity && Normal.quantile(1) == .infinity)
    }
}

struct SignFlipTests {
    @Test func randomFlipsAreSeededAndNearTheExactP() throws {
        var random = SeededRandom(seed: 11)
        let differences = (0..<14).map { _ in random.unit() - 0.3 }
        let exact = try #require(SignFlipTest(differences, clusters: Array(0..<14)))
        // Two more clusters that hardly move the mean: too many to count out.
        let more = differences + [1e-9, -1e-9]
        let one = try #require(SignFlipTest(more, clusters: Array(0..<16), seed: 1))
        #expect((exact.flips, one.flips) == (0, 9_999))
        #expect(abs(one.twoSided - exact.twoSided) < 0.02, "\(one.twoSided) and \(exact.twoSided)")
        #expect(one == SignFlipTest(more, clusters: Array(0..<16), seed: 1))
        #expect(one != SignFlipTest(more, clusters: Array(0..<16), seed: 2))
        #expect(one.twoSided * 10_000 == (one.twoSided * 10_000).rounded())
    }

    @Test func flipsWholeClusters() throws {
        // 40 equal differences of two documents: two independent observations, not 40.
        let differences = [Double](repeating: 0.5, count: 40)
        let clustered = try #require(SignFlipTest(differences, clusters: (0..<40).map { $0 % 2 }))
        #expect(clustered.twoSided == 0.5 && clustered.upper == 0.25 && clustered.lower == 1)
        let naive = try #require(SignFlipTest(differences, clusters: Array(0..<40)))
        #expect(naive.twoSided == 1e-4)
        #expect(SignFlipTest(differences, clusters: [Int](repeating: 3, count: 40)) == nil)
    }

    @Test func withoutAnyDifferencePIsOne() throws {
        let test = try #require(SignFlipTest([0, 0, 0], clusters: [0, 1, 2]))
        #expect((test.twoSided, test.lower, test.upper) == (1, 1, 1))
    }

    @Test func knowsTheSmallestPThereIs() {
        #expect(SignFlipTest.smallestP(clusters: 5) == 1.0 / 16)
        #expect(SignFlipTest.smallestP(clusters: 14) == 1.0 / 8_192)
        #expect(SignFlipTest.smallestP(clusters: 2_000) == 1e-4)
        #expect(SignFlipTest.smallestP(clusters: 1) == 1)
    }
}
