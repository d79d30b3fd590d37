import AssayModel
import Testing

@testable import AssayLexical

struct LexicalAnalyzerTests {
    private static let plain = LexicalOptions(stopWords: .none, stemmer: .none)

    /// Word boundaries of UAX #29 as Lucene's StandardTokenizer applies them.
    @Test(arguments: [
        ("", []),
        (" \t\n.,;:_ __", []),
        ("The quick (\u{201c}brown\u{201d}) fox", ["the", "quick", "brown", "fox"]),
        ("can't can\u{2019}t rock'n'roll 'quoted'", ["can't", "can\u{2019}t", "rock'n'roll", "quoted"]),
        (
            "3.14 1,000,000.5 1;2 1:2 a.b a,b a:b .5 5.",
            ["3.14", "1,000,000.5", "1;2", "1", "2", "a.b", "a", "b", "a:b", "5", "5"]
        ),
        (
            "snake_case _lead 1_000 IL-2 p53 C++ x86_64",
            ["snake_case", "_lead", "1_000", "il", "2", "p53", "c", "x86_64"]
        ),
        ("a1.2b 1.a a.1", ["a1.2b", "1", "a", "a", "1"]),
        ("dog's DOGS' JAMES'S it\u{2019}s o'neil\u{ff07}s 's", ["dog", "dogs", "james", "it", "o'neil", "s"]),
        (
            "na\u{ef}ve Stra\u{df}e \u{391}\u{3b8}\u{3ae}\u{3bd}\u{3b1} \u{41c}\u{43e}\u{441}\u{43a}\u{432}\u{430}",
            [
                "na\u{ef}ve", "stra\u{df}e", "\u{3b1}\u{3b8}\u{3ae}\u{3bd}\u{3b1}",
                "\u{43c}\u{43e}\u{441}\u{43a}\u{432}\u{430}",
            ]
        ),
        ("e\u{301}te\u{301} co\u{ad}op \u{301}x", ["e\u{301}te\u{301}", "co\u{ad}op", "x"]),
        ("\u{3b2}-catenin TGF\u{3b2}1 \u{b5}m 5\u{b0}C", ["\u{3b2}", "catenin", "tgf\u{3b2}1", "\u{b5}m", "5", "c"]),
        (
            "\u{6771}\u{4eac} \u{3072}\u{3089} \u{30ab}\u{30bf}\u{30ab}\u{30ca}",
            [
                "\u{6771}", "\u{4eac}", "\u{3072}", "\u{3089}", "\u{30ab}\u{30bf}\u{30ab}\u{30ca}",
            ]
        ),
        (
            "\u{e20}\u{e32}\u{e29}\u{e32}\u{e44}\u{e17}\u{e22} \u{d55c}\u{ad6d}\u{c5b4}",
            [
                "\u{e20}\u{e32}\u{e29}\u{e32}\u{e44}\u{e17}\u{e22}", "\u{d55c}\u{ad6d}\u{c5b4}",
            ]
        ),
        ("\u{5e6}\u{5d4}\"\u{5dc} \u{5d2}' a\"b", ["\u{5e6}\u{5d4}\"\u{5dc}", "\u{5d2}'", "a", "b"]),
        ("\u{130}stanbul \u{1f600} ok", ["istanbul", "ok"]),
    ])
    func cutsWords(text: String, words: [String]) throws {
        #expect(try LexicalAnalyzer(Self.plain).terms(of: text) == words)
    }

    @Test func endsAWordAfter255Characters() throws {
        let analyzer = try LexicalAnalyzer(Self.plain)
        #expect(analyzer.terms(of: String(repeating: "a", count: 600)).map(\.count) == [255, 255, 90])
        #expect(analyzer.terms(of: String(repeating: "\u{e4}", count: 256)).map(\.count) == [255, 1])
    }

    @Test(arguments: [
        (LexicalOptions.Stemmer.porter, ["relat", "retriev", "gener", "fairli", "dy"]),
        (.english, ["relat", "retriev", "generous", "fair", "die"]),
        (.none, ["relational", "retrieval", "generously", "fairly", "dying"]),
    ])
    func stems(stemmer: LexicalOptions.Stemmer, terms: [String]) throws {
        let analyzer = try LexicalAnalyzer(LexicalOptions(stemmer: stemmer))
        #expect(analyzer.terms(of: "relational retrieval generously fairly dying") == terms)
    }

