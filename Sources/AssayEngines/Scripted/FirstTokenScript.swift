import AssayModel

#if canImport(Glibc)
import Glibc
#endif

/// A scripted reply to a request for the probabilities of the first token: `yes:0.8 no:0.2`, or any text, whose first word is certain.
struct FirstTokenScript {
    let tokens: [TokenProbability]

    init(_ text: String) {
        let words = text.split(whereSeparator: \.isWhitespace)
        let parsed = words.compactMap { word -> TokenProbability? in
            guard let colon = word.lastIndex(of: ":"), let share = Double(word[word.index(after: colon)...]), share > 0,
                share <= 1
            else { return nil }
            return TokenProbability(token: String(word[..<colon]), logprob: log(share))
        }
        guard !parsed.isEmpty, parsed.count == words.count else {
            tokens = [TokenProbability(token: words.first.map { String($0) } ?? text, logprob: 0)]
            return
        }
        tokens = parsed.sorted { ($1.logprob, $0.token) < ($0.logprob, $1.token) }
    }

    /// The reply of one token with its alternatives.
    func reply(to request: ChatRequest, top count: Int) -> ChatReply {
        ChatReply(
            text: tokens[0].token,
            finish: .length,
            usage: Usage(
                promptTokens: request.messages.reduce(0) { $0 + pieces($1.content).count },
                completionTokens: 1
            ),
            timings: CallTimings(totalMs: 0),
            firstToken: Array(tokens.prefix(count))
        )
    }

    /// What a script says without a rule: it leans the same way in every pair of words that judges are asked for.
    static func reply(leaning share: Double) -> String {
        let first = (min(max(share, 0.001), 0.999) * 1_000).rounded() / 1_000
        let pairs = [("yes", "no"), ("1", "2")]
        return pairs.map { "\($0.0):\(first / 2) \($0.1):\((1 - first) / 2)" }.joined(separator: " ")
    }
}
