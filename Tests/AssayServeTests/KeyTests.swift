import AssayHTTP
import AssayModel
import AssayPipeline
import AssayTestProcess
import Foundation
import Glibc
import Testing

@testable import AssayServe

@Suite(.enabled(if: ServedProject.isBuilt))
struct KeyTests {
    private func key(_ project: ServedProject, _ arguments: String...) async throws -> String {
        let made = try await runKeys(project, ["new"] + arguments)
        #expect(made.status == 0, "\(made.errors)")
        return made.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func runKeys(
        _ project: ServedProject,
        _ arguments: [String]
    ) async throws -> (status: Int32, output: String, errors: String) {
        let out = "\(project.root)/.keys-\(UUID().uuidString)"
        let child = try ChildCommand(
            [ServedProject.binary.path(), "keys"] + arguments + ["--file", "keys.json"],
            in: project.root,
            output: out,
            errors: out + ".err"
        )
        let status = try await offPool { child.wait() }
        func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
        return (status, text(out), text(out + ".err"))
    }

    @Test func onlyDigestsAreKeptAndTwoKeysOfANameAreValid() throws {
        var file = KeyFile()
        var random = SeededRandom(seed: 3)
        func entry() -> KeyFile.Entry {
            .init(
                name: "web",
                scopes: [.query],
                tenant: nil,
                created: "now",
                requestsPerMinute: nil,
                tokensPerMinute: nil
            )
        }
        func bytes() -> [UInt8] { (0..<36).map { _ in UInt8(random.index(below: 256)) } }
        let keys = try (0..<3).map { _ in try file.add(entry(), random: bytes()) }
        #expect(keys.map(\.dropped) == [0, 0, 1] && file.keys.count == 2)
        #expect(!(try canonicalJSON(file)).contains(String(keys[2].key.suffix(64))))
        #expect(file.keys.map(\.sha256) == keys.dropFirst().map { SHA256.hex($0.key) })
        #expect(throws: AssayError.self) {
            var bad = entry()
            bad.name = "../x"
            _ = try file.add(bad, random: bytes())
        }
        let revoked = file.revoke("web")
        #expect(revoked == 2)
        #expect(Callers.areEqual("abc", "abc") && !Callers.areEqual("abc", "abd") && !Callers.areEqual("abc", "ab"))
    }

    @Test func keysScopesLimitsAndRotation() async throws {
        let project = try ServedProject()
        let web = try await key(project, "web", "--requests-per-minute", "4")
        let ops = try await key(project, "ops", "--scope", "admin")
        try await project.serving("scripted", ["--keys", "keys.json", "--documents", "more"]) { service in
            #expect(try await service.send("GET", "/healthz").status == 200)
            let none = try await service.chat("Which color does M1 have?")
            #expect(none.status == 401 && none.json["error"]?["code"] == "invalid_api_key")
            for wrong in [String(web.dropLast()), web + "0", "x", "assay_00000000_0", web.uppercased()] {
                #expect(try await service.chat("Which color does M1 have?", key: wrong).status == 401)
            }
            let first = try await service.chat("Which color does M1 have?", key: web)
            #expect(first.status == 200 && first.head["x-ratelimit-remaining-requests"] == "3")
            #expect(first.json["assay"]?["passages"]?.arrayValue?.allSatisfy { $0["score"] == nil } == true)
            let scored = try await service.chat("Which color does M1 have?", key: ops)
            #expect(scored.json["assay"]?["passages"]?.arrayValue?.allSatisfy { $0["score"] != nil } == true)
            let document: JSONValue = ["id": "a.md", "text": "text"]
            #expect(try await service.send("POST", "/v1/documents", document, key: web).status == 403)
            // Feedback belongs to the key that got the answer.
            let rating: JSONValue = ["id": first.json["id"] ?? .null, "rating": "up"]
            #expect(try await service.send("POST", "/v1/feedback", rating, key: ops).status == 404)
            #expect(try await service.send("POST", "/v1/feedback", rating, key: web).status == 200)
            for _ in 0..<2 { #expect(try await service.send("GET", "/v1/models", key: web).status == 200) }
            let over = try await service.send("GET", "/v1/models", key: web)
            #expect(
                over.status == 429 && over.json["error"]?["code"] == "request_limit" && over.head["retry-after"] != nil
            )
            #expect(try await service.send("GET", "/v1/models", key: ops).status == 200)

            let second = try await key(project, "ops", "--scope", "admin")
            #expect(try await service.send("GET", "/v1/models", key: second).status == 401)
            service.process.send(SIGHUP)
            #expect(try await holds { try await service.send("GET", "/v1/models", key: second).status == 200 })
            #expect(try await service.send("GET", "/v1/models", key: ops).status == 200)
            _ = try await runKeys(project, ["revoke", "web"])
            service.process.send(SIGHUP)
            #expect(try await holds { try await service.send("GET", "/v1/models", key: web).status == 401 })
            try project.write("keys.json", "{")
            service.process.send(SIGHUP)
            #expect(try await holds { service.log.contains("the old keys stay") })
            #expect(try await service.send("GET", "/v1/models", key: ops).status == 200)
            #expect(!service.log.contains(web) && !service.log.contains(ops))
        }
    }