    @Test func leavesOutStopWordsBeforeStemming() throws {
        let analyzer = try LexicalAnalyzer(LexicalOptions())
        #expect(analyzer.terms(of: "THE cats Were not in their house, was it?") == ["cat", "were", "hous"])
    }

    @Test(arguments: 0..<30 as Range<UInt64>)
    func asciiPathGivesTheSameWordsAsTheOther(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let alphabet = Array("abZ09_.,:;'\" -s\u{2019}\u{301}\u{e9}\u{5d0}\u{4eac}".unicodeScalars)
        let ascii = seed % 2 == 0 ? 15 : alphabet.count
        for _ in 0..<60 {
            var text = String.UnicodeScalarView()
            for _ in 0..<random.index(below: 40) { text.append(alphabet[random.index(below: ascii)]) }
            let (fast, slow) = (Self.words(String(text), false), Self.words(String(text), true))
            #expect(fast == slow, "seed \(seed): \(String(text).debugDescription)")
        }
    }

    private static func words(_ text: String, _ onlySlow: Bool) -> [String] {
        let scanner = WordScanner(onlySlow: onlySlow)
        var result: [String] = []
        var text = text
        text.withUTF8 { bytes in
            unsafe scanner.forEachWord(in: bytes) { unsafe result.append(String(decoding: $0, as: UTF8.self)) }
        }
        return result
    }

    @Test func forgettingWordsChangesNothing() throws {
        let analyzer = try LexicalAnalyzer(LexicalOptions())
        let text = "Retrieval of generated answers"
        let before = analyzer.terms(of: text)
        for start in stride(from: 0, to: 200_000, by: 1_000) {
            _ = analyzer.terms(of: (start..<start + 1_000).map { "word\($0)x" }.joined(separator: " "))
        }
        #expect(analyzer.terms(of: text) == before)
    }
}

struct LexicalOptionsTests {
    private static let place = Place(file: "p.yaml", line: 1)

    private static func read(_ members: [(String, ConfigNode.Value)]) throws -> (LexicalOptions, OptionReader) {
        let mapping = members.enumerated().map { line, member in
            let place = Place(file: "p.yaml", line: line + 2)
            return ConfigNode.Member(key: member.0, place: place, value: ConfigNode(member.1, at: place))
        }
        var reader = try OptionReader(ConfigNode(.mapping(mapping), at: place), owner: "keywords", place: place)
        let options = try LexicalOptions(options: &reader)
        try reader.finish()
        return (options, reader)
    }

    @Test func hasAnserinisDefaults() throws {
        let (options, reader) = try Self.read([])
        #expect(options == LexicalOptions())
        #expect(options.identity == "lexical/1 tokenizer=unicode stopwords=lucene stemmer=porter bm25/1 k1=0.9 b=0.4")
        #expect(reader.effective["k1"] == .double(0.9) && reader.effective["stemmer"] == .string("porter"))
    }

    @Test func onlyTheAnalysisDecidesTheFile() throws {
        let (options, _) = try Self.read([("k1", .int(2)), ("b", .int(1)), ("stemmer", .string("english"))])
        #expect(options == LexicalOptions(stemmer: .english, k1: 2, b: 1))
        #expect(options.analysisIdentity == LexicalOptions(stemmer: .english).analysisIdentity)
        #expect(options.identity != LexicalOptions(stemmer: .english).identity)
    }

    @Test(arguments: [
        ("stemmer", ConfigNode.Value.string("portr"), "did you mean 'porter'"),
        ("b", .double(1.5), "from 0.0 to 1.0"),
        ("k1", .double(-1), "from 0.0 to 10.0"),
        ("stopwords", .bool(true), "one of: lucene, none"),
        ("tokeniser", .string("unicode"), "did you mean 'tokenizer'"),
    ])
    func refusesWithPlaceAndRemedy(key: String, value: ConfigNode.Value, message: String) throws {
        let error = try #require(throws: AssayError.self) { try Self.read([(key, value)]) }
        #expect(error.place?.line == 2 && error.message.contains(message), "\(error)")
    }
}
