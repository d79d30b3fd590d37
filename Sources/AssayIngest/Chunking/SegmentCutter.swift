/// Where a chunker likes to cut.
enum BreakStyle: Sendable {
    /// At words only.
    case words
    /// After as many whole sentences as fit, else at lines, else at words.
    case sentences
    /// At the coarsest of paragraph, line, sentence, word that leaves a chunk at least a quarter full.
    case structure
}

/// What a cut lies between, from worst to best.
private enum BreakLevel: Int {
    case forced
    case hard
    case word
    case line
    case sentence
    case paragraph
    case end
}

/// What all segments of a document share.
struct MeasuredText {
    let text: TextBytes
    let scalars: ScalarIndex
    /// Nil without a tokenizer.
    let ruler: TokenRuler?
    /// Blocks that are kept whole where they fit.
    let blocks: AtomicBlocks?
}

/// A range to become a chunk.
struct Piece {
    var range: Range<Int>
    /// Tokens of the range's text, 0 without a tokenizer.
    var tokens: Int
}

/// Cuts a segment greedily: each piece reaches as far as the budget lets it and ends at the best break in reach.
///
/// All work is a search backwards from the reach, so that text costs little more than its copy. Every piece covers at least one scalar that
/// was not covered before, ranges begin and end at characters that are not white space, and each costs time linear in its reach.
struct SegmentCutter {
    private let measured: MeasuredText
    private let text: TextBytes
    private let style: BreakStyle
    private let budget: ChunkBudget
    private let unit: ChunkSizing.Unit
    private let end: Int
    /// First byte not yet in a piece.
    private var low: Int
    /// First byte of the next piece, before `low` by the overlap.
    private var start: Int

    init(
        _ segment: Range<Int>,
        of measured: MeasuredText,
        style: BreakStyle,
        unit: ChunkSizing.Unit,
        budget: ChunkBudget
    ) {
        self.measured = measured
        text = measured.text
        self.style = style
        self.unit = unit
        self.budget = budget
        end = text.trimWhite(from: segment.upperBound, downTo: segment.lowerBound)
        low = text.skipWhite(from: segment.lowerBound, to: end)
        start = low
    }

    /// The next piece, nil at the end.
    mutating func next() -> Piece? {
        guard low < end else { return nil }
        var cut = bestCut(from: start)
        if start < low, cut.level.rawValue < tidyLevel.rawValue {
            // Rather a tidy chunk without overlap than an untidy one with it.
            let bare = bestCut(from: low)
            if bare.level.rawValue > cut.level.rawValue || cut.level == .forced {
                cut = bare
                start = low
            }
        }
        let piece = Piece(range: start..<cut.textEnd, tokens: cut.tokens)
        low = text.skipWhite(from: cut.next, to: end)
        if low < end { start = overlapStart(of: piece.range) }
        return piece
    }

    private var tidyLevel: BreakLevel { style == .words ? .word : .sentence }

    /// Whether the text of a range fits the budget on its own.
    func fits(_ range: Range<Int>) -> Bool {
        let first = text.skipWhite(from: range.lowerBound, to: range.upperBound)
        let last = text.trimWhite(from: range.upperBound, downTo: first)
        if budget.scalars < Int.max {
            let scalars = measured.scalars.scalars(before: last) - measured.scalars.scalars(before: first)
            if scalars > budget.scalars { return false }
        }
        guard budget.tokens < Int.max, let ruler = measured.ruler else { return true }
        return ruler.count(first, last) <= budget.tokens
    }
}

/// A place to cut.
private struct Cut {
    /// End of the text before it.
    var textEnd: Int
    /// Start of what follows, at most white space away.
    var next: Int
    var level: BreakLevel
    /// Tokens of the piece.
    var tokens = 0
}

// MARK: reach

extension SegmentCutter {
    /// The best cut for a piece from `start` that holds more than what is covered already and fits the budget.
    private func bestCut(from start: Int) -> Cut {
        var allowance = budget.tokens
        var step = 0
        var reach = reach(from: start)
        while allowance > 0, reach > low {
            var cut = keepingBlock(choose(reach: reach), from: start)
            guard cut.textEnd > low, let ruler = measured.ruler else { return cut }
            cut.tokens = ruler.count(start, cut.textEnd)
            if cut.tokens <= budget.tokens { return cut }
            // A cut inside a word changes the word's tokens: ask those of the piece alone, and for less each time; doubling
            // keeps the tries few.
            allowance -= step
            step = max(2 * step, 1)
            reach = text.scalarStart(atOrBefore: ruler.ownReach(from: start, tokens: allowance, limit: cut.textEnd))
        }
        let least = text.scalarEnd(after: low)
        let tokens = measured.ruler?.count(start, least) ?? 0
        return Cut(textEnd: least, next: least, level: .forced, tokens: tokens)
    }

