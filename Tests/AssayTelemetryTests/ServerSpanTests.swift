import Testing
import Tracing

@testable import AssayTelemetry

/// The span of a served request, by OpenTelemetry's HTTP conventions.
struct ServerSpanTests {
    private static let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    private static func request(
        _ method: String = "POST",
        _ path: String = "/v1/chat/completions?key=secret",
        authority: String? = "localhost:8080",
        parent: String? = nil,
        state: String? = nil
    ) -> ServerSpan.Request {
        .init(method: method, path: path, authority: authority, parent: parent, state: state)
    }

    private static func span(
        _ request: ServerSpan.Request,
        _ body: (ServerSpan) async -> Void
    ) async throws -> [SpanRecord] {
        let kept = KeptSpans()
        let tracer = SpanTracer(sinks: [kept], seed: 3)
        await body(ServerSpan(request, tracer: tracer))
        return kept.spans
    }

    @Test func itHasTheNamesOfTheConventions() async throws {
        let spans = try await Self.span(Self.request()) { span in
            span.answered(status: 200, route: "/v1/chat/completions")
            span.end()
        }
        let span = try #require(spans.first)
        #expect(
            span.name == "POST /v1/chat/completions" && span.kind == .server && span.parent == nil && span.failed == nil
        )
        #expect(
            span.attributes == [
                Attribute("http.request.method", "POST"), Attribute("http.response.status_code", .int(200)),
                Attribute("http.route", "/v1/chat/completions"), Attribute("server.address", "localhost"),
                Attribute("server.port", .int(8080)), Attribute("url.path", "/v1/chat/completions"),
                Attribute("url.scheme", "http"),
            ],
            "no query, no client, no header"
        )
    }

    @Test(arguments: [(404, nil), (429, nil), (499, nil), (500, "500"), (503, "503")] as [(Int, String?)])
    func onlyServersFailTheirSpans(status: Int, error: String?) async throws {
        let spans = try await Self.span(Self.request()) { span in
            span.answered(status: status, route: nil)
            span.end()
        }
        let span = try #require(spans.first)
        #expect(span.name == "POST" && span["http.route"] == nil)
        #expect(span["error.type"]?.text == error && span.failed == (error == nil ? nil : true))
    }

    @Test func aStreamThatBreaksOffHasFailed() async throws {
        let spans = try await Self.span(Self.request()) { span in
            span.answered(status: 200, route: "/v1/chat/completions")
            await span.within { ServerSpan.current?.failed("deadline_exceeded") }
            span.end()
            span.end()
        }
        #expect(spans.count == 1 && spans[0]["error.type"]?.text == "deadline_exceeded" && spans[0].failed == true)
    }

    @Test func aSpanThatNobodyKeepsEnds() async throws {
        let spans = try await Self.span(Self.request()) { $0.answered(status: 200, route: "/x") }
        #expect(spans.map(\.name) == ["POST /x"])
    }

    @Test func unknownMethodsAreOneName() async throws {
        let spans = try await Self.span(Self.request("BREW", "/pot", authority: "[::1]:80")) {
            $0.answered(status: 404, route: nil)
        }
        let span = try #require(spans.first)
        #expect(span.name == "HTTP" && span["http.request.method"]?.text == "_OTHER")
        #expect(span["http.request.method_original"]?.text == "BREW" && span["server.address"]?.text == "[::1]")
        #expect(ServerSpan.split("host").port == nil && ServerSpan.split("[::1]").host == "[::1]")
    }

    @Test func itJoinsTheCallersTrace() async throws {
        let spans = try await Self.span(Self.request(parent: Self.parent, state: "a=1")) { _ in }
        let span = try #require(spans.first)
        #expect(span.identity.trace.hex == "0af7651916cd43dd8448eb211c80319c" && span.parent == 0xb7ad_6b71_6920_3331)
        #expect(span.identity.state == "a=1")
        for wrong in ["", "00-00000000000000000000000000000000-b7ad6b7169203331-01", Self.parent + ", " + Self.parent] {
            let spans = try await Self.span(Self.request(parent: wrong)) { _ in }
            #expect(spans.first?.parent == nil && spans.first?.identity.trace.hex != "0af7651916cd43dd8448eb211c80319c")
        }
    }

    @Test func phoenixIsToldThatItIsAChain() async throws {
        let spans = try await Self.span(Self.request()) { $0.answered(status: 200, route: "/x") }
        let span = try #require(spans.first)
        let shaped = SpanShaping(.openinference, capturesContent: false).shape(span)
        #expect(shaped.name == span.name && shaped["openinference.span.kind"]?.text == "CHAIN")
        #expect(SpanShaping(.genai, capturesContent: false).shape(span) == span)
    }

    @Test func longStatesAreCutAtTheirEnd() throws {
        let long = (0..<40).map { "k\($0)=v" }.joined(separator: ",")
        let state = try #require(TraceContext.identity(parent: Self.parent, state: long)?.state)
        #expect(state.hasSuffix("k31=v"), "32 members at most")
        let wide = "first=1,b=\(String(repeating: "x", count: 490)),c=2,d=\(String(repeating: "y", count: 125)),e=3"
        let kept = TraceContext.identity(parent: Self.parent, state: wide)?.state
        #expect(
            kept == "first=1,c=2,d=\(String(repeating: "y", count: 125)),e=3",
            "members above 128 characters go first"
        )
        #expect(TraceContext.identity(parent: Self.parent, state: "a=1, b=2\t")?.state == "a=1,b=2")
        #expect(TraceContext.identity(parent: Self.parent, state: " , ")?.state == nil)
        #expect(TraceContext.identity(parent: Self.parent, state: "no member")?.state == nil)
    }
}
