/// Text to numbered terms: words, stop words, stems.
///
/// For one thread at a time. Each distinct word is looked up among the stop words and stemmed once; what came out is remembered in a bounded table.
@safe final class TermExtractor {
    /// Distinct words that are remembered, and their bytes; beyond it the memory of words (not of terms) starts anew.
    static let rememberedWords = 1 << 19
    private static let rememberedBytes = 1 << 23

    /// All terms so far, in the order of their first appearance.
    let terms: TermTable
    private let scanner: WordScanner
    private let stemmer: Stemmer
    private let words: TermTable
    /// Term of each remembered word, -1 for stop words.
    private var termOfWord: [Int32] = []
    private let stopWords: TermTable

    /// - Throws: `AssayError` "lexical.stemmer".
    init(_ options: LexicalOptions, onlySlowScan: Bool = false) throws {
        terms = TermTable(expected: 1 << 10)
        words = TermTable(expected: 1 << 10)
        scanner = WordScanner(onlySlow: onlySlowScan)
        stemmer = try Stemmer(options.stemmer)
        stopWords = TermTable()
        for word in StopWordList.words(of: options.stopWords) {
            let bytes = Array(word.utf8)
            _ = unsafe bytes.withUnsafeBufferPointer { unsafe stopWords.insert($0) }
        }
    }

    /// Calls `body` with the number of each term of `text`, in the order of the text.
    @inline(__always)
    func forEachTerm(in text: UnsafeBufferPointer<UInt8>, _ body: (Int) throws -> Void) rethrows {
        try unsafe scanner.forEachWord(in: text) { word in
            let known = unsafe words.insert(word)
            let term = unsafe known.isNew ? remember(word, as: known.id) : Int(termOfWord[known.id])
            if term >= 0 { try body(term) }
        }
    }

    /// Forgets all terms: their numbers start anew.
    func removeAll() {
        terms.removeAll()
        words.removeAll()
        termOfWord.removeAll(keepingCapacity: true)
    }

    @inline(never)
    private func remember(_ word: UnsafeBufferPointer<UInt8>, as id: Int) -> Int {
        if id >= Self.rememberedWords || words.byteCount > Self.rememberedBytes {
            words.removeAll()
            termOfWord.removeAll(keepingCapacity: true)
            _ = unsafe words.insert(word)
        }
        let isStopWord = unsafe stopWords.find(word) != nil
        let term = unsafe isStopWord || word.isEmpty ? -1 : stemmer.withStem(of: word) { unsafe terms.insert($0).id }
        termOfWord.append(Int32(term))
        return term
    }
}
