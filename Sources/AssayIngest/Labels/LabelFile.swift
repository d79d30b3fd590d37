package import AssayModel

/// People's labels of answers, read strictly.
///
/// A `.jsonl` file has one `{"id", "question", "answer", "contexts": [text, …], "reference", "document", "labels": {NAME: whole number}}`
/// a line. A `.tsv` file has a header with the columns `id question answer context reference document` and `label:NAME` in any order;
/// several columns may be called `context`. Only `question`, `answer` and one label must be there. A TSV file with ARES's header
/// (`Question`, `Document`, `Answer`, `…_Label`) is read as such.
package struct LabelFile: Sendable, Equatable {
    /// The rows in the order of the file.
    package let rows: [LabelledAnswer]
    /// SHA-256 of the file.
    package let digest: String

    /// Reads a file.
    ///
    /// - Parameter path: A `.jsonl` or `.tsv` file.
    /// - Throws: `AssayError` "labels.…" with file and line.
    package init(reading path: String) throws {
        guard path.hasSuffix(".jsonl") || path.hasSuffix(".tsv") else {
            throw AssayError("labels.kind", "labels are read from .jsonl and .tsv files", at: Place(file: path))
        }
        let isTable = path.hasSuffix(".tsv")
        var lines = try LineReader(opening: path, limit: 16 << 20)
        var header: LabelColumns?
        var rows: [LabelledAnswer] = []
        var ids: Set<String> = []
        while let line = try lines.next() {
            guard line.contains(where: { $0 > 0x20 }) else { continue }
            let place = lines.place
            if isTable, header == nil {
                header = try LabelColumns(TabSeparated.fields(line, at: place), at: place)
                continue
            }
            let number = rows.count + 1
            let row =
                try header.map { try $0.row(TabSeparated.fields(line, at: place), number: number, at: place) }
                ?? LabelRow.read(JSONLine.parse(line, at: place), number: number, at: place)
            guard ids.insert(row.id).inserted else {
                throw AssayError("labels.duplicate", "the id '\(row.id)' stands twice", at: place)
            }
            rows.append(row)
        }
        guard rows.contains(where: { !$0.labels.isEmpty }) else {
            throw AssayError("labels.empty", "the file has no labelled row", at: Place(file: path))
        }
        self.rows = rows
        digest = try SHA256.hex(file: path)
    }

    /// Names of the labels, sorted.
    package var names: [String] { Set(rows.flatMap(\.labels.keys)).sorted() }
}

/// A row of a JSONL file.
private enum LabelRow {
    static let known = ["id", "question", "answer", "contexts", "reference", "document", "labels"]

    static func read(_ value: JSONValue, number: Int, at place: Place) throws -> LabelledAnswer {
        guard case .object(let members) = value else { throw wrong("a row", "a JSON object", place) }
        for key in members.keys.sorted() where !known.contains(key) {
            let near = nearestName(to: key, among: known).map { " (did you mean '\($0)'?)" } ?? ""
            throw AssayError(
                "labels.unknown-key",
                "unknown key '\(key.prefix(60))'\(near); known: \(known.joined(separator: ", "))",
                at: place
            )
        }
        func text(_ key: String, default standard: String? = nil) throws -> String {
            if let text = members[key]?.stringValue { return text }
            guard members[key] == nil, let standard else { throw wrong("'\(key)'", "a text", place) }
            return standard
        }
        let contexts = try (members["contexts"] ?? .array([])).arrayValue.map { elements in
            try elements.map { element in
                guard let text = element.stringValue else { throw wrong("'contexts'", "a list of texts", place) }
                return text
            }
        }
        guard let contexts else { throw wrong("'contexts'", "a list of texts", place) }
        guard case .object(let found)? = members["labels"] ?? .object([:]) else {
            throw wrong("'labels'", "a mapping of names to whole numbers", place)
        }
        let labels = try found.mapValues { label in
            guard let number = label.intValue else { throw wrong("a label", "a whole number", place) }
            return number
        }
        return LabelledAnswer(
            id: try text("id", default: "\(number)"),
            question: try text("question"),
            answer: try text("answer"),
            contexts: contexts,
            reference: try text("reference", default: ""),
            document: members["document"]?.stringValue,
            labels: labels
        )
    }

    private static func wrong(_ what: String, _ allowed: String, _ place: Place) -> AssayError {
        AssayError("labels.type", "\(what) must be \(allowed)", at: place)
    }
}

/// What the columns of a TSV file are.
private struct LabelColumns {
    private enum Role: Equatable {
        case id, question, answer, context, reference, document, ignored
        case label(String)
    }

    /// ARES's columns under our names; `Sources` is the page that an answer was made from.
    private static let ares: [String: Role] = [
        "Question": .question, "Document": .context, "Answer": .answer, "Sources": .ignored, "Reaction": .ignored,
        "Context_Relevance_Label": .label("context_relevance"), "Answer_Faithfulness_Label": .label("faithfulness"),
        "Answer_Relevance_Label": .label("answer_relevance"),
    ]

    private let roles: [Role]

    init(_ names: [String], at place: Place) throws {
        let isAres =
            names.contains("Question") && names.contains("Document") && names.contains { $0.hasSuffix("_Label") }
        roles = try names.map { name in
            if isAres { return Self.ares[name] ?? .ignored }
            switch name {
            case "id": return .id
            case "question": return .question
            case "answer": return .answer
            case "context": return .context
            case "reference": return .reference
            case "document": return .document
            default:
                guard name.hasPrefix("label:"), name.utf8.count > 6 else {
                    throw AssayError(
                        "labels.column",
                        "unknown column '\(name.prefix(60))'; known: id, question, answer, context, reference, document, label:NAME",
                        at: place
                    )
                }
                return .label(String(name.dropFirst(6)))
            }
        }
        guard roles.contains(.question), roles.contains(.answer) else {
            throw AssayError("labels.column", "the columns 'question' and 'answer' must be there", at: place)
        }
    }

    func row(_ fields: [String], number: Int, at place: Place) throws -> LabelledAnswer {
        guard fields.count == roles.count else {
            throw AssayError(
                "labels.columns",
                "the row has \(fields.count) fields, the header \(roles.count)",
                at: place
            )
        }
        var row = LabelledAnswer(id: "\(number)", question: "", answer: "", contexts: [], labels: [:])
        for (role, field) in zip(roles, fields) {
            switch role {
            case .id: row.id = field
            case .question: row.question = field
            case .answer: row.answer = field
            case .context: if !field.trimmed.isEmpty { row.contexts.append(field) }
            case .reference: row.reference = field
            case .document: row.document = field
            case .ignored: break
            case .label(let name):
                // An empty field is a row that nobody labelled.
                if field.trimmed.isEmpty { continue }
                guard let value = Int(field.trimmed) else {
                    throw AssayError("labels.type", "'\(field.prefix(40))' is not a whole number", at: place)
                }
                row.labels[name] = value
            }
        }
        return row
    }
}

/// Lines of tab-separated fields, where a field may stand in quotes as in CSV.
private enum TabSeparated {
    static func fields(_ line: ArraySlice<UInt8>, at place: Place) throws -> [String] {
        try line.split(separator: 0x09, omittingEmptySubsequences: false).map { bytes in
            guard var text = String(validating: bytes, as: UTF8.self) else {
                throw AssayError("labels.encoding", "a field is not UTF-8", at: place)
            }
            if text.utf8.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") {
                text = String(text.dropFirst().dropLast()).replacing("\"\"", with: "\"")
            }
            return text
        }
    }
}
