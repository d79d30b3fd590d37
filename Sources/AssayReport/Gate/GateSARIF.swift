package import AssayModel

/// SARIF 2.1.0: broken rules as results at their lines of the pipeline file, for code scanning.
package struct GateSARIF: GateRenderer {
    package static let name = "sarif"
    package static let summary = "SARIF 2.1.0 for code scanning."

    /// Creates the renderer.
    package init() {}

    package func render(_ report: GateReport, options: ReportOptions) throws -> String {
        var ids: [String] = []
        for rule in report.rules where !ids.contains(Self.id(rule)) { ids.append(Self.id(rule)) }
        let driver: JSONValue = [
            "name": "Assay",
            "informationUri": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html",
            "rules": .array(ids.map(Self.descriptor)),
        ]
        let results = report.rules.filter { $0.outcome != .passed }.map { result($0, ids, report) }
        let run: JSONValue = [
            "tool": ["driver": driver],
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": [
                "PROJECT": ["description": ["text": "The folder that the command was started in."]]
            ],
            "automationDetails": ["id": .string("assay-gate/\(report.pipeline)/")],
            "invocations": [
                [
                    "executionSuccessful": .bool(report.verdict != .refused),
                    "exitCodeDescription": .string(report.headline),
                ]
            ],
            "properties": ["run": .string(report.run.run), "verdict": .string(report.verdict.rawValue)],
            "results": .array(results),
        ]
        let log: JSONValue = [
            "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
            "version": "2.1.0",
            "runs": [run],
        ]
        return JSONReport.escapingHidden(try canonicalJSON(log, pretty: true)) + "\n"
    }

    private static func id(_ rule: GateRuleResult) -> String { "gate/\(rule.kind.rawValue)" }

    private static func descriptor(_ id: String) -> JSONValue {
        let texts = [
            "gate/min": "A metric's mean must not be lower than the bound.",
            "gate/max": "A metric's mean, a time or a count of tokens must not be higher than the bound.",
            "gate/drop": "A metric must not be shown to be worse than the baseline's by more than the margin.",
        ]
        return [
            "id": .string(id),
            "shortDescription": ["text": .string(texts[id] ?? id)],
            "defaultConfiguration": ["level": "error"],
        ]
    }

    private func result(_ rule: GateRuleResult, _ ids: [String], _ report: GateReport) -> JSONValue {
        let fails = rule.outcome == .failed || (rule.outcome == .inconclusive && report.inconclusiveFails)
        // SARIF: a kind other than "fail" has the level "none"; code scanning shows failures only, so doubts are warnings.
        let level = fails || rule.outcome == .refused ? "error" : rule.outcome == .inconclusive ? "warning" : "note"
        var result: [String: JSONValue] = [
            "ruleId": .string(Self.id(rule)),
            "ruleIndex": .int(ids.firstIndex(of: Self.id(rule)) ?? 0),
            "kind": "fail",
            "level": .string(level),
            "message": ["text": .string(PrintableText.line(rule.sentence))],
            "partialFingerprints": ["rule/v1": .string(ItemKey("gate-rule", report.pipeline, rule.name).hex)],
        ]
        if let place = rule.place {
            var location: [String: JSONValue] = ["artifactLocation": Self.artifact(place.file)]
            if let line = place.line { location["region"] = ["startLine": .int(line)] }
            result["locations"] = [["physicalLocation": .object(location)]]
        }
        return .object(result)
    }

    /// A relative path stands against the project's folder, an absolute one is a `file` URI.
    private static func artifact(_ path: String) -> JSONValue {
        let escaped = URIText.path(path)
        return path.hasPrefix("/")
            ? ["uri": .string("file://" + escaped)] : ["uri": .string(escaped), "uriBaseId": "PROJECT"]
    }
}

/// Paths as parts of a URI.
enum URIText {
    /// `path` with everything percent-encoded that RFC 3986 does not allow in a path.
    static func path(_ path: String) -> String {
        let digits = Array("0123456789ABCDEF")
        var output = ""
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                output.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "/"):
                output.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                output += "%"
                output.append(digits[Int(byte >> 4)])
                output.append(digits[Int(byte & 15)])
            }
        }
        return output
    }
}
