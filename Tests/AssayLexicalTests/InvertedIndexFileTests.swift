import AssayModel
import Foundation
import Testing

@testable import AssayLexical

struct InvertedIndexFileTests {
    private static let texts = [
        "A cat sat on the mat.", "Cats and dogs, dogs and cats!", "", "the of and",
        "Na\u{ef}ve Stra\u{df}e caf\u{e9} \u{6771}\u{4eac}", String(repeating: "echo ", count: 300) + "cat",
        "dog's breakfast 3.14 snake_case", "internationalization internationalisation",
    ]

    /// Fails when output changes: raise `LexicalOptions.analysisVersion` or `IndexLayout.formatVersion` then.
    @Test func fileHasItsDigest() throws {
        let folder = try TemporaryFolder()
        _ = try segment(Self.texts, LexicalOptions(), at: folder.file("a"))
        let bytes = try Data(contentsOf: URL(filePath: folder.file("a")))
        #expect(SHA256.hex(bytes) == "6f0a87e9a398792d5f3eb62690f0edc5ea47b6cb54095a82805c9ac8a8721c39")
        _ = try segment(Self.texts, LexicalOptions(), at: folder.file("b"))
        #expect(try Data(contentsOf: URL(filePath: folder.file("b"))) == bytes)
    }

    /// Fails when scores change: raise `LexicalOptions.scoringVersion` then.
    @Test func searchHasItsDigest() throws {
        let folder = try TemporaryFolder()
        var words = RandomTexts(random: SeededRandom(seed: 5), vocabulary: 60)
        let options = LexicalOptions()
        let texts = (0..<200).map { _ in words.text(upTo: 30) }
        let index = try KeywordIndex(
            segments: [(try segment(texts, options, at: folder.file("a")), nil)],
            options: options
        )
        var output = ""
        for _ in 0..<20 {
            for hit in try index.search(words.text(upTo: 9), k: 10, precedes: latestFirst) {
                output += "\(hit.ordinal) \(hit.score)\n"
            }
        }
        #expect(SHA256.hex(output) == "ef2ad80669712c3b072dd3504213382d03b1f4ebb0c24ef1de61c1e6e5e9da7a")
    }

    @Test func opensWhatWasWritten() throws {
        let folder = try TemporaryFolder()
        let made = try segment(Self.texts, LexicalOptions(), at: folder.file("a"))
        try made.verify()
        #expect(made.documentCount == Self.texts.count)
        #expect((0..<made.documentCount).map { made.length(of: $0) }.reduce(0, +) == made.totalLength)
        #expect(made.length(of: 5) == 301 && made.length(of: 2) == 0 && made.length(of: 3) == 0)
        #expect(made.analysisIdentity == LexicalOptions().analysisIdentity)
    }

