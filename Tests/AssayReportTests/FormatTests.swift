import Testing

@testable import AssayReport

struct FormatTests {
    @Test(arguments: [
        (0.0, "0.000"), (0.7305, "0.731"), (0.9996, "1.000"), (-0.0004, "0.000"), (-0.25, "-0.250"),
        (1_234.5, "1,234.500"),
        (.nan, "–"), (.infinity, "–"), (1e20, "1e+20"),
    ])
    func writesMetricsWithThreeDecimals(value: Double, text: String) {
        #expect(Format.metric(value) == text)
    }

    @Test(arguments: [
        (0.0, "0 ms"), (0.000_4, "0.4 ms"), (0.012, "12 ms"), (0.999_4, "999 ms"), (0.999_6, "1.0 s"), (1.24, "1.2 s"),
        (59.94, "59.9 s"), (59.96, "1 min 0 s"), (184, "3 min 4 s"), (3_599.6, "1 h 0 min"), (7_500, "2 h 5 min"),
        (-1, "–"),
        (.infinity, "–"),
    ])
    func writesTimesForPeople(seconds: Double, text: String) {
        #expect(Format.duration(seconds: seconds) == text)
    }

    @Test(arguments: [
        (0, "0"), (999, "999"), (1_000, "1,000"), (98_120, "98,120"), (-1_234_567, "-1,234,567"),
        (Int.min, "-9,223,372,036,854,775,808"),
    ])
    func separatesThousands(value: Int, text: String) {
        #expect(Format.count(value) == text)
    }

    @Test(arguments: [
        (1.0, "100 %"), (0.9999, "99.9 %"), (0.29, "29 %"), (0.0, "0 %"), (2.0 / 3, "66.6 %"), (.nan, "–"),
    ])
    func cutsSharesSoThatAHundredMeansAll(share: Double, text: String) {
        #expect(Format.percent(share) == text)
    }

    @Test(arguments: [
        (0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (1_234_567, "1.2 MB"), (999_999, "1.0 MB"),
        (120_000_000, "120 MB"),
    ])
    func writesSizes(bytes: Int, text: String) {
        #expect(Format.bytes(bytes) == text)
    }

    @Test(arguments: [(1, "1 file"), (2_000, "2,000 files"), (0, "0 files")])
    func countsNouns(count: Int, text: String) {
        #expect(Format.count(count, "file") == text)
    }
}
