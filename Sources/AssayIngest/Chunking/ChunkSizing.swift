import AssayModel

/// The options that all chunkers have: unit and size, overlap, and what happens to chunks over the embedder's limit.
struct ChunkSizing: Sendable, Equatable {
    /// What `size` and `overlap` count.
    enum Unit: Sendable {
        /// The embedder's tokens of `embeddingText`: special tokens and heading path included.
        case tokens
        /// Unicode scalars of the chunk's text.
        case characters
    }

    /// What happens to a chunk that has more tokens than the embedder takes.
    enum Oversize: String, Sendable, CaseIterable {
        /// Stops with an error that names document and range.
        case error
        /// Keeps chunks within the limit by cutting earlier.
        case split
        /// Keeps the chunk and counts in `truncatedTokens` what the embedder will not see.
        case truncate
    }

    let unit: Unit
    /// Units at most in a chunk.
    let size: Int
    /// Units at most that a chunk repeats of the one before.
    let overlap: Int
    let oversize: Oversize

    /// Reads `tokens` (4–1 000 000) or `characters` (4–100 000 000), never both, `tokens: 200` when neither is given; `overlap`, less than
    /// half of the size, 0 when absent; `oversize`: `error`, `split` (the default) or `truncate`.
    init(options: inout OptionReader) throws {
        if let characters = try options.optionalInt("characters", in: 4...100_000_000) {
            unit = .characters
            size = characters
            if try options.optionalInt("tokens", in: 4...1_000_000) != nil {
                throw AssayError(
                    "config.value",
                    "\(options.owner) gives both tokens and characters; it takes exactly one of the two (tokens: 200 when neither is given)",
                    at: options.place,
                    remedy: "remove one"
                )
            }
        } else {
            unit = .tokens
            size = try options.int("tokens", default: 200, in: 4...1_000_000)
        }
        overlap = try options.int("overlap", default: 0, in: 0...((size - 1) / 2))
        let names = Oversize.allCases.map(\.rawValue)
        oversize = Oversize(rawValue: try options.string("oversize", default: "split", oneOf: names)) ?? .split
    }
}

/// How much text a chunk may hold beside its heading path and the special tokens.
struct ChunkBudget {
    /// Tokens of text at most, `Int.max` when tokens do not bound the chunk.
    var tokens = Int.max
    /// Scalars of text at most, `Int.max` when scalars do not bound the chunk.
    var scalars = Int.max
    /// Units of overlap at most.
    var overlap: Int
}

/// The heading path that a segment's chunks carry, shortened so that at least half of the size is left for text.
struct HeadingPrefix {
    /// Titles, outermost first.
    var path: [String] = []
    /// Tokens of the path, 0 without a tokenizer.
    var tokens = 0
}

extension ChunkSizing {
    /// Drops outermost titles until the path takes at most half of the size and of the embedder's limit.
    func prefix(_ path: [String], tokenizer: (any TextTokenizer)?) -> HeadingPrefix {
        var path = path[...]
        while !path.isEmpty {
            let line = path.joined(separator: " > ")
            let tokens = tokenizer?.count(line) ?? 0
            if fits(line, tokens, tokenizer) { return HeadingPrefix(path: Array(path), tokens: tokens) }
            path = path.dropFirst()
        }
        return HeadingPrefix()
    }

    private func fits(_ line: String, _ tokens: Int, _ tokenizer: (any TextTokenizer)?) -> Bool {
        if unit == .characters, line.utf8.count > size / 2, line.unicodeScalars.count > size / 2 { return false }
        guard let tokenizer else { return true }
        let least = unit == .tokens ? min(size, tokenizer.limit) : tokenizer.limit
        return tokens <= least / 2 && tokens + tokenizer.specialTokens < least
    }

    /// What is left for the text of a chunk that carries `prefix`.
    ///
    /// - Throws: `AssayError` when a size in tokens has no tokenizer to count them, or special tokens fill the size.
    func budget(_ prefix: HeadingPrefix, tokenizer: (any TextTokenizer)?) throws -> ChunkBudget {
        var budget = ChunkBudget(overlap: overlap)
        if unit == .characters { budget.scalars = size }
        if let tokenizer {
            var most = unit == .tokens ? size : Int.max
            if oversize == .split { most = min(most, tokenizer.limit) }
            if most < Int.max { budget.tokens = most - tokenizer.specialTokens - prefix.tokens }
            if budget.tokens < 1 {
                throw AssayError(
                    "chunk.size",
                    "a chunk of \(most) tokens has no room for text beside \(tokenizer.specialTokens) special tokens",
                    remedy: "give a larger size"
                )
            }
        } else if unit == .tokens {
            throw AssayError(
                "chunk.tokenizer",
                "chunks are sized in tokens, but the embedder has no tokenizer here to count them",
                remedy: "give 'characters: N', or use an embedder with a tokenizer"
            )
        }
        // A long heading path must not leave a chunk that is all overlap.
        let room = unit == .tokens ? budget.tokens : budget.scalars
        budget.overlap = min(overlap, (room - 1) / 2)
        return budget
    }
}
