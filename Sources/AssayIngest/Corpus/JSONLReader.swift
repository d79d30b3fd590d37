package import AssayModel

/// A reader that can leave out a part of a file and go on with the rest.
package protocol PartialCorpusReader: CorpusReader {
    /// Reads a file.
    ///
    /// - Parameters:
    ///   - file: What to read.
    ///   - emit: Called for each document in the order of the file.
    ///   - leftOut: Called for each part that cannot be read.
    /// - Throws: `AssayError` when the file as a whole cannot be read; or what the closures throw.
    func read(
        _ file: SourceFile,
        emit: (Document) throws -> Void,
        leftOut: (LeftOut) throws -> Void
    ) throws
}

/// Reads JSON lines: one document a row, in memory that does not grow with the file.
package struct JSONLReader: PartialCorpusReader {
    package static let name = "jsonl"
    package static let version = 1
    package static let summary = "JSON lines: one document a row; other simple fields become metadata."
    package static let extensions = ["jsonl", "ndjson"]
    private let idFields: [String]
    private let textField: String
    private let titleField: String

    /// Reads `id_field` (default `id`, or `_id` where that is missing), `text_field` (`text`) and `title_field` (`title`).
    package init(options: inout OptionReader, resources: Resources) throws {
        idFields = try options.optionalString("id_field").map { [$0] } ?? ["id", "_id"]
        textField = try options.string("text_field", default: "text")
        titleField = try options.string("title_field", default: "title")
    }

    package func read(_ file: SourceFile, emit: (Document) throws -> Void) throws {
        try read(file, emit: emit) { part in
            throw AssayError(AssayError.Code(rawValue: "corpus.\(part.code)"), part.reason)
        }
    }

    package func read(
        _ file: SourceFile,
        emit: (Document) throws -> Void,
        leftOut: (LeftOut) throws -> Void
    ) throws {
        var lines = try LineReader(opening: file.path)
        var hasRows = false
        while let line = try lines.next() {
            guard line.contains(where: { $0 > 0x20 }) else { continue }
            hasRows = true
            let document: Document
            do {
                document = try row(JSONLine.parse(line, at: lines.place), at: lines.place)
            } catch let error as AssayError {
                try leftOut(LeftOut(file: file.id, error: error))
                continue
            }
            try emit(document)
        }
        if !hasRows { throw AssayError("corpus.empty", "the file holds no rows", at: Place(file: file.path)) }
    }

    private func row(_ value: JSONValue, at place: Place) throws -> Document {
        guard case .object(let members) = value else {
            throw AssayError("corpus.row", "the row is not a JSON object", at: place)
        }
        var stripped = StrippedCharacters()
        let text = try text(of: textField, in: members, place)
        let title = TextCleaner.clean(
            members[titleField] == nil ? "" : try self.text(of: titleField, in: members, place),
            counting: &stripped
        )
        let cleaned = TextCleaner.clean(text, counting: &stripped)
        if cleaned.allSatisfy(\.isWhitespace) { throw AssayError("corpus.empty", "the row has no text", at: place) }
        return Document(
            id: try id(in: members, place),
            title: title.trimmed,
            text: cleaned,
            sourceMap: SourceMap([SourceMap.Run(text: 0, line: place.line ?? 1)]),
            metadata: metadata(members),
            stripped: stripped
        )
    }

    private func text(of field: String, in members: [String: JSONValue], _ place: Place) throws -> String {
        switch members[field] {
        case .string(let text): return text
        case nil:
            let names = members.keys.sorted().prefix(20).joined(separator: ", ")
            throw AssayError("corpus.row", "the row has no field '\(field)'; it has: \(names)", at: place)
        default: throw AssayError("corpus.row", "the field '\(field)' is not a text", at: place)
        }
    }

    private func id(in members: [String: JSONValue], _ place: Place) throws -> String {
        let fields = idFields.joined(separator: "' or '")
        switch idFields.lazy.compactMap({ members[$0] }).first {
        case .string(let id) where !id.isEmpty: return id
        case .int(let id): return String(id)
        case nil: throw AssayError("corpus.row", "the row has no field '\(fields)'", at: place)
        default:
            throw AssayError("corpus.row", "the field '\(fields)' is neither a text nor a whole number", at: place)
        }
    }

    /// Simple values of the other fields, and of an object `metadata`, as text; at most 256.
    private func metadata(_ members: [String: JSONValue]) -> [String: String] {
        var found: [String: String] = [:]
        var sources = members
        if case .object(let nested) = members["metadata"] { sources.merge(nested) { outer, _ in outer } }
        for (key, value) in sources.sorted(by: { $0.key < $1.key }) where found.count < 256 {
            if key == textField || key == titleField || idFields.contains(key) { continue }
            switch value {
            case .string(let text): found[key] = text
            case .int(let number): found[key] = String(number)
            case .double(let number): found[key] = "\(number)"
            case .bool(let flag): found[key] = "\(flag)"
            default: break
            }
        }
        return found
    }
}

extension LeftOut {
    /// The record of a file, or a part of one, that failed with `error`.
    package init(file: String, error: AssayError) {
        let name = error.code.rawValue
        let code = name.hasPrefix("corpus.") ? String(name.dropFirst(7)) : name
        var reason = error.message
        if let line = error.place?.line { reason = "line \(line): \(reason)" }
        if let remedy = error.remedy { reason += "; \(remedy)" }
        self.init(file: file, code: code, reason: "\(file): \(reason)")
    }
}
