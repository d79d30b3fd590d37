import Foundation
import Testing

/// `docs/security.md` says for each risk which test shows what is done: each must be there.
struct SecurityPageTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// `Suite.test` in backticks.
    private static func names() throws -> [(suite: String, test: String)] {
        let page = try String(contentsOf: root.appending(path: "docs/security.md"), encoding: .utf8)
        return page.matches(of: /`([A-Z]\w*Tests)\.(\w+)`/).map { (String($0.1), String($0.2)) }
    }

    private static func sources() throws -> [String] {
        let folder = root.appending(path: "Tests")
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        return try (files?.allObjects ?? []).compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
            .map { try String(contentsOf: $0, encoding: .utf8) }
    }

    @Test func everyNamedTestExists() throws {
        let names = try Self.names()
        #expect(names.count > 30)
        let sources = try Self.sources()
        for (suite, test) in names {
            let isThere = sources.contains { source in
                guard let start = source.firstRange(of: "struct \(suite) ") else { return false }
                return source[start.upperBound...].contains("func \(test)(")
            }
            #expect(isThere, "docs/security.md names \(suite).\(test), which is in no test file")
        }
    }

    @Test func theRisksAreInTheOrderOfTheList() throws {
        let page = try String(contentsOf: Self.root.appending(path: "docs/security.md"), encoding: .utf8)
        let rows = page.matches(of: /\n\| (\d\d) ([A-Za-z ]+) \|/).map { "\($0.1) \($0.2)" }
        #expect(
            rows == [
                "01 Prompt Injection", "02 Sensitive Information Disclosure", "03 Excessive Agency", "04 Supply Chain",
                "05 Data and Model Poisoning", "06 Unbounded Consumption", "07 Misinformation",
                "08 Hidden Context Exposure",
                "09 Vector and Embedding Weaknesses", "10 Improper Output Handling",
            ]
        )
    }

    /// The injection suite: each attack has a harmless twin with the same signs.
    @Test func everyAttackHasATwin() throws {
        let file = Self.root.appending(path: "evalsets/injection/questions.jsonl")
        let rows = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
        func check(_ row: [String: Any]) -> [String: Any] { row["attack"] as? [String: Any] ?? [:] }
        let attacks = rows.filter { check($0)["twin_of"] == nil }
        #expect(attacks.count >= 40 && attacks.allSatisfy { !check($0).isEmpty })
        var kinds: [String: Int] = [:]
        for attack in attacks {
            let id = try #require(attack["id"] as? String)
            kinds[String(id.prefix { $0 != "-" }), default: 0] += 1
            let twins = rows.filter { check($0)["twin_of"] as? String == id }
            #expect(twins.count == 1, "\(id)")
            var signs = twins.first.map(check) ?? [:]
            signs["twin_of"] = nil
            #expect(NSDictionary(dictionary: signs) == NSDictionary(dictionary: check(attack)), "\(id)")
        }
        #expect(kinds.count == 7 && kinds.values.allSatisfy { $0 >= 5 })
    }
}
