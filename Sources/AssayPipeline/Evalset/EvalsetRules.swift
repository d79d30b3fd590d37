import AssayModel

/// Checks of an evalset's rows that need no corpus.
enum EvalsetRules {
    /// Labels, tags and references that do not fit together.
    static func labels(_ evalset: EvalsetSource) -> [EvalsetFinding] {
        var findings: [EvalsetFinding] = []
        let blank = evalset.questions.filter { !$0.isUnanswerable && $0.reference.allSatisfy(\.isWhitespace) }
        for question in evalset.questions {
            let place = evalset.places[question.id]
            let isTagged = question.tags.contains("unanswerable")
            let isLabelled = !question.gold.isEmpty || !(question.qrels ?? [:]).isEmpty
            if !isLabelled, !isTagged {
                findings.append(
                    EvalsetFinding(
                        "unlabelled",
                        .warning,
                        [question.id],
                        at: place,
                        "\(question.id) has no label and no tag 'unanswerable': it counts as unanswerable",
                        suggestion: "label it, or tag it"
                    )
                )
            }
            if isLabelled, isTagged {
                findings.append(
                    EvalsetFinding(
                        "contradiction",
                        .error,
                        [question.id],
                        at: place,
                        "\(question.id) is tagged 'unanswerable' but has labels"
                    )
                )
            }
            if blank.count < evalset.questions.count / 2, blank.contains(where: { $0.id == question.id }) {
                findings.append(
                    EvalsetFinding(
                        "reference",
                        .warning,
                        [question.id],
                        at: place,
                        "\(question.id) has no reference: metrics of answers do not apply to it"
                    )
                )
            }
            findings += leaks(question, at: place)
        }
        if !blank.isEmpty, blank.count >= evalset.questions.count / 2 {
            findings.append(
                EvalsetFinding(
                    "reference",
                    .note,
                    [],
                    "\(blank.count) of \(evalset.questions.count) questions have no reference: metrics of answers do not apply"
                )
            )
        }
        return findings
    }

    /// Conversations that the pipeline would not see.
    static func conversations(_ evalset: EvalsetSource, isRewritten: Bool) -> [EvalsetFinding] {
        let following = evalset.questions.count { $0.history?.isEmpty == false }
        guard following > 0, !isRewritten else { return [] }
        return [
            EvalsetFinding(
                "history",
                .note,
                [],
                "\(following) of \(evalset.questions.count) questions follow a conversation, which a pipeline without 'rewrite' does not "
                    + "see"
            )
        ]
    }

    /// A question in the words of its evidence is found by any keyword search.
    private static func leaks(_ question: Question, at place: Place?) -> [EvalsetFinding] {
        let words = QuestionLikeness.words(of: question.question)
        for quote in question.gold {
            let run = longestRun(words, QuestionLikeness.words(of: quote.quote))
            if run >= 8 {
                return [
                    EvalsetFinding(
                        "wording",
                        .note,
                        [question.id],
                        at: place,
                        "\(question.id) shares \(run) words in a row with its evidence: a keyword search will find it"
                    )
                ]
            }
        }
        return []
    }

    /// Length of the longest run of words that both have.
    static func longestRun(_ left: [String], _ right: [String]) -> Int {
        var last = [Int](repeating: 0, count: right.count + 1)
        var best = 0
        for word in left {
            var row = [Int](repeating: 0, count: right.count + 1)
            for (index, other) in right.enumerated() where word == other {
                row[index + 1] = last[index] + 1
                best = max(best, row[index + 1])
            }
            last = row
        }
        return best
    }

    /// Evidence that questions of both splits rest on: tuning on one split tunes on the other.
    static func sharedEvidence(_ evalset: EvalsetSource, _ spans: [String: [GoldSpan]]) -> [EvalsetFinding] {
        var byDocument: [String: [(span: GoldSpan, question: Question)]] = [:]
        for question in evalset.questions {
            for span in spans[question.id] ?? [] { byDocument[span.document, default: []].append((span, question)) }
        }
        var findings: [EvalsetFinding] = []
        var seen: Set<[String]> = []
        for (_, entries) in byDocument.sorted(by: { $0.key < $1.key }) {
            for (position, entry) in entries.enumerated() {
                for other in entries[..<position] where other.question.split != entry.question.split {
                    let shared = min(entry.span.end, other.span.end) - max(entry.span.start, other.span.start)
                    let shorter = min(entry.span.end - entry.span.start, other.span.end - other.span.start)
                    guard shorter > 0, 2 * shared >= shorter,
                        seen.insert([other.question.id, entry.question.id]).inserted
                    else { continue }
                    findings.append(
                        EvalsetFinding(
                            "evidence",
                            .warning,
                            [other.question.id, entry.question.id],
                            at: evalset.places[entry.question.id],
                            "\(other.question.id) (\(other.question.split)) and \(entry.question.id) (\(entry.question.split)) rest "
                                + "on the same text of '\(entry.span.document)'",
                            suggestion: "put both into one split"
                        )
                    )
                }
            }
        }
        return findings
    }

    /// Questions by tag and split, most frequent first.
    static func tags(_ evalset: EvalsetSource) -> [EvalsetReport.TagLine] {
        var counts: [String: [String: Int]] = [:]
        for question in evalset.questions {
            for tag in Set(question.tags) { counts[tag, default: [:]][question.split, default: 0] += 1 }
        }
        return counts.map { EvalsetReport.TagLine(tag: $0.key, questions: $0.value) }.sorted {
            let (left, right) = ($0.questions.values.reduce(0, +), $1.questions.values.reduce(0, +))
            return left == right ? $0.tag < $1.tag : left > right
        }
    }

    /// Tags that one split lacks or has far too many of, and source documents that both splits use.
    static func balance(_ evalset: EvalsetSource) -> [EvalsetFinding] {
        let total = Dictionary(evalset.questions.map { ($0.split, 1) }, uniquingKeysWith: +)
        guard total.count > 1 else { return [] }
        let all = Double(evalset.questions.count)
        var findings: [EvalsetFinding] = []
        for line in tags(evalset) {
            let count = line.questions.values.reduce(0, +)
            for (split, size) in total.sorted(by: { $0.key < $1.key }) {
                let expected = Double(count) * Double(size) / all
                let found = line.questions[split] ?? 0
                // Hypergeometric variance: a split is a draw without replacement.
                let share = Double(size) / all
                let deviation = (expected * (1 - share) * (all - Double(count)) / max(1, all - 1)).squareRoot()
                guard expected >= 3, deviation > 0, abs(Double(found) - expected) > 2.58 * deviation else { continue }
                findings.append(
                    EvalsetFinding(
                        "balance",
                        .note,
                        [],
                        "the split '\(split)' has \(found) questions with the tag '\(line.tag)', \(Int(expected.rounded())) would be "
                            + "its share"
                    )
                )
            }
        }
        var splitsOf: [String: Set<String>] = [:]
        for question in evalset.questions {
            for quote in question.gold { splitsOf[quote.document, default: []].insert(question.split) }
        }
        let both = splitsOf.count { $0.value.count > 1 }
        if both > 0 {
            findings.append(
                EvalsetFinding(
                    "documents",
                    .note,
                    [],
                    "\(both) of \(splitsOf.count) source documents have questions in several splits: the splits are not independent"
                )
            )
        }
        return findings
    }
}
