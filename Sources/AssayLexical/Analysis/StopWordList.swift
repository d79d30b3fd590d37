/// The words that are left out of the index.
enum StopWordList {
    /// The default set of Lucene's `EnglishAnalyzer`.
    static let lucene = [
        "a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into", "is", "it", "no", "not",
        "of", "on", "or", "such", "that", "the", "their", "then", "there", "these", "they", "this", "to", "was",
        "will", "with",
    ]

    static func words(of choice: LexicalOptions.StopWords) -> [String] {
        switch choice {
        case .lucene: lucene
        case .none: []
        }
    }
}