    private func reach(from start: Int) -> Int {
        var reach = end
        if budget.scalars < Int.max {
            let first = measured.scalars.scalars(before: start)
            let (past, overflow) = first.addingReportingOverflow(budget.scalars)
            reach = overflow ? end : min(end, measured.scalars.byte(ofScalar: past))
        }
        if budget.tokens < Int.max, let ruler = measured.ruler {
            reach = ruler.reach(from: start, tokens: budget.tokens, limit: reach)
        }
        return reach < end ? text.scalarStart(atOrBefore: reach) : end
    }
}

// MARK: choice

extension SegmentCutter {
    /// The best break after `low` for text that may end at `reach`.
    private func choose(reach: Int) -> Cut {
        let next = text.skipWhite(from: reach, to: end)
        if next >= end { return Cut(textEnd: end, next: end, level: .end) }
        let quarter = low + (reach - low) / 4
        switch style {
        case .words: break
        case .sentences:
            if let start = sentence(after: low, reach, next) { return cut(at: start, .sentence) }
            if let start = lines(after: low, next).line { return cut(at: start, .line) }
        case .structure:
            let found = lines(after: quarter, next)
            if let start = found.paragraph { return cut(at: start, .paragraph) }
            if let start = found.line { return cut(at: start, .line) }
            if let start = sentence(after: quarter, reach, next) { return cut(at: start, .sentence) }
        }
        if next > reach { return cut(at: next, .word) }
        if let start = text.lastWordStart(after: low, upTo: reach) { return cut(at: start, .word) }
        let boundary = text.clusterBoundary(after: low, upTo: reach)
        return Cut(textEnd: boundary, next: boundary, level: .hard)
    }

    private func cut(at next: Int, _ level: BreakLevel) -> Cut {
        Cut(textEnd: text.trimWhite(from: next, downTo: low), next: next, level: level)
    }

    private func sentence(after floor: Int, _ reach: Int, _ next: Int) -> Int? {
        SentenceScanner(text: text).lastStart(after: floor, reach: reach, next: next)
    }

    /// The starts of the last paragraph and of the last line whose text before ends after `floor`.
    private func lines(after floor: Int, _ next: Int) -> (paragraph: Int?, line: Int?) {
        var line: Int?
        var high = next
        while let newline = text.lastNewline(from: floor, to: high) {
            let textEnd = text.trimWhite(from: newline, downTo: floor)
            if textEnd <= floor { break }
            let start = text.skipWhite(from: newline, to: next)
            if text.lastNewline(from: textEnd, to: newline) != nil { return (start, line) }
            line = line ?? start
            high = textEnd
        }
        return (nil, line)
    }

    /// Moves a cut out of a block that fits into a chunk of its own.
    private func keepingBlock(_ cut: Cut, from start: Int) -> Cut {
        guard let found = measured.blocks?.block(cutAt: cut.next) else { return cut }
        guard cut.next < end else { return cut }
        let block = found.lowerBound..<min(found.upperBound, end)
        guard fits(block) else { return cut }
        let before = text.trimWhite(from: block.lowerBound, downTo: min(low, block.lowerBound))
        if before > low { return Cut(textEnd: before, next: block.lowerBound, level: .paragraph) }
        // The overlap takes the room that the block needs.
        if start < low { return Cut(textEnd: low, next: low, level: .forced) }
        return block.lowerBound <= low && text.skipWhite(from: block.lowerBound, to: low) == low
            ? self.cut(at: block.upperBound, .paragraph) : cut
    }
}

// MARK: overlap

extension SegmentCutter {
    /// Where the next piece starts: at the first sentence, else the first word, within the overlap before `low`.
    private func overlapStart(of piece: Range<Int>) -> Int {
        if budget.overlap == 0 { return low }
        let window = overlapWindow(of: piece)
        guard window > piece.lowerBound, window < piece.upperBound else { return low }
        var first: Int?
        if style != .words { first = SentenceScanner(text: text).firstStart(from: window, below: piece.upperBound) }
        first = first ?? text.firstWordStart(from: window, below: piece.upperBound)
        // One word fills the window: the overlap begins inside it.
        let start = first ?? window
        if let block = measured.blocks?.block(cutAt: start), fits(block) {
            return min(low, text.skipWhite(from: block.upperBound, to: low))
        }
        return start
    }

    private func overlapWindow(of piece: Range<Int>) -> Int {
        let least = text.scalarEnd(after: piece.lowerBound)
        switch unit {
        case .characters:
            let past = measured.scalars.scalars(before: piece.upperBound)
            return max(least, measured.scalars.byte(ofScalar: max(0, past - budget.overlap)))
        case .tokens:
            guard let ruler = measured.ruler else { return low }
            let back = ruler.stepBack(from: piece.upperBound, tokens: budget.overlap, notBelow: least)
            return text.skipWhite(from: text.scalarStart(atOrBefore: back), to: low)
        }
    }
}
