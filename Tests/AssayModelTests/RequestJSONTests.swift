import AssayModel
import Testing

/// The direct writer gives the bytes of the encoder: keys of stored answers depend on them.
@Suite struct RequestJSONTests {
    @Test func equalsTheEncoderOnManyRequests() throws {
        let seed: UInt64 = 20_261_123
        var random = SeededRandom(seed: seed)
        for number in 0..<2_000 {
            let request = Self.request(&random)
            #expect(try request.canonicalText() == canonicalJSON(request), "seed \(seed), request \(number)")
        }
    }

    @Test(arguments: [0, 1, 0.1, 1e-7, 1e22, 123_456_789.125, -0.0, .leastNonzeroMagnitude])
    func writesNumbersAsTheEncoderDoes(_ value: Double) throws {
        let request = ChatRequest(messages: [], maxTokens: 1, temperature: value, topP: value)
        #expect(try request.canonicalText() == canonicalJSON(request))
    }

    @Test func refusesWhatTheEncoderRefuses() {
        #expect(throws: (any Error).self) {
            try ChatRequest(messages: [], maxTokens: 1, temperature: .nan).canonicalText()
        }
    }

    private static func request(_ random: inout SeededRandom) -> ChatRequest {
        let count = Int(random.next() % 3)
        return ChatRequest(
            messages: (0..<count).map { _ in ChatMessage(role: text(&random), content: text(&random)) },
            maxTokens: Int(random.next() % 4_096),
            temperature: random.unit(),
            topP: Double(random.next() % 3) / 2,
            seed: Int(random.next() % 100) - 50,
            stop: (0..<Int(random.next() % 3)).map { _ in text(&random) },
            schema: random.next() % 2 == 0 ? JSONValue?.none : ["type": "string", "enum": [.string(text(&random))]],
            compact: [nil, true, false][Int(random.next() % 3)],
            topLogprobs: random.next() % 2 == 0 ? nil : 5
        )
    }

    /// Every control character, quotes, slashes, line ends and a few of each plane.
    private static func text(_ random: inout SeededRandom) -> String {
        let pieces: [Unicode.Scalar] =
            (0..<0x20).compactMap(Unicode.Scalar.init)
            + ["\"", "\\", "/", "\u{7f}", "é", "\u{2028}", "\u{2029}", "e", "\u{301}", "漢", "😀", "\u{feff}"]
        var view = String.UnicodeScalarView()
        for _ in 0..<Int(random.next() % 24) { view.append(pieces[Int(random.next() % UInt64(pieces.count))]) }
        return String(view)
    }
}
