package import AssayModel

/// Splits text into the tokens of an uncased BERT model, exactly as HuggingFace's `BertTokenizerFast` does.
///
/// Control characters go away, accents are stripped by canonical decomposition, letters become lower case, punctuation and
/// Chinese characters are words of their own, and words of more than 100 characters or without a split into known pieces
/// are `[UNK]`. A text that spells out a special token such as `[SEP]` gets that token, as it does there.
///
/// Where one character's decomposition is split between two tokens (Hangul), the first has the character and the range of
/// the second is empty, so that ranges never overlap.
package struct WordPieceTokenizer: TextTokenizer {
    /// Tokens at most in one embedded text, special tokens included.
    package let limit: Int
    /// `[CLS]`, `[SEP]` and the tokens of the prefix that is put before every text.
    package let specialTokens: Int
    let vocabulary: WordPieceVocabulary
    // Classes of ASCII bytes, see `WordScan.fold`.
    let fold: [UInt8]

    /// A text as the encoder takes it.
    package struct Encoded: Sendable, Equatable {
        /// `[CLS]`, tokens, `[SEP]`; at most as many as the limit.
        package var ids: [UInt32]
        /// Tokens of the whole text with `[CLS]` and `[SEP]`; more than `ids.count` when the text was cut.
        package var tokensBeforeTruncation: Int

        /// Whether tokens at the end were left out.
        package var isTruncated: Bool { tokensBeforeTruncation > ids.count }
    }

    /// Reads the vocabulary.
    ///
    /// - Parameters:
    ///   - path: `vocab.txt`.
    ///   - limit: Tokens at most in one embedded text, special tokens included; at least 2.
    ///   - prefix: Text that is put before every document; its tokens count as special ones.
    /// - Throws: `AssayError` when the file is missing or no vocabulary of a BERT model.
    package init(vocabulary path: String, limit: Int, prefix: String = "") throws {
        self.init(try WordPieceVocabulary(path), limit: limit, prefix: prefix)
    }

    init(_ vocabulary: WordPieceVocabulary, limit: Int, prefix: String) {
        precondition(limit >= 2, "[CLS] and [SEP] need room")
        self.vocabulary = vocabulary
        fold = WordScan<TokenCounter>.foldTable()
        self.limit = limit
        let bare = WordPieceTokenizer(vocabulary, fold: fold, limit: limit)
        specialTokens = 2 + bare.count(prefix)
    }

    private init(_ vocabulary: WordPieceVocabulary, fold: [UInt8], limit: Int) {
        self.vocabulary = vocabulary
        self.fold = fold
        self.limit = limit
        specialTokens = 2
    }

    /// Byte ranges of the tokens of `text`, without special tokens, in order.
    ///
    /// - Parameter text: UTF-8 bytes, fewer than 4 GiB; valid only during the call. Bytes that are not UTF-8 are dropped.
    /// - Returns: Two parallel arrays of offsets.
    package func tokenRanges(of text: UnsafeBufferPointer<UInt8>) -> TokenRanges {
        precondition(text.count < UInt32.max, "a text has fewer than 4 GiB")
        return unsafe scan(text, into: RangeCollector(capacity: text.count / 4)).ranges
    }

    /// Number of tokens of `text` without special tokens.
    package func count(_ text: String) -> Int {
        unsafe withBytes(of: text) { unsafe scan($0, into: TokenCounter()).count }
    }

    /// The tokens of `text` between `[CLS]` and `[SEP]`, cut to `limit` tokens in all.
    ///
    /// - Parameters:
    ///   - text: The text with its prefix.
    ///   - limit: Tokens at most, at least 2.
    /// - Returns: The ids, and how many there were before the cut.
    package func encode(_ text: String, limit: Int) -> Encoded {
        precondition(limit >= 2, "[CLS] and [SEP] need room")
        let collector = unsafe withBytes(of: text) { bytes in
            unsafe scan(bytes, into: IdCollector(ids: [vocabulary.start], limit: limit - 1))
        }
        return Encoded(ids: collector.ids + [vocabulary.end], tokensBeforeTruncation: collector.count + 2)
    }

    /// Ids and ranges of the tokens of `text`, without special tokens.
    package func tokens(_ text: String) -> (ids: [UInt32], ranges: TokenRanges) {
        let ids = unsafe withBytes(of: text) { unsafe scan($0, into: IdCollector(ids: [], limit: .max)).ids }
        return (ids, unsafe withBytes(of: text) { unsafe tokenRanges(of: $0) })
    }

    private func scan<Sink: TokenSink>(_ text: UnsafeBufferPointer<UInt8>, into sink: @autoclosure () -> Sink) -> Sink {
        guard let base = text.baseAddress else { return sink() }
        return unsafe fold.withUnsafeBufferPointer { fold in
            guard let table = fold.baseAddress else { return sink() }
            var scan = unsafe WordScan(
                text: base,
                count: text.count,
                fold: table,
                vocabulary: vocabulary,
                sink: sink()
            )
            scan.run()
            return scan.finish()
        }
    }

    private func withBytes<Result>(of text: String, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        var text = text
        return text.withUTF8 { unsafe body($0) }
    }
}

/// Takes tokens in the order of the text.
protocol TokenSink {
    mutating func add(_ id: UInt32, _ start: Int, _ end: Int)
}

struct TokenCounter: TokenSink {
    var count = 0

    @inline(__always)
    mutating func add(_ id: UInt32, _ start: Int, _ end: Int) { count += 1 }
}

struct RangeCollector: TokenSink {
    var ranges = TokenRanges()
    private var last: UInt32 = 0

    init(capacity: Int) {
        ranges.starts.reserveCapacity(capacity)
        ranges.ends.reserveCapacity(capacity)
    }

    @inline(__always)
    mutating func add(_ id: UInt32, _ start: Int, _ end: Int) {
        let start = max(UInt32(truncatingIfNeeded: start), last)
        last = max(UInt32(truncatingIfNeeded: end), start)
        ranges.starts.append(start)
        ranges.ends.append(last)
    }
}

struct IdCollector: TokenSink {
    var ids: [UInt32]
    var limit: Int
    var count = 0

    init(ids: [UInt32], limit: Int) {
        self.ids = ids
        self.limit = limit
    }

    @inline(__always)
    mutating func add(_ id: UInt32, _ start: Int, _ end: Int) {
        if ids.count < limit { ids.append(id) }
        count += 1
    }
}
