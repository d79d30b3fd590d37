import AssayModel
import Testing

@testable import AssayEmbed

struct WordPieceTokenizerTests {
    private let tokenizer: WordPieceTokenizer

    init() throws {
        let folder = try TemporaryFolder()
        try folder.write("vocab.txt", TinyModel.words.joined(separator: "\n") + "\n")
        tokenizer = try WordPieceTokenizer(vocabulary: "\(folder.path)/vocab.txt", limit: 8)
    }

    private func pieces(_ text: String) -> [String] {
        let bytes = Array(text.utf8)
        let (ids, ranges) = tokenizer.tokens(text)
        return ids.enumerated().map { index, id in
            let source = bytes[Int(ranges.starts[index])..<Int(ranges.ends[index])]
            return "\(TinyModel.words[Int(id)])<\(String(decoding: source, as: UTF8.self))>"
        }
    }

    @Test(arguments: [
        ("The CAT sat.", ["the<The>", "cat<CAT>", "sat<sat>", ".<.>"]),
        ("unables", ["un<un>", "##able<able>", "##s<s>"]),
        ("unknown", ["[UNK]<unknown>"]),
        ("a,a", ["a<a>", ",<,>", "a<a>"]),
        ("ÉÖ", ["e<É>", "##o<Ö>"]),
        ("e\u{301}o", ["e<e>", "##o<o>"]),
        ("a中a", ["a<a>", "中<中>", "a<a>"]),
        ("the\u{200b}cat", ["[UNK]<the\u{200b}cat>"]),
        ("do\u{ad}g", ["dog<do\u{ad}g>"]),
        ("a\u{a0}dog\u{3000}.", ["a<a>", "dog<dog>", ".<.>"]),
        ("cat’s", ["cat<cat>", "[UNK]<’>", "[UNK]<s>"]),
        ("a[SEP]b [sep]", ["a<a>", "[SEP]<[SEP]>", "b<b>", "[UNK]<[>", "[UNK]<sep>", "[UNK]<]>"]),
        ("12", ["1<1>", "##2<2>"]),
        (" \t\n", []),
        ("", []),
    ])
    func splitsAsBertDoes(text: String, expected: [String]) {
        #expect(pieces(text) == expected)
        #expect(tokenizer.count(text) == expected.count)
    }

    @Test func splitsWordsUpToOneHundredCharacters() {
        #expect(tokenizer.count(String(repeating: "b", count: 100)) == 100)
        #expect(pieces(String(repeating: "b", count: 101)).count == 1)
        #expect(tokenizer.count(String(repeating: "é", count: 100)) == 100)
        #expect(tokenizer.count(String(repeating: "é", count: 101)) == 1)
        #expect(tokenizer.count(String(repeating: "b\u{301}", count: 100)) == 100)
    }

    @Test func reportsTokensBeforeTruncation() {
        let short = tokenizer.encode("the cat", limit: 8)
        #expect(short.ids == [2, 8, 10, 3])
        #expect(short.tokensBeforeTruncation == 4 && !short.isTruncated)
        let long = tokenizer.encode(String(repeating: "cat ", count: 20), limit: 8)
        #expect(long.ids == [2, 10, 10, 10, 10, 10, 10, 3])
        #expect(long.tokensBeforeTruncation == 22 && long.isTruncated)
        #expect(tokenizer.encode("", limit: 2).ids == [2, 3])
    }

    @Test func countsThePrefixAsSpecialTokens() throws {
        let folder = try TemporaryFolder()
        try folder.write("vocab.txt", TinyModel.words.joined(separator: "\n"))
        let prefixed = try WordPieceTokenizer(vocabulary: "\(folder.path)/vocab.txt", limit: 8, prefix: "query: ")
        #expect(prefixed.specialTokens == 4)
        #expect(tokenizer.specialTokens == 2)
    }

    @Test func dropsBytesThatAreNotUTF8() {
        let bytes: [UInt8] = [0x63, 0xff, 0x61, 0x74, 0x20, 0xe4, 0xb8, 0x20, 0xc3]
        let ranges = unsafe bytes.withUnsafeBufferPointer { unsafe tokenizer.tokenRanges(of: $0) }
        #expect(ranges == TokenRanges(starts: [0], ends: [4]))
    }

    @Test func keepsItsLawOnRandomBytes() {
        var random = SeededRandom(seed: 11)
        for _ in 0..<2_000 {
            let bytes = (0..<random.index(below: 60)).map { _ in
                random.index(below: 3) == 0
                    ? UInt8(random.index(below: 256)) : UInt8(ascii: " ") + UInt8(random.index(below: 95))
            }
            let ranges = unsafe bytes.withUnsafeBufferPointer { unsafe tokenizer.tokenRanges(of: $0) }
            var last: UInt32 = 0
            for (start, end) in zip(ranges.starts, ranges.ends) {
                #expect(start >= last && end >= start && Int(end) <= bytes.count, "\(bytes)")
                last = end
            }
        }
    }

    @Test func refusesAVocabularyWithoutSpecialTokens() throws {
        let folder = try TemporaryFolder()
        try folder.write("vocab.txt", "[UNK]\n[CLS]\ncat\n")
        #expect(throws: AssayError.self) { try WordPieceTokenizer(vocabulary: "\(folder.path)/vocab.txt", limit: 8) }
    }

    @Test(.enabled(if: Fixture.hasModel, Fixture.needsModel))
    func equalsHuggingFaceOnOddUnicode() throws {
        let model = try Fixture.miniLM()
        let real = try WordPieceTokenizer(vocabulary: "\(model.path)/vocab.txt", limit: 256)
        let rows = try Fixture.rows("bert-tokens.json")
        #expect(rows.count > 1_500)
        for row in rows {
            let (ids, ranges) = real.tokens(row.text)
            #expect(ids == row.ids, "\(row.text.debugDescription)")
            if let expected = row.ranges {
                let flat = zip(ranges.starts, ranges.ends).flatMap { [$0, $1] }
                #expect(flat == expected, "\(row.text.debugDescription)")
            }
        }
    }
}
