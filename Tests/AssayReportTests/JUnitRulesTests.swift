import AssayModel
import Testing

@testable import AssayReport

/// The rules of Jenkins's JUnit schemas, held without a validator: elements, their order, attributes, and counts that match.
struct JUnitRulesTests {
    /// Attributes that an element may have, and those of them that it must have.
    private static let attributes: [String: (allowed: Set<String>, required: Set<String>)] = [
        "testsuites": (["name", "tests", "failures", "errors", "time"], []),
        "testsuite": (
            ["name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname", "id", "package"],
            ["name", "tests", "failures", "errors"]
        ),
        "properties": ([], []),
        "property": (["name", "value"], ["name", "value"]),
        "testcase": (["name", "classname", "time"], ["name"]),
        "failure": (["message", "type"], []),
        "error": (["message", "type"], []),
        // The older schema has `skipped` as plain text.
        "skipped": ([], []),
        "system-out": ([], []),
    ]

    /// Children in the order in which both schemas have them.
    private static let children: [String: [String]] = [
        "testsuites": ["testsuite"],
        "testsuite": ["properties", "testcase", "system-out"],
        "properties": ["property"],
        "testcase": ["skipped", "error", "failure", "system-out"],
    ]

    @Test(arguments: [false, true])
    func holdsTheSchema(inconclusiveFails: Bool) throws {
        let report = SampleGate.report(inconclusiveFails: inconclusiveFails)
        let root = try XMLElement(parsing: try GateJUnit().render(report, options: ReportOptions()))
        #expect(root.name == "testsuites")
        try check(root)
        let suite = try #require(root.children.first)
        let cases = suite.children.filter { $0.name == "testcase" }
        #expect(cases.count == report.rules.count)
        func count(_ name: String) -> String { "\(cases.count { one in one.children.contains { $0.name == name } })" }
        #expect(suite.attributes["tests"] == "\(cases.count)")
        #expect(suite.attributes["failures"] == count("failure"))
        #expect(suite.attributes["errors"] == count("error"))
        #expect(suite.attributes["skipped"] == count("skipped"))
        #expect(count("failure") == (inconclusiveFails ? "3" : "2"))
        #expect(count("error") == "1" && count("skipped") == (inconclusiveFails ? "1" : "2"))
        #expect(suite.attributes["timestamp"] == "2026-11-23T01:02:03")
    }

    private func check(_ element: XMLElement) throws {
        let rule = try #require(Self.attributes[element.name], "\(element.name) is in no schema")
        let names = Set(element.attributes.keys)
        #expect(names.isSubset(of: rule.allowed), "\(element.name): \(names.subtracting(rule.allowed))")
        #expect(rule.required.isSubset(of: names), "\(element.name) lacks \(rule.required.subtracting(names))")
        if let time = element.attributes["time"] {
            #expect(time.wholeMatch(of: /[0-9]{1,3}\.[0-9]+/) != nil, "time is \(time)")
        }
        let order = Self.children[element.name] ?? []
        let places = try element.children.map { child in
            try #require(order.firstIndex(of: child.name), "\(child.name) in \(element.name)")
        }
        #expect(places == places.sorted(), "\(element.name): \(element.children.map(\.name))")
        for child in element.children { try check(child) }
    }
}

/// Enough of XML to read what the renderer writes; anything else is an error.
private struct XMLElement {
    var name: String
    var attributes: [String: String] = [:]
    var children: [XMLElement] = []

    struct Fault: Error { var text: String }

    init(parsing text: String) throws {
        var rest = Substring(text)
        guard let head = rest.prefixMatch(of: /<\?xml version="1.0" encoding="UTF-8"\?>\s*/) else {
            throw Fault(text: "no XML declaration")
        }
        rest = rest[head.range.upperBound...]
        self = try Self.element(&rest)
        guard rest.allSatisfy(\.isWhitespace) else { throw Fault(text: "text after the root: \(rest.prefix(40))") }
    }

    private static func element(_ rest: inout Substring) throws -> XMLElement {
        guard let open = rest.prefixMatch(of: /<([a-z-]+)((?:\s+[a-z]+="[^"<]*")*)\s*(\/?)>/) else {
            throw Fault(text: "no element at: \(rest.prefix(60))")
        }
        var element = XMLElement(name: String(open.1))
        for match in open.2.matches(of: /([a-z]+)="([^"]*)"/) {
            guard element.attributes.updateValue(String(match.2), forKey: String(match.1)) == nil else {
                throw Fault(text: "\(match.1) stands twice")
            }
            try checkText(match.2)
        }
        rest = rest[open.range.upperBound...]
        if !open.3.isEmpty { return element }
        while true {
            let content = rest.prefix { $0 != "<" }
            try checkText(content)
            rest = rest[content.endIndex...]
            if rest.hasPrefix("</") {
                guard rest.hasPrefix("</\(element.name)>") else { throw Fault(text: "\(element.name) is not closed") }
                rest = rest.dropFirst(element.name.count + 3)
                return element
            }
            element.children.append(try Self.element(&rest))
        }
    }

    private init(name: String) { self.name = name }

    /// Every `&` opens one of the five entities, `]]>` stands nowhere, every character is one of XML 1.0.
    private static func checkText(_ text: Substring) throws {
        guard !text.contains("]]>") else { throw Fault(text: "]]> in text") }
        for entity in text.split(separator: "&", omittingEmptySubsequences: false).dropFirst()
        where !["amp;", "lt;", "gt;", "quot;", "#39;"].contains(where: { entity.hasPrefix($0) }) {
            throw Fault(text: "a bare & before \(entity.prefix(10))")
        }
        for scalar in text.unicodeScalars where scalar.value < 0x20 && ![9, 10, 13].contains(scalar.value) {
            throw Fault(text: "control character \(scalar.value)")
        }
    }
}