    @Test(arguments: [[], [""], ["the"]])
    func emptyIndexFindsNothing(texts: [String]) throws {
        let folder = try TemporaryFolder()
        let made = try segment(texts, LexicalOptions(), at: folder.file("a"))
        try made.verify()
        let index = try KeywordIndex(segments: [(made, nil)], options: LexicalOptions())
        #expect(try index.search("the cat", k: 3, precedes: latestFirst).isEmpty)
        #expect(
            try KeywordIndex(segments: [], options: LexicalOptions()).search("cat", k: 3, precedes: latestFirst) == []
        )
    }

    @Test func refusesAnotherAnalysisAndEndlessQueries() throws {
        let folder = try TemporaryFolder()
        let made = try segment(Self.texts, LexicalOptions(stemmer: .none), at: folder.file("a"))
        let mismatch = #expect(throws: AssayError.self) {
            try KeywordIndex(segments: [(made, nil)], options: LexicalOptions())
        }
        #expect(mismatch?.code == "index.mismatch")
        let index = try KeywordIndex(segments: [(made, nil)], options: LexicalOptions(stemmer: .none, k1: 2, b: 1))
        let long = (0...1_024).map { "q\($0)" }.joined(separator: " ")
        let tooLong = #expect(throws: AssayError.self) { try index.search(long, k: 1, precedes: latestFirst) }
        #expect(tooLong?.code == "query.too-long")
    }

    @Test func missingAndForeignFilesAreErrors() throws {
        let folder = try TemporaryFolder()
        #expect(throws: AssayError.self) { try InvertedIndexSegment(folder.file("none")) }
        for bytes in [Data(), Data("short".utf8), Data(repeating: 7, count: 4_096)] {
            try bytes.write(to: URL(filePath: folder.file("foreign")))
            let error = #expect(throws: AssayError.self) { try InvertedIndexSegment(folder.file("foreign")) }
            #expect(error?.code == "index.damaged")
        }
        #expect(throws: AssayError.self) {
            try InvertedIndexBuilder(options: LexicalOptions()).write(to: folder.file("none/a"))
        }
    }

    /// Every way of cutting or changing a file ends in an error or a result, never in a crash.
    @Test(arguments: 0..<8 as Range<UInt64>)
    func damageIsFound(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let folder = try TemporaryFolder()
        var words = RandomTexts(random: SeededRandom(seed: seed), vocabulary: 50)
        let texts = Self.texts + (0..<(seed == 0 ? 4_200 : 60)).map { _ in words.text(upTo: 12) }
        _ = try segment(texts, LexicalOptions(), at: folder.file("a"))
        let whole = try Data(contentsOf: URL(filePath: folder.file("a")))
        for _ in 0..<40 {
            var damaged = whole
            if random.index(below: 4) == 0 {
                damaged = damaged.prefix(random.index(below: whole.count))
            } else {
                for _ in 0...random.index(below: 30) {
                    damaged[random.index(below: whole.count)] = UInt8(truncatingIfNeeded: random.next())
                }
            }
            guard damaged != whole else { continue }
            try damaged.write(to: URL(filePath: folder.file("damaged")))
            let error = #expect(throws: AssayError.self, "seed \(seed)") {
                let made = try InvertedIndexSegment(folder.file("damaged"))
                try Self.use(made)
                try made.verify()
            }
            #expect(error?.code == "index.damaged" || error?.code == "index.mismatch", "seed \(seed)")
        }
    }

    /// As above, with a checksum that was made to fit: only the structure is left to say that something is wrong.
    @Test(arguments: 0..<8 as Range<UInt64>)
    func forgedFilesDoNotCrash(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let folder = try TemporaryFolder()
        var words = RandomTexts(random: SeededRandom(seed: seed), vocabulary: 50)
        _ = try segment((0..<80).map { _ in words.text(upTo: 12) } + Self.texts, LexicalOptions(), at: folder.file("a"))
        let whole = try Data(contentsOf: URL(filePath: folder.file("a")))
        for _ in 0..<40 {
            var words = stride(from: 0, to: whole.count, by: 8).map { start in
                whole[start..<start + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            }
            for _ in 0...random.index(below: 4) {
                // Mostly the body; sometimes a size in the header.
                let place =
                    random.index(below: 8) == 0
                    ? 2 + random.index(below: 9) : 16 + random.index(below: words.count - 16)
                words[place] ^= 1 << UInt64(random.index(below: 64))
            }
            Self.seal(&words)
            let bytes = unsafe words.withUnsafeBytes { unsafe Data($0) }
            try bytes.write(to: URL(filePath: folder.file("forged")))
            do {
                let made = try InvertedIndexSegment(folder.file("forged"))
                try? made.verify()
                try Self.use(made)
            } catch let error as AssayError {
                #expect(error.code == "index.damaged" || error.code == "index.mismatch", "seed \(seed): \(error)")
            }
        }
    }

    /// Makes both checksums fit.
    private static func seal(_ words: inout [UInt64]) {
        let header = IndexLayout.headerBytes / 8
        words[11] = unsafe Array(words[header...]).withUnsafeBytes { unsafe XXHash64.digest($0) }
        words[header - 1] = unsafe Array(words[..<(header - 1)]).withUnsafeBytes { unsafe XXHash64.digest($0) }
    }

    private static func use(_ made: InvertedIndexSegment) throws {
        var deleted = IdSet(capacity: made.documentCount)
        if made.documentCount > 0 { deleted.insert(0) }
        for gone in [nil, deleted] {
            let index = try KeywordIndex(segments: [(made, gone)], options: LexicalOptions())
            for query in ["cat dog echo w1 w2 w3 w4 w5 w6 w7", "w1", "internationalization \u{6771} 3.14 caf\u{e9}"] {
                for k in [1, 1_000] { _ = try index.search(query, k: k, precedes: latestFirst) }
            }
        }
    }

    @Test(
        arguments: [("", 0xef46_db37_51d8_e999), ("a", 0xd24e_c4f1_a98c_6e5b), ("abc", 0x44bc_2cf5_ad77_0999)]
            as [(String, UInt64)]
    )
    func checksumMatchesThePublishedValues(text: String, digest: UInt64) {
        #expect(unsafe Array(text.utf8).withUnsafeBytes { unsafe XXHash64.digest($0) } == digest)
    }

    @Test func checksumDoesNotDependOnHowTheBytesArrive() {
        let bytes = (0..<1_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 3) }
        let whole = unsafe bytes.withUnsafeBytes { unsafe XXHash64.digest($0) }
        for step in [1, 7, 31, 32, 33, 500] {
            var hash = XXHash64()
            for start in stride(from: 0, to: bytes.count, by: step) {
                let piece = Array(bytes[start..<min(start + step, bytes.count)])
                unsafe piece.withUnsafeBytes { unsafe hash.update($0) }
            }
            #expect(hash.finalize() == whole)
        }
    }

    @Test func lengthFloorsAreFloors() {
        for length in 0..<70_000 {
            let code = LengthFloor.code(length)
            let floor = LengthFloor.length(code)
            #expect(floor <= length && LengthFloor.code(floor) == code)
            if code < 255 { #expect(length < LengthFloor.length(code + 1)) }
        }
    }
}
