import AssayIngest
import AssayModel
import AssayStore

/// A sentence of a document that a question can be made from.
struct Evidence: Sendable, Equatable {
    /// Document id.
    var document: String
    /// Title of the document.
    var title: String
    /// Headings above it.
    var headings: [String]
    /// Bytes in the document's text.
    var span: Range<Int>
    /// The exact text of the document there.
    var quote: String
    /// Which occurrence of the quote it is, from 1.
    var occurrence: Int
    /// The chunk around it.
    var passage: String
    /// Decides the order: a digest of seed, document and span, so that other documents do not change it.
    var order: String

    /// The gold label.
    var gold: GoldQuote { GoldQuote(document: document, quote: quote, occurrence: occurrence) }
}

/// Chooses sentences of a corpus, the same for a seed, in bounded memory.
///
/// Each sentence has a number from a digest of seed, document and place; the smallest numbers win. A new document therefore changes
/// only what it wins itself.
struct EvidencePool {
    private let seed: Int
    private let limit: Int
    private var found: [Evidence] = []
    /// Sentences that could be used.
    private(set) var seen = 0

    init(seed: Int, limit: Int) {
        self.seed = seed
        self.limit = limit
    }

    /// The chosen sentences, in the order of their numbers; at most two of one chunk.
    var evidence: [Evidence] {
        var ofPassage: [String: Int] = [:]
        return found.sorted { $0.order < $1.order }.prefix(limit).filter { piece in
            ofPassage["\(piece.document)\u{0}\(piece.passage.prefix(200))", default: 0] += 1
            return ofPassage["\(piece.document)\u{0}\(piece.passage.prefix(200))"] ?? 0 <= 2
        }
    }

    /// Adds the sentences of a document.
    mutating func add(_ document: Document, chunks: [ChunkLine]) {
        var taken: Set<Int> = []
        let anchor = GoldAnchor(document)
        for chunk in chunks {
            let passage = document.text.slice(bytes: chunk.range.bytes)
            for sentence in Sentences.ranges(of: passage) {
                let span = chunk.range.start + sentence.lowerBound..<chunk.range.start + sentence.upperBound
                let quote = passage.slice(bytes: sentence)
                // Chunks may overlap: a sentence counts once.
                guard taken.insert(span.lowerBound).inserted, Self.isUsable(quote) else { continue }
                seen += 1
                let order = ItemKey("evidence", "\(seed)", document.id, "\(span.lowerBound)-\(span.upperBound)").hex
                if found.count >= limit, let worst = found.last?.order, order >= worst { continue }
                guard let occurrence = Self.occurrence(of: quote, at: span, anchor) else { continue }
                insert(
                    Evidence(
                        document: document.id,
                        title: document.title,
                        headings: chunk.headingPath,
                        span: span,
                        quote: quote,
                        occurrence: occurrence,
                        passage: passage,
                        order: order
                    )
                )
            }
        }
    }

    private mutating func insert(_ piece: Evidence) {
        found.append(piece)
        guard found.count > 2 * limit else { return }
        found.sort { $0.order < $1.order }
        found.removeLast(found.count - limit)
    }

    /// The occurrence number under which the label is found at exactly these bytes; nil when it is not.
    private static func occurrence(of quote: String, at span: Range<Int>, _ anchor: GoldAnchor) -> Int? {
        for occurrence in 1...20 {
            let label = GoldQuote(document: anchor.document, quote: quote, occurrence: occurrence)
            guard case .success(let found) = anchor.anchor(label) else { return nil }
            if found.start == span.lowerBound, found.end == span.upperBound { return occurrence }
        }
        return nil
    }

    /// Whether a sentence says something by itself: prose of 8 to 60 words that does not begin by pointing back.
    static func isUsable(_ sentence: String) -> Bool {
        let words = sentence.split(whereSeparator: \.isWhitespace)
        guard (8...60).contains(words.count), let first = sentence.first, first.isUppercase || first.isNumber,
            let last = sentence.last, ".!".contains(last), !sentence.contains("|"), !sentence.contains("\n\n")
        else { return false }
        let letters = sentence.count { $0.isLetter || $0 == " " }
        guard letters * 10 >= sentence.count * 7 else { return false }
        let start = words[0].lowercased().filter(\.isLetter)
        return !Self.pointers.contains(start)
    }

    private static let pointers: Set<String> = [
        "it", "its", "this", "these", "that", "those", "they", "their", "he", "she", "his", "her", "such", "however",
        "therefore", "thus", "hence", "then", "also", "but", "and", "or", "so", "here", "there", "otherwise", "instead",
        "both",
        "neither", "moreover", "see", "note",
    ]
}

/// Words of a text that carry meaning: letters and digits, lower-cased, without the commonest words of English.
enum ContentWords {
    static func list(_ text: String) -> [String] {
        QuestionLikeness.words(of: text).filter { $0.count > 1 && !common.contains($0) }
    }

    static func set(_ text: String) -> Set<String> { Set(list(text)) }

    private static let common: Set<String> = [
        "the", "of", "and", "to", "in", "is", "are", "was", "were", "be", "been", "being", "for", "on", "with", "as",
        "by", "at",
        "from", "that", "this", "these", "those", "it", "its", "an", "or", "not", "no", "can", "could", "will", "would",
        "should",
        "may", "might", "must", "do", "does", "did", "done", "has", "have", "had", "if", "then", "than", "when",
        "where", "which",
        "who", "whom", "whose", "what", "why", "how", "but", "so", "such", "into", "about", "there", "their", "they",
        "them", "he",
        "she", "his", "her", "you", "your", "we", "our", "one", "any", "all", "each", "every", "some", "more", "most",
        "other",
        "only", "also", "up", "out", "over", "under", "between", "after", "before", "because", "while", "both", "my",
        "me", "am",
        "us", "very", "just", "get", "use", "used", "using",
    ]
}
