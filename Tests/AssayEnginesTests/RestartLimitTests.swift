import Testing

@testable import AssayEngines

struct RestartLimitTests {
    private func admitted(_ limit: inout RestartLimit, _ seconds: Int...) -> [Bool] {
        seconds.map { limit.admit(.seconds($0)) }
    }

    @Test func quickDeathsEndIt() {
        var limit = RestartLimit(most: 3)
        for second in 0..<4 {
            let isAdmitted = limit.admit(.seconds(10 * second))
            #expect(isAdmitted)
            limit.isReady(.seconds(10 * second + 5))
        }
        #expect(limit.recent(.seconds(45)) == 4)
        #expect(admitted(&limit, 45) == [false])
        // Ten minutes after the first start there is room for one again.
        #expect(admitted(&limit, 599, 600) == [false, true])
    }

    @Test func whoRanSteadilyIsStartedAgain() {
        var limit = RestartLimit(most: 3)
        for number in 0..<20 {
            let isAdmitted = limit.admit(.seconds(62 * number))
            #expect(isAdmitted)
            limit.isReady(.seconds(62 * number + 2))
        }
        #expect(limit.starts.count == 1)
    }

    @Test func aStartThatFailsIsNoSteadyServer() {
        var limit = RestartLimit(most: 1)
        #expect(admitted(&limit, 0) == [true])
        limit.isReady(.seconds(1))
        // It ran for long, and then does not come up any more.
        #expect(admitted(&limit, 100, 200, 300) == [true, true, false])
    }

    @Test func whatNobodyWaitsForDoesNotCount() {
        var limit = RestartLimit(most: 0)
        for second in 0..<10 {
            let isAdmitted = limit.admit(.seconds(second))
            #expect(isAdmitted)
            limit.abandon()
        }
        #expect(admitted(&limit, 10, 11) == [true, false])
    }
}
