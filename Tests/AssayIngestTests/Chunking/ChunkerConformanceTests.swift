import AssayIngest
import AssayModel
import Testing

struct ChunkerConformanceTests {
    static let cuttings: [Cutting] = Chunkers.sized.flatMap { name in
        [("tokens", 5), ("tokens", 24), ("tokens", 200), ("characters", 4), ("characters", 60), ("characters", 1_000)]
            .flatMap { unit, size in
                [0, (size - 1) / 2].map { Cutting(name: name, unit: unit, size: size, overlap: $0) }
            }
    }

    @Test(arguments: cuttings)
    func keepsTheLawsOnOddDocuments(cutting: Cutting) throws {
        for document in OddDocuments.all {
            let tokenizer = PieceTokenizer()
            let chunks = try cutting.chunks(of: document, tokenizer)
            #expect(brokenLaw(chunks, of: document, cutting, tokenizer) == nil, "document \(document.id)")
        }
    }

    @Test(arguments: cuttings.filter { $0.size >= 24 })
    func keepsTheLawsWithOtherTokenizers(cutting: Cutting) throws {
        let tokenizers: [any TextTokenizer] = [
            PieceTokenizer(limit: 64, specialTokens: 0, longest: 100), ByteTokenizer(limit: 64),
            PieceTokenizer(limit: 20),
        ]
        for (number, document) in OddDocuments.all.enumerated() {
            for tokenizer in [tokenizers[number % 3], tokenizers[(number + cutting.size) % 3]] {
                let chunks = try cutting.chunks(of: document, tokenizer)
                #expect(
                    brokenLaw(chunks, of: document, cutting, tokenizer) == nil,
                    "document \(document.id) \(tokenizer)"
                )
            }
        }
    }

    @Test(arguments: cuttings.filter { $0.unit == "characters" })
    func sizesInCharactersNeedNoTokenizer(cutting: Cutting) throws {
        for document in OddDocuments.all {
            let chunks = try cutting.chunks(of: document, nil)
            #expect(brokenLaw(chunks, of: document, cutting, nil) == nil, "document \(document.id)")
        }
    }

    @Test(arguments: cuttings.filter { $0.size >= 24 })
    func truncationKeepsTheSizeAndCountsWhatIsLost(cutting: Cutting) throws {
        var cutting = cutting
        cutting.oversize = "truncate"
        let tokenizer = PieceTokenizer(limit: 20)
        for document in OddDocuments.all {
            let chunks = try cutting.chunks(of: document, tokenizer)
            #expect(brokenLaw(chunks, of: document, cutting, tokenizer) == nil, "document \(document.id)")
        }
    }

    @Test(arguments: Chunkers.sized)
    func cutsEqualDocumentsEqually(name: String) throws {
        let cutting = Cutting(name: name, unit: "tokens", size: 24, overlap: 8)
        for document in OddDocuments.all where document.text.utf8.count < 10_000 {
            let once = try cutting.chunks(of: document, PieceTokenizer())
            #expect(try cutting.chunks(of: document, PieceTokenizer()) == once, "document \(document.id)")
        }
    }

    @Test func mergingKeepsTheLaws() throws {
        for size in [12, 24, 60, 200] {
            let cutting = Cutting(name: "headings", unit: "tokens", size: size, overlap: size / 4, merge: true)
            for document in OddDocuments.all {
                let chunks = try cutting.chunks(of: document, PieceTokenizer())
                #expect(brokenLaw(chunks, of: document, cutting, PieceTokenizer()) == nil, "document \(document.id)")
            }
        }
    }

    @Test(arguments: [UInt64(1), 2, 3, 4, 5, 6, 7, 8])
    func keepsTheLawsOnRandomDocuments(seed: UInt64) throws {
        var random = SeededRandom(seed: seed &* 7_919)
        for round in 0..<40 {
            let document = randomDocument(&random)
            let cutting = randomCutting(&random)
            let tokenizer: any TextTokenizer =
                random.index(below: 3) == 0
                ? ByteTokenizer(limit: 40 + random.index(below: 200))
                : PieceTokenizer(limit: 16 + random.index(below: 300), longest: 12 + random.index(below: 200))
            let chunks = try cutting.chunks(of: document, tokenizer)
            let broken = brokenLaw(chunks, of: document, cutting, tokenizer)
            #expect(broken == nil, "seed \(seed) round \(round) \(cutting)")
        }
    }

    private func randomCutting(_ random: inout SeededRandom) -> Cutting {
        let names = Chunkers.sized
        let size = 8 + random.index(below: random.index(below: 2) == 0 ? 40 : 400)
        var cutting = Cutting(
            name: names[random.index(below: names.count)],
            unit: random.index(below: 2) == 0 ? "tokens" : "characters",
            size: size,
            overlap: random.index(below: (size + 1) / 2)
        )
        cutting.oversize = random.index(below: 2) == 0 ? "split" : "truncate"
        cutting.merge = cutting.name == "headings" && random.index(below: 2) == 0
        return cutting
    }

    private func randomDocument(_ random: inout SeededRandom) -> Document {
        let pieces = [
            " ", " ", " ", "\n", "\n\n", "\n# Title\n", "\n## Sub heading here\n", "\n```\n", "\n| a | b |\n", ". ",
            "! ", "? ", "。", "、",
            "word", "longer", "a", "e.g. ", "3.14", "Dr. ", "\u{a0}", "\u{3000}", "検索", "é", "e\u{301}", "👩‍👩‍👧", "🇩🇪", "ß",
            "\"", ")",
            "internationalisation", "- item ", "\n- ", "…", "\t", "Then ", "ไทย", "\u{2028}", "한국어 ",
        ]
        var text = ""
        for _ in 0..<random.index(below: 400) {
            let piece = pieces[random.index(below: pieces.count)]
            text += random.index(below: 40) == 0 ? String(repeating: piece, count: 1 + random.index(below: 60)) : piece
        }
        return Document(id: "random", text: text, headings: OddDocuments.headings(of: text))
    }
}
