import AssayModel
import AssayStore
import Foundation
import Testing

@testable import AssayPipeline

/// Questions from a corpus: evidence, links, filters, with a script in place of a model.
struct GenerationTests {
    private func evidence(_ quote: String, _ document: String = "a.md", headings: [String] = ["Pumps"]) -> Evidence {
        Evidence(
            document: document,
            title: "Manual",
            headings: headings,
            span: 0..<quote.utf8.count,
            quote: quote,
            occurrence: 1,
            passage: quote,
            order: SHA256.hex(quote + document)
        )
    }

    @Test func sentencesThatPointBackAreNoEvidence() {
        #expect(EvidencePool.isUsable("The pump delivers forty litres a minute at normal pressure."))
        #expect(!EvidencePool.isUsable("It delivers forty litres a minute at normal pressure today."))
        #expect(!EvidencePool.isUsable("the pump delivers forty litres a minute at normal pressure."))
        #expect(!EvidencePool.isUsable("The pump delivers forty litres."))
        #expect(!EvidencePool.isUsable("The pump delivers forty litres a minute at normal pressure:"))
        #expect(!EvidencePool.isUsable("| The pump | delivers | forty | litres | a minute | at pressure."))
    }

    @Test func theFiltersSeeWords() {
        let pump = evidence("The Kestrel pump delivers 40 litres a minute at a pressure of 6 bar.")
        func reasons(_ question: String, _ answer: String, _ evidence: [Evidence]) -> [GeneratedRow.Review] {
            GenerationFilters.objections(question: question, answer: answer, evidence: evidence).map(\.review)
        }
        #expect(
            reasons("What flow rate can I expect from the Kestrel?", "It delivers 40 litres a minute.", [pump]).isEmpty
        )
        // The answer is made up.
        #expect(reasons("What flow rate can I expect?", "About ninety gallons hourly.", [pump]).first == .drop)
        // The question copies the evidence.
        #expect(
            reasons("The Kestrel pump delivers 40 litres a minute at what pressure?", "At a pressure of 6 bar.", [pump])
                == [
                    .edit
                ]
        )
        #expect(reasons("What flow does the passage name?", "It delivers 40 litres.", [pump]) == [.edit])
        #expect(reasons("Name the flow of that machine", "It delivers 40 litres.", [pump]) == [.edit])
        // Two pieces, but the answer needs one.
        let filter = evidence("Operators replace the Kestrel filter after 300 hours.", "b.md")
        #expect(
            reasons("How is the Kestrel kept going?", "It delivers 40 litres a minute.", [pump, filter]) == [.edit]
        )
        #expect(
            reasons(
                "How is the Kestrel kept going?",
                "It delivers 40 litres; replace the filter after 300 hours.",
                [pump, filter]
            )
            .isEmpty
        )
        let known = QuestionWriter.Guess(answer: "It delivers 40 litres a minute", knows: true)
        #expect(GenerationFilters.knowsBetter(known, than: "It delivers 40 litres a minute."))
        #expect(!GenerationFilters.knowsBetter(.init(answer: known.answer, knows: false), than: known.answer))
        #expect(!GenerationFilters.knowsBetter(.init(answer: "No idea at all", knows: true), than: known.answer))
    }

    @Test func linksJoinDocumentsByRareWords() {
        let filler = (0..<60).map {
            evidence("Filler sentence number \($0) about ordinary things in the world.", "f\($0).md")
        }
        let pieces =
            filler + [
                evidence("The Kestrel pump delivers much.", "a.md"),
                evidence("Replace the Kestrel filter soon.", "b.md"),
            ]
        let pairs = EvidenceLinks.pairs(pieces, count: 5) { _ in "dev" }
        #expect(pairs.map(\.link) == ["kestrel"])
        #expect(
            EvidenceLinks.pairs(pieces, count: 5) { $0 == "a.md" ? "dev" : "test" }.allSatisfy { $0.link != "kestrel" }
        )
    }

    @Test func gapsNameTheTellingWord() throws {
        let cloze = try #require(
            RuleQuestions.cloze(evidence("The Kestrel pump delivers 40 litres a minute in normal use."))
        )
        #expect(cloze.answer == "40")
        #expect(cloze.question.contains("delivers _____ litres"))
        let heading = try #require(
            RuleQuestions.heading(evidence("The pump runs.", headings: ["Manual", "Daily care"]))
        )
        #expect(heading.question == "What is said about \"Daily care\" (Manual)?")
        #expect(RuleQuestions.heading(evidence("The pump runs.", headings: ["Overview"])) == nil)
    }

    @Test func nearestTextIsTheBestWindow() throws {
        let text = NearestText(
            "Some words before. The valve closes within 12\nmilliseconds when hot. Some words after it."
        )
        let match = try #require(text.match("valve closes within 15 milliseconds"))
        #expect(match.text == "valve closes within 12 milliseconds")
        #expect(abs(match.overlap - 0.8) < 1e-12)
        #expect(text.match("entirely other things altogether") == nil)
    }
}
