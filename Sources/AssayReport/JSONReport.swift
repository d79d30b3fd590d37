import AssayModel

/// The whole record as indented JSON with sorted keys.
package struct JSONReport: ReportRenderer {
    package static let name = "json"
    package static let summary = "The whole record, for programs."
    package static let fileExtension = "json"

    /// Creates the renderer.
    package init() {}

    package func render(_ input: ReportInput, options: ReportOptions) throws -> String {
        let record = input.record
        guard record.results.questions.count == input.cards.count else {
            throw AssayError(
                "report.rows",
                "the questions of run \(PrintableText.line(record.id)) are stored apart from its record"
            )
        }
        do {
            return Self.escapingHidden(try canonicalJSON(record, pretty: true)) + "\n"
        } catch {
            throw AssayError(
                "report.encoding",
                "run \(PrintableText.line(record.id)) cannot be written as JSON: a number in it is not finite",
                remedy: "score the run again; the metric whose mean reads – in the other reports is to blame"
            )
        }
    }

    /// Writes C1 controls and other characters that cannot be seen as `\u…`: the same JSON, harmless in a terminal.
    ///
    /// They can only stand within strings, and the encoder has escaped C0 controls already.
    static func escapingHidden(_ json: String) -> String {
        var output: [UInt8] = []
        output.reserveCapacity(json.utf8.count)
        for line in json.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if !output.isEmpty { output.append(UInt8(ascii: "\n")) }
            // All of them begin with one of these bytes, which few lines hold: records are large, this is their hot loop.
            if line.contains(where: { $0 >= 0x7F && leadsHidden($0) }) {
                for scalar in Substring(line).unicodeScalars { append(scalar, to: &output) }
            } else {
                output += line
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func leadsHidden(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x7F, 0xC2, 0xD8, 0xE1, 0xE2, 0xEF, 0xF3: true
        default: false
        }
    }

    private static func append(_ scalar: Unicode.Scalar, to output: inout [UInt8]) {
        guard PrintableText.isHidden(scalar) else {
            output += UTF8.encode(scalar).map(Array.init) ?? []
            return
        }
        for unit in UTF16.encode(scalar).map(Array.init) ?? [] {
            let hex = String(unit, radix: 16)
            output += "\\u\(String(repeating: "0", count: 4 - hex.utf8.count))\(hex)".utf8
        }
    }
}
