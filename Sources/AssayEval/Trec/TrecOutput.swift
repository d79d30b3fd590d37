package import AssayModel

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

extension TrecEvaluation {
    /// The lines that trec_eval prints: name, query or `all`, value, with tabs between them.
    ///
    /// - Parameters:
    ///   - perQuery: With the values of each query first (`-q`).
    ///   - summary: With the values over all queries (not with `-n`).
    /// - Returns: The lines with a line end each.
    package func text(perQuery: Bool, summary: Bool) -> String {
        var output = ""
        func write(_ lines: [Line], _ query: String) {
            for line in lines {
                let padding = String(repeating: " ", count: max(0, 22 - line.name.unicodeScalars.count))
                output += "\(line.name)\(padding)\t\(query)\t\(line.value.printed)\n"
            }
        }
        if perQuery { for query in queries { write(query.lines, query.id) } }
        if summary { write(self.summary, "all") }
        return output
    }

    /// The same as JSON, values in full precision.
    package func json(perQuery: Bool, summary: Bool) -> JSONValue {
        func object(_ lines: [Line]) -> JSONValue {
            .object(Dictionary(lines.map { ($0.name, $0.value.json) }) { $1 })
        }
        func list(_ ids: [String]) -> JSONValue { .array(ids.map { .string($0) }) }
        var members: [String: JSONValue] = ["missing_queries": list(missing), "unjudged_queries": list(unjudged)]
        if perQuery {
            members["queries"] = .object(Dictionary(queries.map { ($0.id, object($0.lines)) }) { $1 })
        }
        if summary { members["all"] = object(self.summary) }
        return .object(members)
    }
}

extension TrecValue {
    fileprivate var printed: String {
        switch self {
        case .count(let count): "\(count)"
        case .number(let value): trecDecimal(value, places: 4)
        case .text(let text): text
        }
    }

    fileprivate var json: JSONValue {
        switch self {
        case .count(let count): .int(count)
        case .number(let value): .double(value)
        case .text(let text): .string(text.hasPrefix("'") ? String(text.dropFirst().dropLast()) : text)
        }
    }
}

/// `value` as C's `%.Nf` writes it: the exact binary value, rounded half to even.
func trecDecimal(_ value: Double, places: Int) -> String {
    var buffer = [CChar](repeating: 0, count: 64)
    let length = unsafe withVaList([Int32(places), value]) { list in
        unsafe buffer.withUnsafeMutableBufferPointer { unsafe vsnprintf($0.baseAddress, $0.count, "%.*f", list) }
    }
    return String(decoding: buffer.prefix(max(0, Int(length))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
