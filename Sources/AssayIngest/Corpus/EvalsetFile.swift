package import AssayModel

/// The questions of an evalset, read strictly from JSON lines.
///
/// A row is `{"id", "question", "reference", "gold": [{"document", "quote", "occurrence"}], "tags", "split"}`; only `id` and
/// `question`, and in a gold label `document` and `quote`, must be there. Generated rows have more: `review` (`keep`, `drop`, `edit`),
/// `reasons` and `made`. Only rows that are kept, or have no review, are questions.
/// For some metrics a row may have `reference_contexts`, a list of texts, `rubric`, a mapping from score to meaning, and `attack`, the
/// signs of an attack that worked: `{"says": [texts], "image", "forged_citation", "control_token", "twin_of"}`.
/// A question within a conversation has `history`, the turns before it: `[{"role": "user", "text"}, {"role": "assistant", "text"}]`.
package struct EvalsetFile: Sendable, Equatable {
    /// The questions in the order of the file.
    package let questions: [Question]
    /// Where each question stands, parallel to `questions`.
    package let places: [Place]
    /// Rows whose review says `drop` or `edit`.
    package let held: Int

    /// Reads a file and stops at its first error.
    ///
    /// - Parameter path: The file, usually `questions.jsonl`.
    /// - Throws: `AssayError` with file and line, what is wrong and what is allowed.
    package init(reading path: String) throws {
        let checked = try Self.check(path)
        if let first = checked.errors.first { throw first }
        if checked.file.questions.isEmpty {
            throw AssayError(
                "evalset.empty",
                "the evalset has no questions",
                at: Place(file: path),
                remedy: checked.file.held > 0
                    ? "\(checked.file.held) rows wait for review: set 'review' to keep where they are right" : nil
            )
        }
        self = checked.file
    }

    private init(questions: [Question], places: [Place], held: Int) {
        self.questions = questions
        self.places = places
        self.held = held
    }

    /// Reads a file and lists its errors.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - limit: Errors at most; reading stops there.
    /// - Returns: The rows that are right and the errors of the others.
    /// - Throws: `AssayError` when the file cannot be read.
    package static func check(
        _ path: String,
        limit: Int = 100
    ) throws -> (file: EvalsetFile, errors: [AssayError]) {
        var lines = try LineReader(opening: path, limit: 4 << 20)
        var questions: [Question] = []
        var places: [Place] = []
        var errors: [AssayError] = []
        var firstLines: [String: Int] = [:]
        var held = 0
        while let line = try lines.next(), errors.count < limit {
            guard line.contains(where: { $0 > 0x20 }) else { continue }
            let place = lines.place
            do {
                let (question, isKept) = try EvalsetRow.question(JSONLine.parse(line, at: place), at: place)
                if let first = firstLines.updateValue(lines.line, forKey: question.id) {
                    throw AssayError(
                        "evalset.duplicate",
                        "the id '\(question.id)' stands in line \(first) already",
                        at: place
                    )
                }
                guard isKept else {
                    held += 1
                    continue
                }
                questions.append(question)
                places.append(place)
            } catch let error as AssayError {
                errors.append(error)
            }
        }
        return (EvalsetFile(questions: questions, places: places, held: held), errors)
    }
}

/// One row of an evalset: what is allowed in it.
private struct EvalsetRow {
    private let what: String
    private let place: Place
    private let members: [String: JSONValue]

    static func question(_ value: JSONValue, at place: Place) throws -> (question: Question, isKept: Bool) {
        let row = try EvalsetRow(
            value,
            "a question",
            [
                "id", "question", "reference", "gold", "tags", "split", "review", "reasons", "made",
                "reference_contexts", "rubric", "attack", "history",
            ],
            place
        )
        let question = Question(
            id: try row.text("id"),
            question: try row.text("question"),
            reference: try row.text("reference", default: ""),
            gold: try row.list("gold").map { try gold($0, at: place) },
            tags: try row.list("tags").map { try row.tag($0) },
            split: try row.split(),
            referenceContexts: try row.referenceContexts(),
            rubric: try row.rubric(),
            attack: try row.attack(),
            history: try row.history()
        )
        let review = try row.text("review", default: "keep")
        guard ["keep", "drop", "edit"].contains(review) else { throw row.wrong("review", "'keep', 'drop' or 'edit'") }
        return (question, review == "keep")
    }

    private static func gold(_ value: JSONValue, at place: Place) throws -> GoldQuote {
        let row = try EvalsetRow(value, "a gold label", ["document", "quote", "occurrence"], place)
        return GoldQuote(
            document: try row.text("document"),
            quote: try row.text("quote"),
            occurrence: try row.occurrence()
        )
    }

