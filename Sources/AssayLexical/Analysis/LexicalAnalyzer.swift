import Synchronization

/// Text to terms as the keyword index sees them; for any number of threads.
///
/// Words are cut as Lucene's `StandardTokenizer` does (UAX #29; emoji make no words), lose the English possessive `'s`, become lower
/// case, pass the stop list and are stemmed: with the default options this is the chain of Anserini's English analyzer. Text is taken
/// as it is: canonically equivalent spellings (NFC, NFD) are different words.
public final class LexicalAnalyzer: Sendable {
    /// Bytes of distinct terms that are kept before the memory starts anew.
    private static let keptBytes = 1 << 20

    /// The options it was made with.
    public let options: LexicalOptions
    private let extractor: Mutex<TermExtractor>

    /// Makes an analyzer.
    ///
    /// - Parameter options: Tokenizer, stop words and stemmer; k1 and b don't matter here.
    /// - Throws: `AssayError` "lexical.stemmer" when the stemming library lacks the algorithm.
    public init(_ options: LexicalOptions) throws {
        self.options = options
        extractor = Mutex(try TermExtractor(options))
    }

    /// The terms of `text` in its order, repetitions included.
    public func terms(of text: String) -> [String] {
        let (places, distinct) = analysed(text)
        let terms = distinct.map { String(decoding: $0, as: UTF8.self) }
        return places.map { terms[$0] }
    }

    /// The distinct terms of `text` with their number, in the order of first appearance.
    func counts(of text: String) -> [(term: [UInt8], count: Int)] {
        let (places, distinct) = analysed(text)
        var result = distinct.map { (term: $0, count: 0) }
        for place in places { result[place].count += 1 }
        return result
    }

    /// The distinct terms in the order of first appearance, and which of them stand in the text, one after the other.
    private func analysed(_ text: String) -> (places: [Int], distinct: [[UInt8]]) {
        var text = text
        return extractor.withLock { extractor in
            if extractor.terms.byteCount > Self.keptBytes { extractor.removeAll() }
            var places: [Int] = []
            var distinct: [[UInt8]] = []
            var placeOfTerm: [Int: Int] = [:]
            text.withUTF8 { bytes in
                unsafe extractor.forEachTerm(in: bytes) { term in
                    if let place = placeOfTerm[term] {
                        places.append(place)
                    } else {
                        placeOfTerm[term] = distinct.count
                        places.append(distinct.count)
                        unsafe distinct.append(Array(extractor.terms.bytes(of: term)))
                    }
                }
            }
            return (places, distinct)
        }
    }
}
