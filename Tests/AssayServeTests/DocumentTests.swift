import AssayModel
import AssayPipeline
import Foundation
import Testing

@testable import AssayServe

@Suite(.enabled(if: ServedProject.isBuilt))
struct DocumentTests {
    @Test func documentsComeAndGoWithoutADroppedRequest() async throws {
        let project = try ServedProject()
        try await project.serving("scripted", ["--documents", "more"]) { service in
            func find(_ query: String) async throws -> [String] {
                let found = try await service.send("POST", "/v1/retrieve", ["query": .string(query), "limit": 2])
                #expect(found.status == 200)
                return found.json["data"]?.arrayValue?.compactMap { $0["document"]?.stringValue } ?? []
            }
            // Requests go on while generations change.
            let asking = Task {
                var failures: [Int] = []
                var count = 0
                while !Task.isCancelled {
                    guard let status = try? await service.send("POST", "/v1/retrieve", ["query": "machine M1"]).status
                    else {
                        if !Task.isCancelled { failures.append(0) }
                        continue
                    }
                    if status != 200 { failures.append(status) }
                    count += 1
                }
                return (count, failures)
            }
            let added = try await service.send(
                "POST",
                "/v1/documents",
                ["id": "guides/zebra crossing.md", "text": "x", "wait": true]
            )
            #expect(added.status == 400, "an id has no spaces")
            let body: JSONValue = [
                "id": "guides/zebra.md", "text": "Zebrawood is a hard striped timber.", "wait": true,
            ]
            let indexed = try await service.send("POST", "/v1/documents", body)
            #expect(indexed.status == 200 && indexed.json["generation"] == 2, "\(indexed.json.text)")
            #expect(try await find("zebrawood timber").first == "guides/zebra.md")
            // Without waiting it is there a moment later.
            let later = try await service.send(
                "POST",
                "/v1/documents",
                ["id": "later.txt", "text": "Quillwort grows in lakes."]
            )
            #expect(later.status == 202)
            #expect(try await holds { try await find("quillwort lakes").first == "later.txt" })
            // A document with an id of the corpus stands in its place.
            let replaced: JSONValue = ["id": "doc-1.md", "text": "Machine M1 was scrapped.", "wait": true]
            #expect(try await service.send("POST", "/v1/documents", replaced).status == 200)
            let texts = try await service.send("POST", "/v1/retrieve", ["query": "machine M1 scrapped", "limit": 1])
            #expect(texts.json["data"]?.arrayValue?.first?["text"]?.stringValue?.contains("scrapped") == true)
            #expect(try await service.send("DELETE", "/v1/documents/guides%2Fzebra.md?wait=true").status == 200)
            #expect(try await find("zebrawood timber").contains("guides/zebra.md") == false)
            #expect(try await service.send("DELETE", "/v1/documents/guides%2Fzebra.md").status == 404)
            asking.cancel()
            let (count, failures) = await asking.value
            #expect(count > 5 && failures.isEmpty)
            let bad: [(JSONValue, Int)] = [
                (["id": "../../x.md", "text": " "], 202), (["id": "a.exe", "text": "x"], 400),
                (["id": "", "text": "x"], 400),
                (["id": "a\u{0}.md", "text": "x"], 400), (["id": "a#b.md", "text": "x"], 400),
                (["id": "@t/a.md", "text": "x"], 400),
                (["id": "a.md", "text": ""], 413), (["id": "a.md"], 400), (["id": "a.jsonl", "text": "{}"], 400),
            ]
            for (body, status) in bad {
                let reply = try await service.send("POST", "/v1/documents", body)
                #expect(reply.status == status, "\(body.text): \(reply.json.text)")
            }
            let blank = try await service.send(
                "POST",
                "/v1/documents",
                ["id": "blank.md", "text": " \n", "wait": true]
            )
            #expect(blank.status == 422, "\(blank.json.text)")
        }
        #expect(!FileManager.default.fileExists(atPath: project.root + "/x.md"))
        // Evaluation's own index does not have them.
        let asked = try await project.run("ask", "none.yaml", "quillwort lakes", "--json")
        #expect(!asked.output.contains("later.txt"), "\(asked.output)\(asked.errors)")
    }

    @Test func withoutAFolderNoneAreTaken() async throws {
        let project = try ServedProject()
        try await project.serving { service in
            let reply = try await service.send("POST", "/v1/documents", ["id": "a.md", "text": "x"])
            #expect(reply.status == 403 && reply.json["error"]?["code"] == "documents_off")
        }
    }

    /// Another process builds a generation: the service takes it up by itself.
    @Test func aGenerationOfAnotherProcessIsTakenUp() async throws {
        let project = try ServedProject()
        try await project.serving("none") { service in
            try project.write("corpus/new.md", "Zebrawood is a hard striped timber.\n")
            let built = try await project.run("index", "build", "none.yaml")
            #expect(built.status == 0, "\(built.errors)")
            #expect(
                try await holds {
                    let found = try await service.send("POST", "/v1/retrieve", ["query": "zebrawood", "limit": 1])
                    return found.json["data"]?.arrayValue?.first?["document"] == "new.md"
                }
            )
        }
    }
}