    /// A tenant finds its own documents and the shared ones, by words and by vectors; a document cannot claim another owner.
    @Test func noQueryCrossesATenant() async throws {
        let project = try ServedProject()
        let acme = try await key(project, "acme", "--scope", "query", "--scope", "ingest", "--tenant", "acme")
        let rival = try await key(project, "rival", "--scope", "query", "--scope", "ingest", "--tenant", "rival")
        let plain = try await key(project, "plain", "--scope", "query", "--scope", "ingest")
        try await project.serving("scripted", ["--keys", "keys.json", "--documents", "more"]) { service in
            func add(_ id: String, _ text: String, _ key: String) async throws -> Int {
                try await service.send(
                    "POST",
                    "/v1/documents",
                    ["id": .string(id), "text": .string(text), "wait": true],
                    key: key
                )
                .status
            }
            #expect(try await add("plan.md", "The zebrawood plan of acme is violet.", acme) == 200)
            #expect(
                try await add("plan.md", "---\ntenant: acme\n---\nThe zebrawood plan of rival is green.", rival) == 200
            )
            #expect(try await add("news.md", "The zebrawood news are shared by all.", plain) == 200)
            func documents(_ key: String) async throws -> Set<String> {
                let found = try await service.send(
                    "POST",
                    "/v1/retrieve",
                    ["query": "zebrawood plan", "limit": 10],
                    key: key
                )
                return Set(found.json["data"]?.arrayValue?.compactMap { $0["document"]?.stringValue } ?? [])
            }
            for (key, own, other) in [(acme, "@acme/plan.md", "@rival/"), (rival, "@rival/plan.md", "@acme/")] {
                let found = try await documents(key)
                #expect(found.contains(own) && found.contains("news.md") && found.contains("doc-1.md"))
                #expect(!found.contains { $0.hasPrefix(other) })
                let answer = try await service.chat("What is the zebrawood plan?", key: key)
                #expect(!answer.json.text.contains(other), "\(answer.json.text)")
            }
            #expect(try await documents(plain).filter { $0.hasPrefix("@") }.isEmpty)
            // Nobody removes what is not his.
            #expect(try await service.send("DELETE", "/v1/documents/plan.md", key: plain).status == 404)
            #expect(try await service.send("DELETE", "/v1/documents/%40acme%2Fplan.md", key: rival).status == 400)
            #expect(try await service.send("DELETE", "/v1/documents/plan.md?wait=true", key: acme).status == 200)
            #expect(try await !documents(acme).contains("@acme/plan.md"))
            #expect(try await documents(rival).contains("@rival/plan.md"))
        }
    }
}
