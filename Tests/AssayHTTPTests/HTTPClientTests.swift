import AssayHTTP
import AssayModel
import AssayTestServer
import Synchronization
import Testing

struct HTTPClientTests {
    private func code(_ body: () async throws -> Void) async -> String {
        do {
            try await body()
            return "none"
        } catch let error as AssayError {
            return error.code.rawValue
        } catch {
            return "\(type(of: error))"
        }
    }

    @Test func sendsMethodHeadersAndBody() async throws {
        let server = try LoopbackServer { _, _ in .answer(201, "{\"ok\":true}", [("X-Answer", "42")]) }
        let client = try HTTPClient()
        let response = try await client.send(
            HTTPRequest("POST", server.url + "/a?b=c", headers: [HTTPHeader("X-Key", "v")], body: Array("hello".utf8))
        )
        #expect(response.status == 201)
        #expect(response.text == "{\"ok\":true}")
        #expect(response.head["x-answer"] == "42")
        let request = try #require(server.log.requests.first)
        #expect(request.method == "POST" && request.path == "/a?b=c" && request.text == "hello")
        #expect(request["x-key"] == "v")
        #expect(request["expect"] == nil)
    }

    @Test(arguments: ["GET", "HEAD", "DELETE", "PUT"]) func speaksMethod(_ method: String) async throws {
        let client = try HTTPClient()
        let server = try LoopbackServer { request, _ in
            request.method == "HEAD" ? [.head(200, [("Content-Length", "5")])] : .answer(200, "12345")
        }
        let response = try await client.send(HTTPRequest(method, server.url, deadline: .seconds(3)))
        #expect(response.text == (method == "HEAD" ? "" : "12345"))
        #expect(server.log.requests.first?.method == method)
    }

    @Test func keepsConnectionsAcrossRequestsAndRunsThemAtOnce() async throws {
        let server = try LoopbackServer { request, _ in [.wait(.milliseconds(20))] + .answer(200, request.path) }
        let client = try HTTPClient()
        for _ in 0..<3 { _ = try await client.send(HTTPRequest("GET", server.url)) }
        #expect(server.log.connections == 1)
        let texts = try await concurrentMap(Array(0..<20), limit: 20) { index in
            try await client.send(HTTPRequest("GET", server.url + "/\(index)")).text
        }
        #expect(texts == (0..<20).map { "/\($0)" })
        #expect(server.log.connections <= 20)
    }

    @Test func streamsPartsAsTheyArrive() async throws {
        let read = Atomic(0)
        let server = try LoopbackServer { _, _ in
            [
                .head(200, []), .text("a"), .until { read.value == 1 }, .text("b"), .until { read.value == 2 },
                .text("c"),
            ]
        }
        let parts = try await HTTPClient().stream(HTTPRequest("GET", server.url)) { head, body in
            var parts: [String] = []
            for try await part in body {
                parts.append(String(decoding: part, as: UTF8.self))
                read.value += 1
            }
            #expect(head.status == 200)
            return parts
        }
        #expect(parts == ["a", "b", "c"])
    }

    @Test func slowReaderHoldsTheServerBack() async throws {
        let total = 24 << 20
        let server = try LoopbackServer { _, _ in
            [.head(200, [("Content-Length", "\(total)")]), .bytes([UInt8](repeating: 7, count: total))]
        }
        let received = try await HTTPClient().stream(HTTPRequest("GET", server.url)) { _, body in
            var received = 0
            for try await part in body {
                if received == 0 {
                    try await Task.sleep(for: .milliseconds(200))
                    // Socket buffers of both ends hold the rest.
                    #expect(server.log.sentBytes < 16 << 20)
                }
                received += part.count
                #expect(part.count <= 512 << 10)
            }
            return received
        }
        #expect(received == total)
    }

    @Test func leavingTheBodyEarlyClosesTheConnection() async throws {
        let server = try LoopbackServer { _, _ in [.head(200, []), .text("x"), .hang] }
        try await HTTPClient().stream(HTTPRequest("GET", server.url)) { _, body in
            var parts = body.makeAsyncIterator()
            let first = try await parts.next()
            #expect(first == [120])
        }
        #expect(try await server.waits { $0.abandoned == 1 })
    }

    @Test(arguments: [false, true]) func cancellingTheTaskClosesTheConnection(inBody: Bool) async throws {
        let server = try LoopbackServer { _, _ in inBody ? [.head(200, []), .text("x"), .hang] : [.hang] }
        let client = try HTTPClient()
        await withTaskGroup(of: String.self) { group in
            group.addTask { await code { _ = try await client.send(HTTPRequest("GET", server.url)) } }
            _ = try? await server.waits { $0.requests.count == 1 }
            group.cancelAll()
            #expect(await group.next() == "CancellationError")
        }
        #expect(try await server.waits { $0.abandoned == 1 })
    }

