/// A set of abbreviations of up to eight ASCII letters, looked up without making strings.
struct AbbreviationRules: Sendable {
    /// Titles, and words that are always followed by more of the sentence.
    static let never = AbbreviationRules(
        """
        mr mrs ms dr prof st jr sr rev hon gov sen rep gen col lt sgt capt cmdr adm maj pres vs etc al cf viz resp approx ca est
        dept univ inst assoc inc ltd corp co bros ed eds trans repr orig esp incl excl temp avg max min bzw usw vgl ggf evtl zzgl inkl hrsg
        """
    )
    /// Words that are abbreviations where a number follows: `Fig. 3`, but `the answer is no. Then`.
    static let precedeNumbers = AbbreviationRules(
        """
        no nos nr fig figs tab tabs eq eqs vol vols p pp ch chap sec sect art para ref refs abs ver v jan feb mar apr jun jul aug sep sept oct
        nov dec
        """
    )

    /// The words, each packed into a number, ascending.
    private let keys: [UInt64]

    private init(_ words: String) {
        keys = words.split(whereSeparator: \.isWhitespace)
            .map { $0.utf8.reduce(0) { $0 << 8 | UInt64($1) } }
            .sorted()
    }

    /// Whether the word at `start..<end` is in the set; capitals count as small letters.
    func contains(_ text: TextBytes, _ start: Int, _ end: Int) -> Bool {
        if end - start > 8 { return false }
        var key: UInt64 = 0
        for offset in start..<end { key = key << 8 | UInt64(text[offset] | 0x20) }
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low < keys.count && keys[low] == key
    }
}
