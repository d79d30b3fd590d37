package import AssayModel

/// JUnit XML as Jenkins reads it: one suite a pipeline, one test case a rule.
///
/// Elements, their order and attributes are those that both Jenkins's `jenkins-junit.xsd` and its xUnit plugin's `junit-10.xsd` allow.
package struct GateJUnit: GateRenderer {
    package static let name = "junit"
    package static let summary = "JUnit XML for Jenkins, GitLab and others."

    /// Creates the renderer.
    package init() {}

    package func render(_ report: GateReport, options: ReportOptions) throws -> String {
        let failures = report.rules.count { Self.isFailure($0, in: report) }
        let errors = report.rules.count { $0.outcome == .refused }
        let skipped = report.rules.count { Self.isSkipped($0, in: report) }
        let suite = "assay gate \(report.pipeline)"
        var properties = ["run": report.run.run, "verdict": report.verdict.rawValue, "spec": report.run.specHash]
        properties["baseline"] = report.baselineLine
        properties["commit"] = report.run.commit
        properties["asked"] = report.freshnessLine
        let listed = properties.sorted { $0.key < $1.key }.map { name, value -> Markup in
            "      <property name=\"\(XMLText.clean(name))\" value=\"\(XMLText.clean(value))\"/>\n"
        }
        let cases = report.rules.map { testcase($0, in: report) }
        // Rules take no time of their own; a suite's time is required by some readers.
        let page: Markup = """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="assay" tests="\(report.rules.count)" failures="\(failures)" errors="\(errors)" time="0.0">
              <testsuite name="\(XMLText.clean(suite))" tests="\(report.rules.count)" failures="\(failures)" errors="\(errors)" \
            skipped="\(skipped)" time="0.0" timestamp="\(XMLText.timestamp(report.run.started))" id="0" package="assay.gate">
                <properties>
            \(listed)    </properties>
            \(cases)    <system-out>\(XMLText.clean(facts(report)))</system-out>
              </testsuite>
            </testsuites>

            """
        return page.html
    }

    private static func isFailure(_ rule: GateRuleResult, in report: GateReport) -> Bool {
        rule.outcome == .failed || (rule.outcome == .inconclusive && report.inconclusiveFails)
    }

    private static func isSkipped(_ rule: GateRuleResult, in report: GateReport) -> Bool {
        rule.outcome == .notGated || (rule.outcome == .inconclusive && !report.inconclusiveFails)
    }

    private func testcase(_ rule: GateRuleResult, in report: GateReport) -> Markup {
        let sentence = XMLText.clean(rule.sentence)
        let place = XMLText.clean(rule.place.map { "\($0): " } ?? "")
        let body: Markup =
            if rule.outcome == .refused {
                "      <error type=\"assay.refused\" message=\"\(sentence)\">\(place)\(sentence)</error>\n"
            } else if Self.isFailure(rule, in: report) {
                "      <failure type=\"assay.\(rule.kind.rawValue)\" message=\"\(sentence)\">\(place)\(sentence)</failure>\n"
            } else if Self.isSkipped(rule, in: report) {
                "      <skipped>\(sentence)</skipped>\n"
            } else {
                "      <system-out>\(sentence)</system-out>\n"
            }
        return """
                <testcase name="\(XMLText.clean(rule.name))" classname="\(XMLText.clean("assay.gate." + report.pipeline))" time="0.0">
            \(body)    </testcase>

            """
    }

    private func facts(_ report: GateReport) -> String {
        var lines = [report.headline]
        lines += report.changes.map { "changed since the baseline: \($0)" }
        lines += report.broken.map {
            "broke: \($0.id) \($0.metric) \(Format.metric($0.before)) → \(Format.metric($0.after)) \(PrintableText.line($0.question))"
        }
        return lines.joined(separator: "\n")
    }
}

/// Text that XML 1.0 can hold.
enum XMLText {
    /// `text` without the characters that no XML document may contain, escaped or not.
    static func clean(_ text: String) -> String {
        var output = String.UnicodeScalarView()
        for scalar in PrintableText.visible(text).unicodeScalars {
            switch scalar.value {
            case 0x9, 0xA, 0xD, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: output.append(scalar)
            default: output.append("\u{FFFD}")
            }
        }
        return String(output)
    }

    /// ISO 8601 without the zone, as JUnit has it.
    static func timestamp(_ text: String) -> String {
        text.hasSuffix("Z") ? String(text.dropLast()) : text
    }
}
