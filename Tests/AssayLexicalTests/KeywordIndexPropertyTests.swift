import AssayModel
import Testing

@testable import AssayLexical

/// Searches against a scorer that shares no code with them but the analysis.
struct KeywordIndexPropertyTests {
    private struct Case {
        var texts: [[String]] = []
        var deleted: [IdSet?] = []
        var allowed: [IdSet?]?
        var options: LexicalOptions
    }

    private static func makeCase(_ random: inout SeededRandom) -> Case {
        var made = Case(
            options: LexicalOptions(
                stopWords: .none,
                stemmer: .none,
                k1: [0, 0.9, 1.2, 10][random.index(below: 4)],
                b: [0, 0.4, 1][random.index(below: 3)]
            )
        )
        var words = RandomTexts(random: SeededRandom(seed: random.next()), vocabulary: 5 + random.index(below: 200))
        let longest = [1, 3, 30][random.index(below: 3)]
        for _ in 0...random.index(below: 3) {
            // Sometimes more than one window.
            let count = random.index(below: 8) == 0 ? 4_000 + random.index(below: 1_500) : random.index(below: 120)
            made.texts.append((0..<count).map { _ in words.text(upTo: longest) })
            made.deleted.append(random.index(below: 2) == 0 ? nil : set(count, 0.3, &random))
        }
        if random.index(below: 2) == 0 {
            let share = [0.01, 0.2, 0.9][random.index(below: 3)]
            made.allowed = made.texts.map { random.index(below: 4) == 0 ? nil : set($0.count, share, &random) }
        }
        return made
    }

    private static func set(_ capacity: Int, _ share: Double, _ random: inout SeededRandom) -> IdSet {
        var set = IdSet(capacity: capacity)
        for id in 0..<capacity where random.unit() < share { set.insert(id) }
        return set
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func agreesWithTheTextbookToTheLastBit(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let made = Self.makeCase(&random)
        let folder = try TemporaryFolder()
        let segments = try made.texts.enumerated().map {
            (segment: try segment($1, made.options, at: folder.file("\($0)")), deleted: made.deleted[$0])
        }
        for (segment, _) in segments { try segment.verify() }
        let index = try KeywordIndex(segments: segments, options: made.options)
        let live = made.texts.enumerated().map { number, texts in
            texts.enumerated().map { made.deleted[number]?.contains($0) == true ? nil : Optional($1) }
        }
        let naive = try NaiveIndex(live, made.options)
        var words = RandomTexts(random: SeededRandom(seed: seed ^ 77), vocabulary: 220)
        for _ in 0..<12 {
            let query = words.text(upTo: 12)
            let k = [1, 3, 10, 100, 100_000][random.index(below: 5)]
            let expected = naive.search(
                query,
                k: k,
                allows: { made.allowed?[$0]?.contains($1) ?? true },
                precedes: latestFirst
            )
            let found = try index.search(query, k: k, allowed: made.allowed, precedes: latestFirst)
            #expect(found == expected, "seed \(seed), query '\(query)', k \(k)")
            let unpruned = try index.search(
                query,
                k: k,
                allowed: made.allowed,
                prunes: false,
                precedes: latestFirst
            )
            #expect(unpruned == expected, "seed \(seed), query '\(query)', k \(k), without pruning")
        }
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func grownIndexScoresAsOneMadeAfresh(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let options = LexicalOptions()
        var words = RandomTexts(random: SeededRandom(seed: seed), vocabulary: 100)
        let texts = (0..<300).map { _ in words.text(upTo: 20) }
        let deleted = Self.set(300, 0.4, &random)
        let kept = (0..<300).filter { !deleted.contains($0) }
        let folder = try TemporaryFolder()
        let cut = random.index(below: 301)
        var parts: [(segment: InvertedIndexSegment, deleted: IdSet?)] = []
        for (name, range) in [("a", 0..<cut), ("b", cut..<300)] {
            var gone = IdSet(capacity: range.count)
            for id in range where deleted.contains(id) { gone.insert(id - range.lowerBound) }
            parts.append((try segment(Array(texts[range]), options, at: folder.file(name)), gone))
        }
        let grown = try KeywordIndex(segments: parts, options: options)
        let fresh = try KeywordIndex(
            segments: [(try segment(kept.map { texts[$0] }, options, at: folder.file("fresh")), nil)],
            options: options
        )
        #expect(grown.documentCount == fresh.documentCount && grown.averageLength == fresh.averageLength)
        for _ in 0..<10 {
            let query = words.text(upTo: 10)
            let left = try grown.search(query, k: 50) { latestFirst($0, $1) }
            let right = try fresh.search(query, k: 50) { latestFirst($0, $1) }
            let origins = left.map { $0.segment == 0 ? $0.ordinal : $0.ordinal + cut }
            #expect(origins == right.map { kept[$0.ordinal] }, "seed \(seed), query '\(query)'")
            #expect(left.map(\.score) == right.map(\.score), "seed \(seed), query '\(query)'")
        }
    }
}
