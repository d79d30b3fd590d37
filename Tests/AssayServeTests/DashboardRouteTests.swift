import AssayHTTP
import AssayModel
import AssayTelemetry
import AssayTestProcess
import AssayTestServer
import Foundation
import Testing

@testable import AssayServe

/// `/dashboard` and `assay top` against the real binary: both read one JSON.
@Suite(.enabled(if: ServedProject.isBuilt))
struct DashboardRouteTests {
    private static func look(
        _ service: RunningService,
        _ query: String = "",
        key: String? = nil
    ) async throws -> ServiceBoard {
        let reply = try await service.send("GET", "/dashboard.json" + query, key: key)
        #expect(reply.status == 200 && reply.head["content-type"] == "application/json")
        return try #require(ServiceBoard(reply.json))
    }

    @Test func theNumbersAreWhatHappened() async throws {
        let project = try ServedProject()
        try await project.serving { service in
            for number in 1...3 { #expect(try await service.chat("Which color does M\(number) have?").status == 200) }
            let reply = try await service.chat("Which color does M1 have?").json
            _ = try await service.send("POST", "/v1/feedback", ["id": reply["id"] ?? .null, "rating": "up"])
            #expect(try await service.send("POST", "/v1/retrieve", ["query": 2]).status == 400)
            let board = try await Self.look(service)
            func now(_ key: String) -> Double? { board.current[key] ?? nil }
            #expect(
                board.model == "scripted" && board.interval == 5 && board.panels.count == ServiceNumbers.panels.count
            )
            let answered = try #require(now("questions_answered"))
            let requests = try #require(now("requests_ok"))
            // Four answers and a feedback in the same time.
            #expect(answered > 0 && abs(requests / answered - 1.25) < 1e-4)
            #expect(now("cache_answer") == 0.25 && now("feedback_up") == 1 && now("share_refused") == 0)
            #expect(
                (now("first_token_p95") ?? 0) > 0 && (now("stage_search_p50") ?? 0) > 0 && (now("memory") ?? 0) > 1e6
            )
            #expect(now("index_chunks") == 8 && now("index_generation") == 1 && now("breaker") == 0)
            #expect(now("hallucination_rate") == nil && now("cost") == nil && now("judged") == nil)
            // The service takes a point each five seconds by itself.
            let hasPoints = try await holds(within: .seconds(12)) { try await Self.look(service).times.count >= 1 }
            #expect(hasPoints)
            let later = try await Self.look(service, "?after=0")
            #expect(later.first == 1)
            for query in ["?after=-1", "?last=x"] {
                #expect(try await service.send("GET", "/dashboard.json" + query).status == 400)
            }
        }
    }

    @Test func keysNeedTheScopeEval() async throws {
        let project = try ServedProject()
        func key(_ arguments: String...) async throws -> String {
            let out = "\(project.root)/.key-\(UUID().uuidString)"
            let child = try ChildCommand(
                [ServedProject.binary.path(), "keys", "new"] + arguments + ["--file", "keys.json"],
                in: project.root,
                output: out,
                errors: "/dev/null"
            )
            #expect(try await offPool { child.wait() } == 0)
            return try String(contentsOfFile: out, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        }
        let asks = try await key("web")
        let measures = try await key("watcher", "--scope", "eval")
        try project.write("asks.key", asks + "\n")
        try project.write("measures.key", measures + "\n")
        try project.write("two.key", "\(asks)\n\(asks)\n")
        try await project.serving("scripted", ["--keys", "keys.json"]) { service in
            #expect(try await service.send("GET", "/dashboard.json").status == 401)
            #expect(try await service.send("GET", "/dashboard.json", key: asks).status == 403)
            #expect(try await Self.look(service, key: measures).model == "scripted")
            #expect(try await service.send("GET", "/dashboard").status == 200, "the page itself says nothing")
            let none = try await project.run("top", service.url, "--once")
            #expect(none.status == 1 && none.output.isEmpty)
            #expect(
                none.errors
                    == "assay: \(service.url) asks for a key; give a key with the scope eval by --key-file FILE or in the variable ASSAY_KEY\n"
            )
            let wrong = try await project.run("top", service.url, "--once", "--key-file", "asks.key")
            #expect(
                wrong.errors
                    == "assay: \(service.url) does not show its numbers to this key, or to this name of the machine; make a key with 'assay keys new NAME --scope eval --file keys.json' and send the service SIGHUP; without keys ask 127.0.0.1\n"
            )
            let right = try await project.run("top", service.url, "--once", "--key-file", "measures.key")
            #expect(
                right.status == 0 && right.errors.isEmpty && right.output.hasPrefix("scripted · \(service.url) · up ")
            )
            let two = try await project.run("top", service.url, "--key-file", "two.key")
            #expect(
                two.errors
                    == "assay: two.key: the file does not hold one API key; put the line that 'assay keys new' printed into a file of its own\n"
            )
        }
    }

    @Test func topPrintsOneTable() async throws {
        let project = try ServedProject()
        try await project.serving { service in
            for number in 1...2 { _ = try await service.chat("Which color does M\(number) have?") }
            let top = try await project.run("top", service.url + "/dashboard", "--once")
            #expect(top.status == 0 && top.errors.isEmpty, "\(top.errors)")
            #expect(!top.output.contains("\u{1B}"), "a pipe gets no control sequences")
            let lines: [Regex<Substring>] = [
                /Circuit breaker +state +closed\n/, /Index +chunks +8\n/, /Judged answers +faithfulness +–\n/,
                /Time to first token +p50 +[0-9.]+ [µm]s\n/,
            ]
            for line in lines { #expect(top.output.contains(line), "\(top.output)") }
            let json = try await project.run("top", service.url, "--json")
            #expect(try ServiceBoard(JSONValue(parsing: json.output))?.model == "scripted")
        }
    }

    @Test func topSaysWhatToDo() async throws {
        let project = try ServedProject()
        let gone = try await project.run("top", "127.0.0.1:1", "--once")
        #expect(
            gone.status == 1
                && gone.errors
                    == "assay: nothing answers at http://127.0.0.1:1; start the service with 'assay serve FILE', or name its address: assay top http://HOST:PORT\n",
            "\(gone.errors)"
        )
        let scheme = try await project.run("top", "ftp://x")
        #expect(scheme.errors == "assay: 'ftp://x' is no HTTP address; for example: assay top http://127.0.0.1:8080\n")
        let missing = try await project.run("top", "--key-file", "nothing.key")
        #expect(missing.errors == "assay: nothing.key: the file of the key cannot be read\n")
        let other = try LoopbackServer { _, _ in [.head(404, [("Content-Length", "0")])] }
        defer { other.stop() }
        let wrong = try await project.run("top", other.url, "--once")
        #expect(
            wrong.errors
                == "assay: \(other.url) is no service of Assay, or an older one: /dashboard.json is answered with status 404; name the address that 'assay serve' printed: assay top http://HOST:PORT\n"
        )
        let usage = try await project.run("top", "--interval", "0")
        #expect(usage.status == 64)
    }

    /// A terminal: frames without flicker, hostile names harmless, `q` ends and gives the terminal back.
    @Test(.enabled(if: Chromium.hasPython, "python3 is missing"), .timeLimit(.minutes(1)))
    func topGivesTheTerminalBack() async throws {
        let project = try ServedProject()
        let script = String(#filePath.dropLast("DashboardRouteTests.swift".count)) + "Clients/terminal.py"
        try await project.serving { service in
            _ = try await service.chat("Which color does M1 have?")
            let out = project.root + "/terminal"
            let child = try ChildCommand(
                ["python3", script, ServedProject.binary.path(), "top", service.url, "--interval", "0.3"],
                in: project.root,
                output: out,
                errors: out + ".err"
            )
            let status = try await offPool { child.wait() }
            let said = [out, out + ".err"].map { (try? String(contentsOfFile: $0, encoding: .utf8)) ?? "" }
            #expect(status == 0, "\(said.joined())")
        }
    }

    /// The page in headless Chromium: numbers, plots, keyboard, narrow, dark, a key, a service that is gone.
    @Test(.enabled(if: Chromium.isThere, "Chromium or python3 is missing"), .timeLimit(.minutes(3)))
    func thePageWorksInABrowser() async throws {
        let project = try ServedProject()
        let script = String(#filePath.dropLast("DashboardRouteTests.swift".count)) + "Browser/dashboard.py"
        let made = try await project.run("keys", "new", "watcher", "--scope", "admin", "--file", "keys.json")
        let key = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
        try await project.serving("scripted", ["--keys", "keys.json"]) { service in
            for number in 1...3 { _ = try await service.chat("Which color does M\(number) have?", key: key) }
            _ = try await service.chat("x", key: "wrong")
            let out = project.root + "/page"
            let child = try ChildCommand(
                ["python3", script, service.url, key, "\(service.process.processID)"],
                in: project.root,
                output: out,
                errors: out + ".err"
            )
            let status = try await offPool { child.wait() }
            let said = [out, out + ".err"].map { (try? String(contentsOfFile: $0, encoding: .utf8)) ?? "" }
            #expect(status == 0, "\(said.joined())")
        }
    }

    /// Every metric that dashboards and rules ask for is exported by a running service, but for those that wait for what this pipeline does not do.
    @Test func dashboardsAskForWhatIsExported() async throws {
        let root = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }
        let texts = try ["service.json", "alerts.yaml"].map {
            try String(contentsOfFile: "\(root)/dashboards/\($0)", encoding: .utf8)
        }
        let asked = Set(
            ServiceMetrics.all.filter { metric in
                metric.sampleNames.contains { name in texts.contains { $0.contains(name) } }
            }.map(\.exposedName)
        )
        #expect(asked.count >= 20)
        let project = try ServedProject()
        try await project.serving { service in
            let id = try await service.chat("Which color does M1 have?").json["id"] ?? .null
            _ = try await service.send("POST", "/v1/feedback", ["id": id, "rating": "down"])
            _ = try await service.send("POST", "/v1/retrieve", ["query": 2])
            let text = try await service.client.send(service.request("GET", "/metrics")).text
            let missing = asked.filter { !text.contains("# TYPE \($0) ") }
            // Counted only by a judge online, by prices, by an exporter, and by what turns requests away.
            let waiting: Set<String> = [
                "assay_online_score", "assay_cost_total", "assay_telemetry_spans_total",
                "assay_rejections_total",
            ]
            #expect(missing.isSubset(of: waiting), "\(missing.subtracting(waiting).sorted())")
        }
    }
}
