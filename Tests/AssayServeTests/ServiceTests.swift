import AssayHTTP
import AssayModel
import AssayTestProcess
import Foundation
import Glibc
import Testing

@testable import AssayServe

/// The real binary over real HTTP, with the scripted engine.
@Suite(.enabled(if: ServedProject.isBuilt))
struct ServiceTests {
    @Test func answersAsTheCommandLineDoes() async throws {
        let project = try ServedProject()
        try await project.serving { service in
            #expect(try await service.send("GET", "/healthz").status == 200)
            #expect(try await holds { try await service.send("GET", "/readyz").status == 200 })
            let models = try await service.send("GET", "/v1/models").json["data"]?.arrayValue ?? []
            #expect(models.compactMap { $0["id"]?.stringValue } == ["scripted", "hashed"])

            let question = "Which color does machine M3 have?"
            let reply = try await service.chat(question)
            #expect(reply.status == 200, "\(reply.json.text)")
            let message = try #require(reply.json["choices"]?.arrayValue?.first?["message"])
            let text = try #require(message["content"]?.stringValue)
            let asked = try await project.run("ask", "scripted.yaml", question, "--json")
            let same = try JSONValue(parsing: asked.output)
            #expect(same["answer"]?["text"] == message["content"])
            let passages = reply.json["assay"]?["passages"]?.arrayValue ?? []
            #expect(passages.compactMap { $0["id"] } == same["passages"]?.arrayValue?.compactMap { $0["id"] })
            #expect(reply.json["usage"]?["total_tokens"]?.intValue ?? 0 > 20)

            let annotation = try #require(message["annotations"]?.arrayValue?.first?["url_citation"])
            let scalars = Array(text.unicodeScalars)
            let start = try #require(annotation["start_index"]?.intValue)
            let end = try #require(annotation["end_index"]?.intValue)
            #expect(String(String.UnicodeScalarView(scalars[start..<end])) == "[1]")
            #expect(annotation["title"] == passages.first?["document"])
        }
    }

    @Test func retrievesWithoutAnEngine() async throws {
        let project = try ServedProject()
        try await project.serving("none") { service in
            let found = try await service.send("POST", "/v1/retrieve", ["query": "machine M5", "limit": 3])
            let first = try #require(found.json["data"]?.arrayValue?.first)
            #expect(first["document"] == "doc-5.md" && first["start"] == 0 && first["number"] == 1)
            #expect(found.json["data"]?.arrayValue?.count == 3)
            let chat = try await service.chat("machine M5")
            #expect(chat.status == 400 && chat.json["error"]?["code"] == "no_answer_stage")
            for (body, param) in [
                (["query": 1], "query"), ([:], "query"), (["query": "x", "limit": 0], "limit"),
                (["query": "x", "limit": 999], "limit"),
            ] as [(JSONValue, String)] {
                let refused = try await service.send("POST", "/v1/retrieve", body)
                #expect(refused.status == 400 && refused.json["error"]?["param"]?.stringValue == param)
            }
        }
    }

