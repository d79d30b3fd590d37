public import AssayModel

/// How keywords are made from text and how they are weighed: the options of `index.keywords`.
public struct LexicalOptions: Sendable, Equatable {
    /// How text is cut into words.
    public enum Tokenizer: String, Sendable, CaseIterable {
        /// Words of letters and digits by Unicode's word boundaries (UAX #29) in lower case, without the English possessive `'s`.
        case unicode
    }

    /// Words that are left out.
    public enum StopWords: String, Sendable, CaseIterable {
        /// Lucene's 33 English stop words.
        case lucene
        /// Nothing is left out.
        case none
    }

    /// How words are reduced to stems.
    public enum Stemmer: String, Sendable, CaseIterable {
        /// Porter's algorithm of 1980, as Snowball and Lucene have it.
        case porter
        /// Snowball's English ("Porter 2").
        case english
        /// Words stay as they are.
        case none
    }

    /// How text is cut into words.
    public var tokenizer: Tokenizer
    /// Words that are left out.
    public var stopWords: StopWords
    /// How words are reduced to stems.
    public var stemmer: Stemmer
    /// How slowly repetition of a word stops to count, 0 (at once) to 10.
    public var k1: Double
    /// How much long texts are held back, 0 (not) to 1.
    public var b: Double

    /// Raised whenever equal options make other terms from some text; part of every key.
    public static let analysisVersion = 1
    /// Raised whenever equal terms and options give another score.
    public static let scoringVersion = 1

    /// Anserini's choice: Porter stems, Lucene's stop words, k1 0.9, b 0.4.
    public init(
        tokenizer: Tokenizer = .unicode,
        stopWords: StopWords = .lucene,
        stemmer: Stemmer = .porter,
        k1: Double = 0.9,
        b: Double = 0.4
    ) {
        self.tokenizer = tokenizer
        self.stopWords = stopWords
        self.stemmer = stemmer
        self.k1 = k1
        self.b = b
    }

    /// Reads `tokenizer`, `stopwords`, `stemmer`, `k1` (0…10) and `b` (0…1); the caller calls `finish()`.
    ///
    /// - Parameter options: The mapping `index.keywords` of a pipeline file.
    /// - Throws: `AssayError` "config.value" with the place of a wrong value.
    public init(options: inout OptionReader) throws {
        let tokenizer = try options.choice("tokenizer", default: Tokenizer.unicode)
        let stopWords = try options.choice("stopwords", default: StopWords.lucene)
        let stemmer = try options.choice("stemmer", default: Stemmer.porter)
        let k1 = try options.double("k1", default: 0.9, in: 0...10)
        let b = try options.double("b", default: 0.4, in: 0...1)
        self.init(tokenizer: tokenizer, stopWords: stopWords, stemmer: stemmer, k1: k1, b: b)
    }

    /// What decides the content of an index file: the analysis only, so that one index serves every `k1` and `b`.
    public var analysisIdentity: String {
        "lexical/\(Self.analysisVersion) tokenizer=\(tokenizer.rawValue) stopwords=\(stopWords.rawValue)"
            + " stemmer=\(stemmer.rawValue)"
    }

    /// What decides the result of a search over given texts.
    public var identity: String {
        "\(analysisIdentity) bm25/\(Self.scoringVersion) k1=\(k1) b=\(b)"
    }
}

extension OptionReader {
    /// One of the cases of `Choice` by its name.
    fileprivate mutating func choice<Choice>(_ key: String, default standard: Choice) throws -> Choice
    where Choice: RawRepresentable<String> & CaseIterable {
        let name = try string(key, default: standard.rawValue, oneOf: Choice.allCases.map(\.rawValue))
        return Choice(rawValue: name) ?? standard
    }
}