    @Test func deadlineEndsWholeAndPausedTransfers() async throws {
        let server = try LoopbackServer { request, _ in
            request.path == "/hang" ? [.hang] : [.head(200, []), .bytes([UInt8](repeating: 1, count: 8 << 20)), .hang]
        }
        let client = try HTTPClient()
        let hanging = HTTPRequest("GET", server.url + "/hang", deadline: .milliseconds(100))
        #expect(await code { _ = try await client.send(hanging) } == "http.timeout")
        let request = HTTPRequest("GET", server.url + "/big", deadline: .milliseconds(200))
        let paused = await code {
            try await client.stream(request) { _, body in
                try await Task.sleep(for: .milliseconds(300))
                for try await _ in body {}
            }
        }
        #expect(paused == "http.timeout")
        #expect(try await server.waits { $0.abandoned == 2 })
    }

    @Test func limitsTheBody() async throws {
        let client = try HTTPClient()
        let server = try LoopbackServer { _, _ in
            [.head(200, []), .bytes([UInt8](repeating: 1, count: 1 << 20)), .hang]
        }
        let request = HTTPRequest("GET", server.url, maxResponseBytes: 100_000)
        #expect(await code { _ = try await client.send(request) } == "http.too-large")
        #expect(try await server.waits { $0.abandoned == 1 })
    }

    @Test func limitsTheHeaders() async throws {
        let client = try HTTPClient()
        let server = try LoopbackServer { _, _ in
            [.head(200, (0..<400).map { ("X-\($0)", String(repeating: "v", count: 1000)) }), .text("x")]
        }
        let name = await code { _ = try await client.send(HTTPRequest("GET", server.url)) }
        #expect(name == "http.too-large" || name == "http.connection")
    }

    @Test func reportsWhatBroke() async throws {
        let client = try HTTPClient()
        let cut = try LoopbackServer { _, _ in [.head(200, [("Content-Length", "10")]), .text("123"), .cut] }
        #expect(await code { _ = try await client.send(HTTPRequest("GET", cut.url)) } == "http.connection")
        let (socket, port) = try LoopbackServer.listen()
        closeSocket(socket)
        let unreachable = "http://127.0.0.1:\(port)"
        #expect(await code { _ = try await client.send(HTTPRequest("GET", unreachable)) } == "http.unreachable")
    }

    @Test func doesNotFollowRedirectsUnlessAsked() async throws {
        let server = try LoopbackServer { request, _ in
            request.path == "/" ? .answer(302, "", [("Location", "/next")]) : .answer(200, "next")
        }
        let client = try HTTPClient()
        #expect(try await client.send(HTTPRequest("GET", server.url)).status == 302)
        #expect(try await client.send(HTTPRequest("GET", server.url, maxRedirects: 1)).text == "next")
        let file = try LoopbackServer { _, _ in .answer(302, "", [("Location", "file:///etc/hostname")]) }
        #expect(
            await code { _ = try await client.send(HTTPRequest("GET", file.url, maxRedirects: 1)) } == "http.request"
        )
    }

    @Test(arguments: ["file:///etc/passwd", "ftp://127.0.0.1/x", "/etc/passwd", "http://127.0.0.1/\r\nX: y"])
    func refusesURL(_ url: String) async throws {
        let client = try HTTPClient()
        #expect(await code { _ = try await client.send(HTTPRequest("GET", url)) } == "http.request")
    }

    @Test func errorsHoldNoSecret() async throws {
        let secret = "s3cr3t"
        let client = try HTTPClient()
        let requests = [
            HTTPRequest("GET", "http://user:\(secret)@127.0.0.1:1/\(secret)?key=\(secret)"),
            HTTPRequest("GET", "http://127.0.0.1:1/", headers: [HTTPHeader("Authorization", "Bearer \(secret)\n")]),
            HTTPRequest("GET", "gopher://\(secret)@x/\(secret)"),
        ]
        for request in requests {
            let error = await #expect(throws: AssayError.self) { try await client.send(request) }
            #expect(error?.description.contains(secret) == false)
        }
    }

    @Test func manyCancelledRequestsLeaveNothingBehind() async throws {
        let server = try LoopbackServer { _, _ in [.hang] }
        let client = try HTTPClient()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<40 {
                group.addTask { _ = try? await client.send(HTTPRequest("GET", server.url, deadline: .seconds(60))) }
            }
            _ = try? await server.waits { $0.requests.count == 40 }
            group.cancelAll()
        }
        #expect(try await server.waits { $0.abandoned == 40 })
    }
}

/// A number that several threads see.
final class Atomic: Sendable {
    private let state: Mutex<Int>
    var value: Int {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }

    init(_ value: Int) { state = Mutex(value) }
}
