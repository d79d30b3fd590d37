import AssayModel
import Testing

@testable import AssayEmbed

struct HashedEmbedderTests {
    @Test func findsTextsThatShareWordsAlike() async throws {
        let vectors = try await HashedEmbedder().embed(
            [
                "the river floods the valley in spring", "In spring, the river floods a valley",
                "compiler errors have line numbers",
            ],
            as: .document
        )
        func dot(_ a: Int, _ b: Int) -> Float { zip(vectors.row(a), vectors.row(b)).reduce(0) { $0 + $1.0 * $1.1 } }
        #expect(dot(0, 1) > 0.6)
        #expect(dot(0, 2) < 0.4)
    }

    @Test func cutsAtItsLimit() async throws {
        let vectors = try await HashedEmbedder(maxTokens: 2).embed(["a b", "a b c d"], as: .document)
        #expect(Array(vectors.row(0)) == Array(vectors.row(1)))
    }

    @Test(arguments: [
        ("a b", ["a", "b"]), ("Don't stop.", ["Don", "'", "t", "stop", "."]),
        ("e\u{301}t\u{e9} 中文", ["e\u{301}t\u{e9}", "中文"]),
        ("x1 ½", ["x1", "½"]), (" \n", []), ("--", ["-", "-"]),
    ])
    func splitsAtWhiteSpaceAndPunctuation(text: String, expected: [String]) {
        let bytes = Array(text.utf8)
        let ranges = unsafe bytes.withUnsafeBufferPointer { unsafe WordTokenizer(limit: 9).tokenRanges(of: $0) }
        let found = zip(ranges.starts, ranges.ends).map { String(decoding: bytes[Int($0)..<Int($1)], as: UTF8.self) }
        #expect(found == expected)
    }

    @Test func refusesADimensionOutOfRange() throws {
        for value in [ConfigNode.Value.int(1), .int(5_000), .string("64")] {
            #expect(throws: AssayError.self) {
                try Embedders.builtin.make(
                    "hashed",
                    options: Fixture.options([("dimension", value)]),
                    resources: .none,
                    at: nil
                )
            }
        }
        let made = try Embedders.builtin.make("hashed", options: Fixture.options(), resources: .none, at: nil)
        #expect(made.options == ["dimension": 64, "max_tokens": 512])
    }
}
