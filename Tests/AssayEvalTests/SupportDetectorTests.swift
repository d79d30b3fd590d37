import AssayModel
import Testing

@testable import AssayEval

struct SupportDetectorTests {
    private struct Case: Decodable {
        var rows: [[Double]]
        var labels: [Int]
        var ridge: Double
        var weights: [Double]
        var intercept: Double
    }

    @Test func trainingEqualsScikitLearn() throws {
        for oracle in try oracle("logistic.json", as: Case.self) {
            let model = LogisticRegression(
                rows: oracle.rows,
                labels: oracle.labels.map { $0 == 1 },
                ridge: oracle.ridge
            )
            for (found, expected) in zip(model.weights + [model.intercept], oracle.weights + [oracle.intercept]) {
                #expect(abs(found - expected) < 1e-6, "\(found), not \(expected)")
            }
        }
    }

    /// Two features that say nearly the same: a free fit would set one against the other.
    @Test func noFeatureCountsAgainstItsDirection() async throws {
        var random = SeededRandom(seed: 9)
        var rows: [SupportFeatures] = []
        var labels: [Bool] = []
        let words = "alpha beta gamma delta epsilon zeta theta kappa lambda sigma".split(separator: " ").map(
            String.init
        )
        for number in 0..<80 {
            let kept = number % 2 == 0 ? 6 : random.index(below: 5)
            let told = random.shuffled(words)
            let foreign = (0..<(6 - kept)).map { "word\($0)x" }
            let answer = "Then " + (told.prefix(kept) + foreign).joined(separator: " ") + "."
            let made = try await SupportFeatures.make(
                answer: answer,
                question: "What?",
                passages: ["They say " + told.joined(separator: " ") + "."]
            ) { embedByLetters($0) }
            rows.append(try #require(made))
            labels.append(number % 2 == 0)
        }
        let model = SupportModel(training: rows, labels: labels)
        for (weight, feature) in zip(model.regression.weights, SupportFeatures.directions) {
            #expect(weight * feature.sign >= 0, "\(feature.name) \(weight)")
        }
        let right = zip(rows, labels).count { (model.probability($0) >= 0.5) == $1 }
        #expect(right >= 72, "\(right) of 80")
    }

    private let passages = [
        "The RX-40 controller needs 24 GiB of memory. It must not be started before the daemon is running.",
        "Backups are written to the Lisbon site every night.",
    ]

    private func features(_ answer: String) async throws -> SupportFeatures {
        try #require(
            try await SupportFeatures.make(
                answer: answer,
                question: "How much memory does the controller need?",
                passages: passages
            ) { embedByLetters($0) }
        )
    }

    @Test func featuresSeeNumbersNamesAndDenials() async throws {
        let good = try await features("The RX-40 controller needs 24 GiB of memory [1].")
        #expect(good["words"] == 1 && good["numbers"] == 1 && good["numbers_missing"] == 0 && good["names"] == 1)
        #expect(good["negation"] == 0 && good["new_words"] == 0)
        let number = try await features("The RX-40 controller needs 48 GiB of memory.")
        #expect(number["numbers"] == 0 && number["numbers_missing"] == 1)
        let name = try await features("Backups are written to the Madrid site every night.")
        #expect(name["names"] == 0 && name["names_missing"] == 1)
        let denial = try await features("The RX-40 controller needs not 24 GiB of memory.")
        #expect(denial["negation"] == 1)
    }

    @Test func textsWithoutWordsHaveNoFeatures() async throws {
        let none = try await SupportFeatures.make(answer: "[1].", question: "x", passages: passages) {
            embedByLetters($0)
        }
        #expect(none == nil)
        let empty = try await SupportFeatures.make(answer: "Yes, it does.", question: "x", passages: [" "]) {
            embedByLetters($0)
        }
        #expect(empty == nil)
    }

    @Test func corruptionsChangeWhatTheySay() throws {
        var random = SeededRandom(seed: 4)
        let answer = "The driver of version 535 was built by Nvidia in 2023. It is loaded at boot."
        let other = "The tables are kept in Lisbon. They can be read at night."
        let made = AnswerCorruption.allCases.map { ($0, $0.apply(to: answer, other: other, random: &random)) }
        for (kind, text) in made {
            let text = try #require(text, "\(kind)")
            #expect(text != answer)
            switch kind {
            case .number: #expect(!(text.contains("535") && text.contains("2023")))
            case .name: #expect(text.contains("Lisbon") && !text.contains("Nvidia"))
            case .negation: #expect(text.contains("not"))
            case .sentence: #expect(text.contains("Lisbon") || text.contains("night"))
            case .answer: #expect(text == other)
            }
        }
        #expect(AnswerCorruption.number.apply(to: "No number here.", other: other, random: &random) == nil)
        #expect(AnswerCorruption.negation.apply(to: "It is not so.", other: other, random: &random) == "It is so.")
    }

    @Test func theMetricKeepsToItsStates() async throws {
        let tools = MetricTools(embed: { embedByLetters($0) })
        let metric = try Metrics.make("groundedness_detector")
        func score(_ answer: Answer?, _ texts: [String]) async throws -> MetricResult {
            let chunks = texts.enumerated().map { chunk("d\($0)", 0, 10, text: $1) }
            let sample = Sample(
                question: Question(id: "q", question: "How much memory?"),
                goldSpans: [],
                retrieved: chunks,
                contextCount: chunks.count,
                answer: answer
            )
            return try await metric.score(sample, tools: tools)
        }
        let good = try await score(answer("The RX-40 controller needs 24 GiB of memory."), passages)
        let bad = try await score(answer("Ravioli with 99 Genoese spices was never served in Turin."), passages)
        #expect((good.score.value ?? 0) > (bad.score.value ?? 1))
        #expect(good.details?["features"]?["words"]?.doubleValue == 1)
        #expect(
            try await score(answer("x", abstained: true), passages).score
                == .notApplicable(reason: "the answer abstains")
        )
        #expect(try await score(answer("A fact."), []).score == .scored(0))
        #expect(try await score(answer("A fact."), [""]).score.value == nil)
        #expect(try await score(nil, passages).score == .notApplicable(reason: "not answered in this run"))
    }
}
