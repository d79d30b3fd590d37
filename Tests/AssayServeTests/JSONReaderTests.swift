import AssayModel
import Testing

@testable import AssayServe

struct JSONReaderTests {
    @Test(arguments: [
        #"{"a":[1,-2.5,12.25e1,true,false,null,"x\n\"é😀"],"b":{}}"#, "[]", " 7 ", #""""#,
    ])
    func whatIsWrittenIsReadAgain(_ text: String) throws {
        let value = try JSONReader.parse(Array(text.utf8))
        #expect(value == (try JSONValue(parsing: text)))
        #expect(try JSONReader.parse(value.bytes) == value)
        #expect(try JSONValue(parsing: String(decoding: value.bytes, as: UTF8.self)) == value)
    }

    @Test(arguments: [
        "", "{", "[1,]", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "01", "1.", "1e", "nul", "\"\u{01}\"", "\"\\ud800\"",
        "\"\\x\"",
        "1e999", "[1] 2", "'a'", "{a:1}", "-", "\"", "\"\\u12",
    ])
    func whatIsWrongIsRefused(_ text: String) {
        #expect(throws: Failure.self) { try JSONReader.parse(Array(text.utf8)) }
    }

    @Test func depthAndBytesAreBounded() throws {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: Failure.self) { try JSONReader.parse(Array(deep.utf8)) }
        #expect(throws: Failure.self) { try JSONReader.parse([0x22, 0xFF, 0x22]) }
        let allowed = String(repeating: "[", count: 31) + String(repeating: "]", count: 31)
        _ = try JSONReader.parse(Array(allowed.utf8))
    }

    /// Any bytes end in a value or a failure, never in a trap.
    @Test func randomBytesNeverTrap() {
        var random = SeededRandom(seed: 4)
        let marks = Array(#"{}[]",:\u0123eE+-.tfn a"#.utf8) + [0xC3, 0x80, 0xFF]
        for _ in 0..<20_000 {
            let bytes = (0..<random.index(below: 24)).map { _ in marks[random.index(below: marks.count)] }
            _ = try? JSONReader.parse(bytes)
        }
    }
}
