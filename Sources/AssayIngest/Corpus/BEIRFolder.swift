package import AssayModel
import Glibc

/// A data set in the BEIR layout: `corpus.jsonl`, `queries.jsonl` and `qrels/SPLIT.tsv`.
///
/// All calls block; don't make them on the cooperative pool.
package struct BEIRFolder: Sendable {
    /// Path of the folder.
    package let path: String

    /// Opens a data set.
    ///
    /// - Parameter path: The folder.
    /// - Throws: `AssayError` "beir.missing" with the files that a data set has.
    package init(opening path: String) throws {
        self.path = path
        for name in ["corpus.jsonl", "queries.jsonl"] where unsafe access("\(path)/\(name)", R_OK) != 0 {
            throw AssayError(
                "beir.missing",
                "there is no readable \(name); a BEIR folder has corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv",
                at: Place(file: path)
            )
        }
    }

    /// The file that holds the documents, for its content hash.
    package var corpus: SourceFile { SourceFile(path: "\(path)/corpus.jsonl", id: "corpus.jsonl") }

    /// Names of the splits that have relevance judgements, sorted.
    package var splits: [String] {
        guard let folder = unsafe opendir("\(path)/qrels") else { return [] }
        defer { unsafe _ = closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            if let name = unsafe fileName(of: entry), name.hasSuffix(".tsv"), !name.hasPrefix(".") {
                names.append(String(name.dropLast(4)))
            }
        }
        return names.sorted()
    }

    /// Reads the documents line by line, in memory that does not grow with the text of the corpus.
    ///
    /// - Parameter emit: Called for each document: id `_id`, text = title, line feed, text (only the text when the title is empty),
    ///   which is what Anserini's flat BEIR index holds.
    /// - Throws: `AssayError` with file and line; or what `emit` throws.
    package func documents(emit: (Document) throws -> Void) throws {
        var lines = try LineReader(opening: corpus.path)
        var ids = DocumentIds()
        while let line = try lines.next() {
            guard line.contains(where: { $0 > 0x20 }) else { continue }
            let place = lines.place
            let row = try BEIRRow(line, at: place)
            let document = try row.document()
            if ids.admit(document.id, of: corpus) != nil {
                throw AssayError("beir.duplicate", "the document id '\(document.id)' stands twice", at: place)
            }
            try emit(document)
        }
    }

    /// Reads the questions that have judgements in `split`, in the order of `queries.jsonl`.
    ///
    /// - Parameter split: A name of `splits`.
    /// - Returns: Questions with graded relevance by document id.
    /// - Throws: `AssayError` with file and line.
    package func questions(split: String) throws -> [Question] {
        guard splits.contains(split) else {
            let known = splits.isEmpty ? "none" : splits.joined(separator: ", ")
            let near = nearestName(to: split, among: splits).map { " (did you mean '\($0)'?)" } ?? ""
            throw AssayError(
                "beir.split",
                "there is no split '\(split)'\(near); there are: \(known)",
                at: Place(file: path)
            )
        }
        var judgements = try BEIRJudgements(reading: "\(path)/qrels/\(split).tsv")
        var questions: [Question] = []
        var seen: Set<String> = []
        var lines = try LineReader(opening: "\(path)/queries.jsonl")
        while let line = try lines.next() {
            guard line.contains(where: { $0 > 0x20 }) else { continue }
            let row = try BEIRRow(line, at: lines.place)
            let id = try row.id()
            guard seen.insert(id).inserted else {
                throw AssayError("beir.duplicate", "the query id '\(id)' stands twice", at: row.place)
            }
            guard let qrels = judgements.take(id) else { continue }
            let text = try row.text("text").trimmed
            if text.isEmpty { throw AssayError("beir.row", "the query is empty", at: row.place) }
            questions.append(Question(id: id, question: text, qrels: qrels, split: split))
        }
        try judgements.refuseRest()
        return questions
    }
}

/// One row of a BEIR file.
private struct BEIRRow {
    let place: Place
    private let members: [String: JSONValue]

    init(_ line: ArraySlice<UInt8>, at place: Place) throws {
        self.place = place
        guard case .object(let members) = try JSONLine.parse(line, at: place) else {
            throw AssayError("beir.row", "the row is not a JSON object", at: place)
        }
        self.members = members
    }

    func id() throws -> String {
        switch members["_id"] {
        case .string(let id) where !id.isEmpty: return id
        case .int(let id): return String(id)
        default: throw AssayError("beir.row", "'_id' must be a text that is not empty", at: place)
        }
    }

    func text(_ field: String) throws -> String {
        guard case .string(let text) = members[field] else {
            throw AssayError("beir.row", "'\(field)' must be a text", at: place)
        }
        return text
    }

    func document() throws -> Document {
        let id = try id()
        var stripped = StrippedCharacters()
        let hasTitle = members["title"].map { $0 != .null } ?? false
        let title = TextCleaner.clean(hasTitle ? try text("title") : "", counting: &stripped).trimmed
        let body = TextCleaner.clean(try text("text"), counting: &stripped)
        return Document(
            id: id,
            title: title,
            text: title.isEmpty ? body : title + "\n" + body,
            sourceMap: SourceMap([SourceMap.Run(text: 0, line: place.line ?? 1)]),
            stripped: stripped
        )
    }
}

/// The judgements of one split, by query.
private struct BEIRJudgements {
    private var byQuery: [String: (line: Int, grades: [String: Int])] = [:]
    private let path: String

    /// Reads `query-id, corpus-id, score` separated by tabs, with or without the header line.
    init(reading path: String) throws {
        self.path = path
        var lines = try LineReader(opening: path, limit: 1 << 16)
        while let line = try lines.next() {
            let text = String(decoding: line, as: UTF8.self)
            if text.trimmed.isEmpty { continue }
            let fields = text.split(separator: "\t", omittingEmptySubsequences: false).map { $0.trimmed }
            if lines.line == 1, fields.count == 3, fields[0] == "query-id" { continue }
            guard fields.count == 3, !fields[0].isEmpty, !fields[1].isEmpty, let grade = Int(fields[2]) else {
                throw AssayError(
                    "beir.qrels",
                    "a line has query-id, corpus-id and a whole number as score, separated by tabs",
                    at: lines.place
                )
            }
            var entry = byQuery[fields[0]] ?? (lines.line, [:])
            if let earlier = entry.grades.updateValue(grade, forKey: fields[1]), earlier != grade {
                throw AssayError(
                    "beir.qrels",
                    "query '\(fields[0])' and document '\(fields[1])' have two scores, \(earlier) and \(grade)",
                    at: lines.place
                )
            }
            byQuery[fields[0]] = entry
        }
    }

    /// The judgements of a query, once.
    mutating func take(_ query: String) -> [String: Int]? { byQuery.removeValue(forKey: query)?.grades }

    /// Throws when judgements are left whose query does not exist.
    func refuseRest() throws {
        guard let first = byQuery.min(by: { $0.value.line < $1.value.line }) else { return }
        throw AssayError(
            "beir.qrels",
            "there is no query '\(first.key)' in queries.jsonl (\(byQuery.count) such queries)",
            at: Place(file: path, line: first.value.line)
        )
    }
}