    private init(_ value: JSONValue, _ what: String, _ known: [String], _ place: Place) throws {
        guard case .object(let members) = value else {
            throw AssayError("evalset.type", "\(what) must be a JSON object", at: place)
        }
        for key in members.keys.sorted() where !known.contains(key) {
            let near = nearestName(to: key, among: known).map { " (did you mean '\($0)'?)" } ?? ""
            throw AssayError(
                "evalset.unknown-key",
                "\(what) has an unknown key '\(key.prefix(60))'\(near); known: \(known.joined(separator: ", "))",
                at: place
            )
        }
        self.what = what
        self.place = place
        self.members = members
    }

    /// A text; with a default it may be missing or empty.
    private func text(_ key: String, default standard: String? = nil) throws -> String {
        switch members[key] {
        case .string(let text):
            if standard == nil, text.trimmed.isEmpty {
                throw AssayError("evalset.empty-value", "'\(key)' of \(what) is empty", at: place)
            }
            return text
        case nil:
            if let standard { return standard }
            throw AssayError("evalset.missing", "\(what) has no '\(key)', which must be there", at: place)
        default: throw wrong(key, "a text")
        }
    }

    private func list(_ key: String) throws -> [JSONValue] {
        guard let value = members[key] else { return [] }
        guard case .array(let elements) = value else { throw wrong(key, "a list") }
        return elements
    }

    private func tag(_ value: JSONValue) throws -> String {
        guard case .string(let tag) = value, !tag.isEmpty else { throw wrong("tags", "a list of texts") }
        return tag
    }

    private func referenceContexts() throws -> [String]? {
        guard members["reference_contexts"] != nil else { return nil }
        return try list("reference_contexts").map { element in
            guard case .string(let text) = element, !text.trimmed.isEmpty else {
                throw wrong("reference_contexts", "a list of texts that are not empty")
            }
            return text
        }
    }

    private func rubric() throws -> [String: String]? {
        guard let value = members["rubric"] else { return nil }
        guard case .object(let levels) = value, levels.count >= 2 else {
            throw wrong("rubric", "a mapping of at least two scores to what they mean")
        }
        return try levels.mapValues { meaning in
            guard case .string(let text) = meaning, !text.trimmed.isEmpty else {
                throw wrong("rubric", "a mapping of scores to texts that are not empty")
            }
            return text
        }
    }

    private func attack() throws -> AttackCheck? {
        guard let value = members["attack"] else { return nil }
        let row = try EvalsetRow(
            value,
            "an attack",
            ["says", "image", "forged_citation", "control_token", "twin_of"],
            place
        )
        let says = try row.list("says").map { element in
            guard case .string(let text) = element, !text.trimmed.isEmpty else {
                throw row.wrong("says", "a list of texts that are not empty")
            }
            return text
        }
        let twin = try row.text("twin_of", default: "")
        let check = AttackCheck(
            says: says,
            image: try row.flag("image"),
            forgedCitation: try row.flag("forged_citation"),
            controlToken: try row.flag("control_token"),
            twinOf: twin.isEmpty ? nil : twin
        )
        guard !check.says.isEmpty || check.image || check.forgedCitation || check.controlToken else {
            throw AssayError("evalset.missing", "an attack has no sign by which it is known", at: place)
        }
        return check
    }

    private func history() throws -> [Turn]? {
        guard members["history"] != nil else { return nil }
        let turns = try list("history").map { element in
            let row = try EvalsetRow(element, "a turn of 'history'", ["role", "text"], place)
            guard let role = Turn.Role(rawValue: try row.text("role")) else {
                throw row.wrong("role", "'user' or 'assistant'")
            }
            return Turn(role, try row.text("text"))
        }
        guard !turns.isEmpty else {
            throw AssayError("evalset.history", "'history' has no turns", at: place, remedy: "leave it out")
        }
        if let problem = Turn.problem(of: turns) {
            throw AssayError("evalset.history", "'history' is no conversation: \(problem)", at: place)
        }
        return turns
    }

    private func flag(_ key: String) throws -> Bool {
        guard let value = members[key] else { return false }
        guard case .bool(let flag) = value else { throw wrong(key, "true or false") }
        return flag
    }

    private func split() throws -> String {
        let split = try text("split", default: "dev")
        guard split == "dev" || split == "test" else { throw wrong("split", "'dev' or 'test'") }
        return split
    }

    private func occurrence() throws -> Int {
        guard let value = members["occurrence"] else { return 1 }
        guard case .int(let number) = value, number >= 1 else { throw wrong("occurrence", "a whole number from 1") }
        return number
    }

    private func wrong(_ key: String, _ allowed: String) -> AssayError {
        AssayError("evalset.type", "'\(key)' of \(what) must be \(allowed)", at: place)
    }
}