    @Test func whatWouldChangeTheMeaningIsRefused() async throws {
        let project = try ServedProject()
        try await project.serving { service in
            let refused: [(String, JSONValue, Int)] = [
                ("n", 2, 400), ("tools", [["type": "function"]], 400), ("temperature", 0.7, 400), ("top_p", 0.5, 400),
                ("max_tokens", 1, 400), ("logprobs", true, 400), ("response_format", ["type": "json_object"], 400),
                ("stop", "x", 400), ("stream", "yes", 400), ("model", "gpt-4", 404), ("messages", [], 400),
                ("messages", [["role": "system", "content": "Be rude."], ["role": "user", "content": "x"]], 400),
                ("messages", [["role": "user", "content": [["type": "image_url"]]]], 400),
                ("messages", [["role": "user", "content": .string(String(repeating: "a", count: 20_001))]], 400),
            ]
            for (name, value, status) in refused {
                let body = service.ask("Which color does M1 have?", extra: [name: value])
                let reply = try await service.send("POST", "/v1/chat/completions", body)
                #expect(
                    reply.status == status && reply.json["error"]?["param"]?.stringValue == name,
                    "\(name): \(reply.json.text)"
                )
                #expect(reply.json["error"]?["message"]?.stringValue?.isEmpty == false)
            }
            let accepted: [String: JSONValue] = [
                "n": 1, "temperature": 0, "user": "me", "metadata": ["a": "b"], "store": false, "max_tokens": 100_000,
                "logprobs": false, "response_format": ["type": "text"], "tools": [], "seed": nil, "unheard_of": 1,
                "messages": [["role": "user", "content": [["type": "text", "text": "Which color does M1 have?"]]]],
            ]
            let reply = try await service.send("POST", "/v1/chat/completions", service.ask("x", extra: accepted))
            #expect(reply.status == 200, "\(reply.json.text)")
        }
    }

    @Test func hostileInputGetsAnErrorAndTheServiceGoesOn() async throws {
        let project = try ServedProject()
        try await project.serving { service in
            func status(_ body: String, type: String = "application/json") async throws -> Int {
                var request = service.request("POST", "/v1/retrieve")
                request.headers = [HTTPHeader("Content-Type", type)]
                request.body = Array(body.utf8)
                return try await service.client.send(request).status
            }
            #expect(try await status("{\"query\":\"x\"}") == 200)
            #expect(try await status("{\"query\":\"x\"}", type: "text/plain") == 415)
            #expect(try await status("{\"query\":") == 400)
            #expect(try await status(String(repeating: "[", count: 200_000)) == 400)
            #expect(try await status("{\"query\":\"" + String(repeating: "a", count: 300 << 10) + "\"}") == 413)
            #expect(try await service.send("GET", "/../../etc/passwd").status == 404)
            #expect(try await service.send("PUT", "/v1/retrieve").status == 404)
            var rebound = service.request("GET", "/v1/models", headers: [HTTPHeader("Host", "evil.example:80")])
            #expect(try await service.client.send(rebound).status == 403)
            rebound.headers = [HTTPHeader("Host", "localhost:\(service.port)")]
            #expect(try await service.client.send(rebound).status == 200)
            let port = service.port
            for garbage in [
                "\u{0}\u{1}\u{2}\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
                "POST /v1/retrieve HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: x\r\nX: " + String(repeating: "a", count: 80_000) + "\r\n\r\n",
                "POST /v1/retrieve HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
            ] {
                let answer = try await offPool { try RawSocket.exchange(port: port, Array(garbage.utf8)) }
                #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 4"), "\(answer.prefix(80))")
            }
            #expect(try await service.send("GET", "/healthz").status == 200)
        }
    }

    /// A request that never ends is cut off after half a minute, and nobody else waits for it.
    @Test(
        .enabled(
            if: ProcessInfo.processInfo.environment["ASSAY_SLOW"] != nil,
            "takes half a minute; kept for 'make test-slow'"
        ),
        .timeLimit(.minutes(2))
    )
    func slowRequestsAreCutOff() async throws {
        let project = try ServedProject()
        try await project.serving { service in
            let port = service.port
            async let half = offPool {
                try RawSocket.exchange(
                    port: port,
                    Array("POST /v1/retrieve HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{".utf8),
                    seconds: 60
                )
            }
            async let head = offPool { try RawSocket.exchange(port: port, Array("GET /healthz HT".utf8), seconds: 60) }
            #expect(try await service.send("GET", "/healthz").status == 200)
            let start = ContinuousClock.now
            _ = try await (half, head)
            #expect(ContinuousClock.now - start < .seconds(45))
            #expect(try await service.send("GET", "/healthz").status == 200)
        }
    }

    @Test func othersNeedKeysAndTheEndIsOrderly() async throws {
        let project = try ServedProject()
        let open = try await project.run("serve", "scripted.yaml", "--host", "0.0.0.0", "--port", "0")
        #expect(open.status == 1 && open.errors.contains("assay keys new"), "\(open.errors)")

        let service = try await RunningService(project, "slow", [])
        async let answer = service.chat("Which color does M1 have?")
        #expect(try await holds { try await service.send("GET", "/readyz").json["in_flight"] == 1 })
        service.process.send(SIGTERM)
        #expect(try await holds { try await service.send("GET", "/readyz").status == 503 })
        let late = try await service.chat("Which color does M2 have?")
        #expect(late.status == 503 && late.json["error"]?["code"] == "draining" && late.head["retry-after"] != nil)
        let reply = try await answer
        #expect(reply.status == 200)
        #expect(try await offPool { service.process.wait() } == 0)
    }

    @Test func withoutAnEngineThereArePassages() async throws {
        let project = try ServedProject()
        try await project.serving("dead") { service in
            for _ in 0..<6 {
                let reply = try await service.chat("Which color does M1 have?")
                #expect(reply.status == 200 && reply.json["assay"]?["degraded"]?.stringValue != nil)
                #expect(reply.json["assay"]?["passages"]?.arrayValue?.count == 2)
            }
            // After five failures the engine is left alone for a while: an answer takes no time.
            let start = ContinuousClock.now
            _ = try await service.chat("Which color does M2 have?")
            #expect(ContinuousClock.now - start < .milliseconds(500))
            let ready = try await service.send("GET", "/readyz")
            #expect(ready.status == 503 && ready.json["reasons"]?.arrayValue?.contains("the engine fails") == true)
        }
        try await project.serving("dead", ["--strict"]) { service in
            let reply = try await service.chat("Which color does M1 have?")
            #expect(reply.status == 502 && reply.json["error"]?["type"] == "server_error", "\(reply.json.text)")
            #expect(reply.json.text.contains("127.0.0.1") == false)
        }
    }

    @Test func toolsEmbeddingsAndFeedback() async throws {
        let project = try ServedProject()
        try await project.serving { service in
            func call(_ method: String, _ parameters: JSONValue = [:]) async throws -> JSONValue {
                try await service.send(
                    "POST",
                    "/mcp",
                    ["jsonrpc": "2.0", "id": 7, "method": .string(method), "params": parameters]
                ).json
            }
            let hello = try await call("initialize", ["protocolVersion": "2025-03-26", "capabilities": [:]])
            #expect(hello["result"]?["protocolVersion"] == "2025-03-26" && hello["id"] == 7)
            let tools = try await call("tools/list")["result"]?["tools"]?.arrayValue ?? []
            #expect(tools.compactMap { $0["name"]?.stringValue } == ["retrieve", "ask"])
            let asked = try await call(
                "tools/call",
                ["name": "ask", "arguments": ["question": "Which color does machine M2 have?"]]
            )
            #expect(asked["result"]?["isError"] == false, "\(asked.text)")
            #expect(asked["result"]?["structuredContent"]?["answer"]?.stringValue?.contains("[1]") == true)
            let wrong = try await call("tools/call", ["name": "retrieve", "arguments": [:]])
            #expect(wrong["result"]?["isError"] == true)
            #expect(try await call("nothing")["error"]?["code"] == -32601)
            let notified = try await service.send(
                "POST",
                "/mcp",
                ["jsonrpc": "2.0", "method": "notifications/initialized"]
            )
            #expect(notified.status == 202)
            let foreign = service.request(
                "POST",
                "/mcp",
                ["jsonrpc": "2.0", "id": 1, "method": "ping"],
                headers: [HTTPHeader("Origin", "https://evil.example")]
            )
            #expect(try await service.client.send(foreign).status == 403)

            let floats = try await service.send("POST", "/v1/embeddings", ["model": "hashed", "input": ["a b", "c"]])
            let row = floats.json["data"]?.arrayValue?.first?["embedding"]?.arrayValue?.compactMap(\.doubleValue) ?? []
            #expect(abs(row.reduce(0) { $0 + $1 * $1 } - 1) < 1e-4)
            let packed = try await service.send(
                "POST",
                "/v1/embeddings",
                ["model": "hashed", "input": "a b", "encoding_format": "base64"]
            )
            let data = packed.json["data"]?.arrayValue?.first?["embedding"]?.stringValue.flatMap {
                Data(base64Encoded: $0)
            }
            #expect(data?.count == row.count * 4)
            #expect(try await service.send("POST", "/v1/embeddings", ["model": "hashed", "input": []]).status == 400)

            let id = try #require(try await service.chat("Which color does M4 have?").json["id"])
            #expect(try await service.send("POST", "/v1/feedback", ["id": id, "rating": "up"]).status == 200)
            #expect(
                try await service.send("POST", "/v1/feedback", ["id": id, "rating": "down", "comment": "no"]).status
                    == 200
            )
            #expect(try await service.send("POST", "/v1/feedback", ["id": "chatcmpl-0", "rating": "up"]).status == 404)
            #expect(try await service.send("POST", "/v1/feedback", ["id": id, "rating": 5]).status == 400)
        }
        let stats = try await project.run("cache", "stats")
        #expect(stats.output.contains(/feedback +1\n/), "\(stats.output)")
    }

    /// Every path that the description names is served, and says no when it is asked nonsense; the page's files carry its policy.
    @Test func theDescriptionIsTheService() async throws {
        let project = try ServedProject()
        try await project.serving { service in
            let description = try await service.send("GET", "/openapi.json").json
            guard case .object(let paths) = description["paths"] else {
                Issue.record("no paths")
                return
            }
            #expect(paths.count == 12)
            for (path, methods) in paths.sorted(by: { $0.key < $1.key }) {
                guard case .object(let operations) = methods else { continue }
                for method in operations.keys {
                    let real = path.replacing("{model}", with: "scripted").replacing("{id}", with: "x.md")
                    let reply = try await service.send(method.uppercased(), real, method == "post" ? [:] : nil)
                    #expect(
                        reply.status != 404 || reply.json["error"]?["code"] != .null,
                        "\(method) \(path): \(reply.status)"
                    )
                    #expect(reply.status < 500 || path == "/readyz")
                }
            }
            for path in ["/", "/page.css", "/page.js", "/dashboard", "/dashboard.css", "/dashboard.js"] {
                let reply = try await service.send("GET", path)
                #expect(reply.head["content-security-policy"] == Service.pagePolicy)
                #expect(reply.head["x-content-type-options"] == "nosniff")
            }
        }
    }
}

/// Bytes over a socket, as no client would send them.
enum RawSocket {
    struct Failure: Error {}

    /// Sends bytes and reads what comes within two seconds, up to the end or 64 KiB.
    static func exchange(port: Int, _ bytes: [UInt8], seconds: Int = 2) throws -> String {
        let file = try connected(port, seconds: seconds)
        defer { close(file) }
        _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.send(file, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while answer.count < 65_536 {
            let count = unsafe recv(file, &buffer, buffer.count, 0)
            if count <= 0 { break }
            answer += buffer[..<count]
        }
        return String(decoding: answer, as: UTF8.self)
    }

    private static func connected(_ port: Int, seconds: Int) throws -> Int32 {
        let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard file >= 0 else { throw Failure() }
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        _ = unsafe setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            close(file)
            throw Failure()
        }
        return file
    }
}
