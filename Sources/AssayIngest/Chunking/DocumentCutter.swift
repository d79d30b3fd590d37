import AssayModel

/// Cuts one document and makes its chunks; chunkers only say which segments, with which heading path.
struct DocumentCutter {
    private let document: Document
    private let sizing: ChunkSizing
    private let tokenizer: (any TextTokenizer)?
    private let style: BreakStyle
    private let measured: MeasuredText
    private var chunks: [Chunk] = []

    /// Measures the text of `document` once and lends a cutter to `body`.
    ///
    /// - Returns: The chunks of all segments that `body` cut, in order.
    /// - Throws: `AssayError` naming the document when a chunk cannot be made, or what `body` throws.
    static func chunks(
        of document: Document,
        sizing: ChunkSizing,
        style: BreakStyle,
        tokenizer: (any TextTokenizer)?,
        body: (inout DocumentCutter, _ text: TextBytes) throws -> Void
    ) throws -> [Chunk] {
        // A wrong size is an error for an empty document too.
        _ = try sizing.budget(HeadingPrefix(), tokenizer: tokenizer)
        return try TextBytes.lend(document.text) { text in
            guard text.count < Int(UInt32.max) else {
                throw AssayError(
                    "chunk.document",
                    "document '\(document.id)' has 4 GiB of text or more",
                    remedy: "split the file"
                )
            }
            var cutter = DocumentCutter(document, sizing, style, text, tokenizer)
            try body(&cutter, text)
            return cutter.chunks
        }
    }

    private init(
        _ document: Document,
        _ sizing: ChunkSizing,
        _ style: BreakStyle,
        _ text: TextBytes,
        _ tokenizer: (any TextTokenizer)?
    ) {
        self.document = document
        self.sizing = sizing
        self.style = style
        self.tokenizer = tokenizer
        measured = MeasuredText(
            text: text,
            scalars: ScalarIndex(text),
            ruler: tokenizer.map { TokenRuler(text, $0) },
            blocks: style == .words ? nil : AtomicBlocks(text)
        )
    }

    /// Cuts a segment; its chunks carry `path`, shortened if it takes too much of the size.
    mutating func cut(_ segment: Range<Int>, path: [String] = []) throws {
        let prefix = sizing.prefix(path, tokenizer: tokenizer)
        var cutter = try segmentCutter(segment, prefix)
        while let piece = cutter.next() { try append(piece, prefix) }
    }

    /// Whether a segment fits into one chunk that carries `path`.
    func fits(_ segment: Range<Int>, path: [String]) throws -> Bool {
        try segmentCutter(segment, sizing.prefix(path, tokenizer: tokenizer)).fits(segment)
    }

    private func segmentCutter(_ segment: Range<Int>, _ prefix: HeadingPrefix) throws -> SegmentCutter {
        let budget = try sizing.budget(prefix, tokenizer: tokenizer)
        return SegmentCutter(segment, of: measured, style: style, unit: sizing.unit, budget: budget)
    }

    private mutating func append(_ piece: Piece, _ prefix: HeadingPrefix) throws {
        let start = piece.range.lowerBound
        let end = piece.range.upperBound
        var tokens: Int?
        var truncated = 0
        if let tokenizer {
            let all = piece.tokens + prefix.tokens + tokenizer.specialTokens
            tokens = all
            if all > tokenizer.limit {
                guard sizing.oversize == .truncate else { throw oversize(piece.range, all, tokenizer.limit) }
                truncated = all - tokenizer.limit
            }
        }
        chunks.append(
            Chunk(
                document: document.id,
                ordinal: chunks.count,
                range: TextRange(
                    start: start,
                    end: end,
                    scalarStart: measured.scalars.scalars(before: start),
                    scalarEnd: measured.scalars.scalars(before: end)
                ),
                text: measured.text.string(piece.range),
                headingPath: prefix.path,
                page: document.pages.isEmpty ? nil : document.page(at: start),
                tokens: tokens,
                truncatedTokens: truncated
            )
        )
    }

    private func oversize(_ range: Range<Int>, _ tokens: Int, _ limit: Int) -> AssayError {
        let isSplit = sizing.oversize == .split
        return AssayError(
            "chunk.oversize",
            "bytes \(range.lowerBound)-\(range.upperBound) of document '\(document.id)' have \(tokens) tokens with heading path and special"
                + " tokens, the embedder takes \(limit)" + (isSplit ? ", and a single character cannot be split" : ""),
            remedy: isSplit
                ? "use an embedder with a larger limit"
                : "give a smaller size, or 'oversize: split' or 'oversize: truncate'"
        )
    }
}
