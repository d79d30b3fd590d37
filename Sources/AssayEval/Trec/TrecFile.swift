package import AssayModel

/// The labels of a TREC qrels file: lines of `query iteration document grade`.
package struct TrecQrels: Sendable, Equatable {
    /// Grades by document id, by query id.
    package private(set) var queries: [String: [String: Int]] = [:]

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - bytes: The file.
    ///   - name: Its path, for errors.
    ///   - comments: Whether lines that begin with `#` are comments, as from trec_eval 10 on.
    /// - Throws: `AssayError` "trec.malformed" or "trec.duplicate" with the line.
    package init(parsing bytes: [UInt8], name: String, comments: Bool = true) throws {
        try forEachTrecLine(bytes, name: name, comments: comments) { fields, place in
            guard fields.count == 4 else {
                throw malformed(
                    "a line of a qrels file has 4 fields (query, iteration, document, grade)",
                    fields,
                    place
                )
            }
            guard let grade = Int(fields[3]), abs(grade) <= Self.largestGrade else {
                throw malformed("'\(fields[3])' is no grade from -127 to 127", nil, place)
            }
            if queries[fields[0], default: [:]].updateValue(grade, forKey: fields[2]) != nil {
                throw AssayError(
                    "trec.duplicate",
                    "document '\(fields[2])' of query '\(fields[0])' is judged twice",
                    at: place
                )
            }
        }
        guard !queries.isEmpty else {
            throw AssayError("trec.empty", "the qrels file has no line", at: Place(file: name))
        }
    }

    private static let largestGrade = 127
}

/// The results of a TREC run file: lines of `query Q0 document rank score run`; the rank is ignored, the score decides.
package struct TrecRun: Sendable, Equatable {
    /// Scores by document id, by query id.
    package private(set) var queries: [String: [Hit]] = [:]
    /// The run's name: that of the last line.
    package private(set) var name = ""

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - bytes: The file.
    ///   - file: Its path, for errors.
    ///   - comments: Whether lines that begin with `#` are comments, as from trec_eval 10 on.
    /// - Throws: `AssayError` "trec.malformed" or "trec.duplicate" with the line.
    package init(parsing bytes: [UInt8], name file: String, comments: Bool = true) throws {
        var lines: [String: [String: Int]] = [:]
        try forEachTrecLine(bytes, name: file, comments: comments) { fields, place in
            guard fields.count >= 6 else {
                throw malformed(
                    "a line of a run file has 6 fields (query, Q0, document, rank, score, run)",
                    fields,
                    place
                )
            }
            guard let score = Double(fields[4]), !score.isNaN else {
                throw malformed("'\(fields[4])' is no score", nil, place)
            }
            if let first = lines[fields[0], default: [:]].updateValue(place.line ?? 0, forKey: fields[2]) {
                throw AssayError(
                    "trec.duplicate",
                    "document '\(fields[2])' of query '\(fields[0])' stands twice, "
                        + "first in line \(first)",
                    at: place
                )
            }
            queries[fields[0], default: []].append(Hit(id: fields[2], score: score))
            name = fields[5]
        }
        guard !queries.isEmpty else {
            throw AssayError("trec.empty", "the run file has no line", at: Place(file: file))
        }
    }
}

private func malformed(_ message: String, _ fields: [String]?, _ place: Place) -> AssayError {
    AssayError("trec.malformed", message + (fields.map { "; this one has \($0.count)" } ?? ""), at: place)
}

/// Hands out the fields of each line that is neither blank nor a comment.
private func forEachTrecLine(
    _ bytes: [UInt8],
    name: String,
    comments: Bool,
    _ body: ([String], Place) throws -> Void
) throws {
    for (index, line) in bytes.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated() {
        let fields = line.split { $0 == 0x20 || (0x09...0x0d).contains($0) }
        guard let first = fields.first, !(comments && first.first == UInt8(ascii: "#")) else { continue }
        let place = Place(file: name, line: index + 1)
        // Ids of other bytes would be told apart by trec_eval and not here, so they are refused.
        let texts = try fields.prefix(6).map { field in
            guard let text = String(validating: field, as: UTF8.self) else {
                throw AssayError("trec.malformed", "the line is not UTF-8", at: place)
            }
            return text
        }
        try body(fields.count > 6 ? texts + [""] : texts, place)
    }
}
