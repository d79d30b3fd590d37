import AssayModel
import Testing

@testable import AssayEval

struct ChangePointTests {
    private struct Case: Decodable {
        var values: [Double]
        var penalty: Double
        var changes: [Int]
    }

    @Test func segmentsAsRupturesDoes() throws {
        let cases: [Case] = try oracle("change-points.json")
        #expect(cases.count == 120)
        for one in cases {
            let found = ChangePoints.segment(one.values, penalty: one.penalty)
            #expect(found == one.changes, "\(one.values) at \(one.penalty): \(found), not \(one.changes)")
        }
    }

    @Test func marksAStepAndNotAnOddNight() {
        let steady = [0.7, 0.71, 0.69, 0.7, 0.72, 0.7, 0.71, 0.69]
        #expect(ChangePoints.find(steady, resolution: 0.001) == [])
        #expect(ChangePoints.find(steady + [0.4, 0.41, 0.4], resolution: 0.001) == [8])
        #expect(ChangePoints.find(steady + [0.63], resolution: 0.001) == [], "one odd night is no level")
        #expect(ChangePoints.find([0.7, 0.7, 0.7, 0.4, 0.4], resolution: 0.001) == [], "too few nights")
    }

    @Test func aSeriesWithoutNoiseHasOnlyChangesAboveTheResolution() {
        let flat = [Double](repeating: 0.8, count: 10)
        #expect(ChangePoints.find(flat, resolution: 0.001) == [])
        #expect(ChangePoints.find(flat + [0.8005, 0.8005, 0.8005], resolution: 0.001) == [])
        #expect(ChangePoints.find(flat + [0.79, 0.79, 0.79], resolution: 0.001) == [10])
    }

    /// At most one false alarm in twelve series of 20 or 30 nights of mere noise, and four of five steps of three σ are found.
    @Test(arguments: [20, 30])
    func fewFalseAlarmsInNoise(count: Int) {
        var random = SeededRandom(seed: 5)
        // Sum of twelve uniform numbers: normal enough.
        func noise() -> Double { (0..<12).reduce(-6.0) { sum, _ in sum + random.unit() } }
        var alarms = 0
        var found = 0
        for _ in 0..<600 {
            let values = (0..<count).map { _ in 0.7 + 0.02 * noise() }
            if !ChangePoints.find(values, resolution: 1e-9).isEmpty { alarms += 1 }
            let stepped = values.enumerated().map { $0 < count / 2 ? $1 : $1 - 0.06 }
            if ChangePoints.find(stepped, resolution: 1e-9).contains(where: { abs($0 - count / 2) <= 2 }) { found += 1 }
        }
        #expect(alarms <= 50, "\(alarms) of 600")
        #expect(found >= 480, "\(found) of 600")
    }
}
