package import AssayModel

/// The whole record as indented JSON with sorted keys.
package struct JSONReport: ReportRenderer {
    package static let name = "json"
    package static let summary = "The whole record, for programs."
    package static let fileExtension = "json"

    /// Creates the renderer.
    package init() {}

    package func render(_ record: RunRecord, options: ReportOptions) throws -> String {
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
    private static func escapingHidden(_ json: String) -> String {
        guard json.unicodeScalars.contains(where: { $0 != "\n" && PrintableText.isHidden($0) }) else { return json }
        var output = String.UnicodeScalarView()
        for scalar in json.unicodeScalars {
            guard scalar != "\n", PrintableText.isHidden(scalar) else {
                output.append(scalar)
                continue
            }
            for unit in UTF16.encode(scalar) ?? .init() {
                let hex = String(unit, radix: 16)
                output.append(
                    contentsOf: "\\u\(String(repeating: "0", count: 4 - hex.utf8.count))\(hex)".unicodeScalars
                )
            }
        }
        return String(output)
    }
}
