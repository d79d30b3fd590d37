import AssayModel

@testable import AssayReport

// A record of any size.

extension SampleRecords {
    /// A record of `questions` questions, `depth` passages each, over a corpus of 1,200 chunks of about 700 bytes.
    static func large(questions: Int, depth: Int = 100, seed: UInt64 = 7) -> RunRecord {
        var random = SeededRandom(seed: seed)
        let words =
            ("cache token batch kernel memory bandwidth latency driver tensor quantisation layer attention head prefix page block "
            + "throughput engine prompt window server request queue stream the a of and to in is with for when each per about")
            .split(separator: " ")
        func text(_ count: Int) -> String {
            (0..<count).map { _ in String(words[random.index(below: words.count)]) }.joined(separator: " ")
        }
        let kinds = ["fact", "fact", "comparison", "procedure", "multi-document", "unanswerable"]
        let pool = (0..<1_200).map { number in
            chunk("handbook/chapter-\(number / 40).md", (number % 40) * 700, text(105), 0)
        }
        let rows = (0..<questions).map { number -> QuestionResult in
            let kind = kinds[random.index(below: kinds.count)]
            let target = pool[random.index(below: pool.count)]
            let isAnswerable = kind != "unanswerable"
            var found = (0..<depth).map { rank in
                var chunk = pool[random.index(below: pool.count)]
                chunk.score = 0.9 - 0.7 * Double(rank) / Double(depth) - 0.005 * random.unit()
                if rank >= 10 { chunk.text = "" }
                return chunk
            }
            let place = random.index(below: 8)
            if isAnswerable, place < 5, place < depth {
                let score = found[place].score
                found[place] = target
                found[place].score = score
            }
            let hit = isAnswerable && place < 5
            let declined = !isAnswerable && random.index(below: 2) == 0
            let isFailed = number % 97 == 13
            let body = text(24) + " [1], " + text(9) + " [2]."
            let first = body.utf8.count - 4
            let answer =
                isFailed
                ? nil
                : Answer(
                    text: declined ? "The documents do not answer this question." : body,
                    citations: declined ? [] : [Citation(number: 2, start: first, end: first + 3, chunk: found[1].id)],
                    abstained: declined,
                    finish: number % 41 == 5 ? .length : .stop,
                    usage: Usage(promptTokens: 900, completionTokens: 44)
                )
            func score(_ value: Double) -> MetricResult { MetricResult(.scored(value)) }
            let none = MetricResult(.notApplicable(reason: "the question is unanswerable"))
            let missing = MetricResult(.notScored(reason: "there is no answer"))
            let verdicts = (0..<3).map { _ in
                [
                    "statement": .string(text(9)), "verdict": .bool(random.index(below: 3) > 0),
                    "reason": .string(text(12)),
                ] as JSONValue
            }
            return QuestionResult(
                sample: Sample(
                    question: Question(
                        id: "Q-\(String(repeating: "0", count: 4 - "\(number)".utf8.count))\(number)",
                        question: text(11) + "?",
                        reference: isAnswerable ? text(18) + "." : "The documents do not answer this question.",
                        gold: isAnswerable
                            ? [GoldQuote(document: target.document, quote: target.text.slice(bytes: 80..<240))] : [],
                        tags: [kind, "topic-\(random.index(below: 12))"]
                    ),
                    goldSpans: isAnswerable
                        ? [GoldSpan(document: target.document, start: target.start + 80, end: target.start + 240)] : [],
                    retrieved: found,
                    contextCount: min(4, depth),
                    answer: answer
                ),
                scores: [
                    "span_recall@5": isAnswerable ? score(hit ? 1 : random.unit() < 0.3 ? 0.5 : 0) : none,
                    "mrr": isAnswerable ? score(hit ? 1 / Double(place + 1) : 0) : none,
                    "token_f1": isFailed
                        ? missing : isAnswerable ? score(0.2 + 0.7 * random.unit() * random.unit()) : none,
                    "faithfulness": isFailed
                        ? missing
                        : MetricResult(
                            .scored(Double(random.index(below: 4)) / 3),
                            details: ["statements": .array(verdicts)]
                        ),
                    "latency|s": isFailed ? missing : score(1 + 9 * random.unit()),
                ],
                failure: isFailed ? "engine.timeout: no token within 60 s" : nil
            )
        }
        var record = small
        record.results.pipeline = "handbook-headings-160"
        record.results.questions = rows.map { row in
            var row = row
            if let f1 = row.scores["token_f1"]?.score.value, f1 < 0.25 { row.attribution = .usedWrong }
            return row
        }
        record.results.metrics = metrics.map { summary($0, rows) }
        record.results.evalset = EvalsetSummary(
            name: "handbook",
            fingerprint: "77ab03",
            split: "dev",
            questions: questions,
            unanswerable: rows.count { $0.sample.question.isUnanswerable },
            answered: questions
        )
        record.timings.questions = Dictionary(
            uniqueKeysWithValues: rows.map {
                (
                    $0.sample.question.id,
                    QuestionTiming(retrieveMs: 2, answer: CallTimings(firstTokenMs: 400, totalMs: 2_100))
                )
            }
        )
        return record
    }
}
