import AssayModel

/// Counts the embedder's tokens in ranges of one document, which is tokenized once.
///
/// A range with white space around it has as many tokens as lie in it, because a word's tokens do not depend on its neighbours. When an
/// end lies inside a word (a giant word, East Asian text) the range is tokenized again, so that every count is exact.
struct TokenRuler {
    private let text: TextBytes
    private let tokenizer: any TextTokenizer
    private let ranges: TokenRanges

    /// Tokenizes `text`.
    init(_ text: TextBytes, _ tokenizer: any TextTokenizer) {
        self.text = text
        self.tokenizer = tokenizer
        ranges = text.tokens(of: 0..<text.count, by: tokenizer)
    }

    /// Tokens of the text at `start..<end` on its own.
    func count(_ start: Int, _ end: Int) -> Int {
        if start >= end { return 0 }
        guard text.standsFree(start, end) else { return text.tokens(of: start..<end, by: tokenizer).count }
        return firstToken(startingAtOrAfter: end) - firstToken(endingAfter: start)
    }

    /// A place up to which the text from `start` has at most `tokens` tokens: the start of the token after them.
    ///
    /// Exact when `start` and the place have white space before them; else the caller checks with `count`. `limit` bounds the answer, and
    /// the work where `start` lies inside a word.
    func reach(from start: Int, tokens: Int, limit: Int) -> Int {
        let first = firstToken(endingAfter: start)
        let past = tokens < ranges.count - first ? Int(ranges.starts[first + tokens]) : limit
        let rough = min(past, limit)
        if text.standsFree(start, text.count) || rough <= start { return rough }
        return ownReach(from: start, tokens: tokens, limit: text.scalarStart(atOrBefore: rough))
    }

    /// A place up to which the text at `start..<limit` has at most `tokens` tokens when it is tokenized on its own.
    func ownReach(from start: Int, tokens: Int, limit: Int) -> Int {
        let own = text.tokens(of: start..<limit, by: tokenizer)
        return own.count > max(tokens, 0) ? start + Int(own.starts[max(tokens, 0)]) : limit
    }

    /// The start of the token that has `tokens` tokens between itself and `end`, at least `low`.
    func stepBack(from end: Int, tokens: Int, notBelow low: Int) -> Int {
        let past = firstToken(startingAtOrAfter: end)
        let token = past - tokens
        return token > 0 ? max(low, Int(ranges.starts[token])) : low
    }

    private func firstToken(startingAtOrAfter offset: Int) -> Int {
        var low = 0
        var high = ranges.starts.count
        while low < high {
            let middle = (low + high) / 2
            if Int(ranges.starts[middle]) < offset { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func firstToken(endingAfter offset: Int) -> Int {
        var low = 0
        var high = ranges.ends.count
        while low < high {
            let middle = (low + high) / 2
            if Int(ranges.ends[middle]) <= offset { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
