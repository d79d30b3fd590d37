import Testing

@testable import AssayServe

struct CitedSpanTests {
    @Test func theSentenceWithTheSharedWordsIsFound() {
        let passage = "# Machines\n\nThe gear turns. Machine M3 is ochre — really. It has a shaft."
        let answer = "It is old. M3 is an ochre machine [1]. More [2]."
        let mark = answer.utf8.count - " [1]. More [2].".utf8.count + 1
        let statement = CitedSpan.statement(before: mark, in: answer)
        #expect(statement == "M3 is an ochre machine")
        let range = CitedSpan.find(statement: statement, in: passage)
        #expect(String(decoding: Array(passage.utf8)[range], as: UTF8.self) == "Machine M3 is ochre — really.")
        #expect(CitedSpan.find(statement: "qqq", in: passage) == 0..<passage.utf8.count)
        #expect(CitedSpan.find(statement: "", in: "") == 0..<0)
    }

    @Test func aFullStopBeforeTheMarkBelongsToTheStatement() {
        let answer = "First one. Second one. [1]"
        #expect(CitedSpan.statement(before: 23, in: answer) == "Second one.")
        #expect(CitedSpan.statement(before: 0, in: answer) == "")
    }
}
