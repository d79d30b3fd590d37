import AssayHTTP
import AssayModel
import AssayTestServer
import Foundation
import Testing

@testable import AssayServe

/// Served answers that are kept and judged, with the real binary and scripted engines.
@Suite(.enabled(if: ServedProject.isBuilt))
struct OnlineTests {
    private static let metrics = "[ citation_validity, groundedness_detector, faithfulness, answer_relevancy ]"

    /// A project with the pipeline `online`, whose section `serve` has `online`.
    private func project(
        _ online: String?,
        engine: String = "scripted",
        judge: String = "{ kind: scripted, slots: 1 }",
        extra: [String: String] = [:]
    ) throws -> ServedProject {
        let project = try ServedProject(engines: ["judge": judge].merging(extra) { $1 })
        try project.write("online.yaml", pipeline(online, engine: engine))
        return project
    }

    private func pipeline(_ online: String?, engine: String = "scripted") -> String {
        "assay: 1\ncorpus: corpus\nchunk: { by: headings, tokens: 60 }\nembed: { by: hashed }\n"
            + "retrieve: { from: [ { dense: { top: 10 } }, { bm25: { top: 10 } } ], fuse: { rrf: { k: 60 } }, depth: 10 }\n"
            + "answer: { engine: \(engine), context: 2 }\n" + (online.map { "serve: { online: \($0) }\n" } ?? "")
    }

    private func metric(_ service: RunningService, _ line: String) async throws -> Double {
        let text = try await service.client.send(service.request("GET", "/metrics")).text
        return text.split(separator: "\n").first { $0.hasPrefix(line + " ") }
            .flatMap { Double($0.dropFirst(line.count + 1)) } ?? 0
    }

    /// Answers that a judged metric has.
    private func judged(
        _ service: RunningService,
        _ metric: String = "faithfulness_verdict",
        _ result: String = "scored"
    ) async throws -> Double {
        try await self.metric(
            service,
            #"assay_online_judged_total{gen_ai_evaluation_name="\#(metric)",assay_result="\#(result)"}"#
        )
    }

    private static func judge(_ server: LoopbackServer) -> String {
        "{ kind: openai, base_url: \"\(server.url)/v1\", model: m, timeout: 5 }"
    }

    /// Whether any file of the workspace holds a text.
    private func workspace(_ project: ServedProject, holds text: String) throws -> Bool {
        let files = FileManager.default.enumerator(atPath: project.root + "/.assay")
        while let name = files?.nextObject() as? String {
            let data = FileManager.default.contents(atPath: project.root + "/.assay/" + name) ?? Data()
            if data.range(of: Data(text.utf8)) != nil { return true }
        }
        return false
    }

    @Test func answersAreKeptJudgedReportedAndTurnedIntoAnEvalset() async throws {
        let server = try JudgeServer.start()
        defer { server.stop() }
        let project = try project("{ share: 1, metrics: \(Self.metrics), judge: judge }", judge: Self.judge(server))
        let ids = try await project.serving("online", ["--trace", "trace.jsonl"]) {
            service in
            var ids: [String] = []
            for number in 0..<4 {
                let reply = try await service.chat("Which color does machine M\(number) have?")
                ids.append(try #require(reply.json["id"]?.stringValue))
            }
            for (id, rating) in [(ids[1], "down"), (ids[2], "up")] {
                let body: JSONValue = ["id": .string(id), "rating": .string(rating), "comment": "as seen"]
                #expect(try await service.send("POST", "/v1/feedback", body).status == 200)
            }
            #expect(
                try await holds(within: .seconds(30)) { try await judged(service, "faithfulness") == 4 },
                "\(service.log)"
            )
            let count = #"assay_online_score_count{gen_ai_evaluation_name="faithfulness"}"#
            #expect(try await metric(service, count) == 4)
            let bucket = #"assay_online_score_bucket{gen_ai_evaluation_name="faithfulness",le="0.5"}"#
            #expect(try await metric(service, bucket) == 0, "the judge says yes to everything")
            #expect(try await metric(service, #"assay_stage_duration_seconds_count{assay_stage="judge"}"#) == 4)
            return ids
        }
        try await checkListing(project, ids)
        try await checkReport(project, ids)
        try await checkEvalset(project)
        try checkTrace(project)
    }

    private func checkListing(_ project: ServedProject, _ ids: [String]) async throws {
        let listed = try await project.run("traffic", "online.yaml", "--json")
        #expect(listed.status == 0, "\(listed.errors)")
        let all = try #require(try JSONValue(parsing: listed.output)["all"])
        #expect(all["answers"] == 4 && all["judged"] == 4 && all["up"] == 1 && all["down"] == 1)
        let lines = all["metrics"]?.arrayValue ?? []
        #expect(
            lines.compactMap { $0["metric"]?.stringValue } == [
                "citation_validity", "groundedness_detector", "faithfulness", "answer_relevancy", "feedback",
            ]
        )
        #expect(lines.first?["mean"] == 1 && lines.first?["scored"] == 4)
        #expect(lines.last?["mean"]?.doubleValue == 0.5 && lines.last?["scored"] == 2 && lines.last?["notScored"] == 2)
        let none = try await project.run("traffic", "online.yaml", "--until", "2001-01-01", "--json")
        #expect(try JSONValue(parsing: none.output)["all"]?["answers"] == 0)
        let single = try await project.run("traffic", "online.yaml", "--answers", "--json")
        let answers = try #require(try JSONValue(parsing: single.output).arrayValue)
        #expect(Set(answers.compactMap { $0["id"]?.stringValue }) == Set(ids))
        let ratings = answers.map { [$0["id"]?.stringValue ?? "", $0["rating"]?.stringValue ?? ""] }
        #expect(ratings.contains([ids[1], "down"]) && ratings.contains([ids[2], "up"]))
    }

    private func checkReport(_ project: ServedProject, _ ids: [String]) async throws {
        let made = try await project.run("traffic", "report", "online.yaml", "--format", "json", "--output", "r.json")
        #expect(made.status == 0, "\(made.errors)")
        let record = try JSONValue(parsing: try String(contentsOfFile: project.root + "/r.json", encoding: .utf8))
        let rows = record["results"]?["questions"]?.arrayValue ?? []
        #expect(Set(rows.compactMap { $0["sample"]?["question"]?["id"]?.stringValue }) == Set(ids))
        let statements = rows.first?["scores"]?["faithfulness"]?["details"]
        #expect(statements?.text.contains("verdict") == true, "\(statements?.text ?? "")")
        #expect(rows.first?["sample"]?["retrieved"]?.arrayValue?.count == 2)
        let metrics = record["results"]?["metrics"]?.arrayValue ?? []
        #expect(metrics.first { $0["definition"]?["name"] == "faithfulness" }?["judgeStanding"] == "unvalidated")
        // A record is a record: the other commands read it.
        let again = try await project.run("report", "r.json")
        #expect(again.status == 0 && again.output.contains("faithfulness"), "\(again.errors)")
        let page = try await project.run("traffic", "report", "online.yaml", "--format", "html", "--output", "r.html")
        #expect(page.status == 0, "\(page.errors)")
        let html = try String(contentsOfFile: project.root + "/r.html", encoding: .utf8)
        #expect(html.contains("Which color does machine M3 have?") && html.contains("feedback"))
    }

    private func checkEvalset(_ project: ServedProject) async throws {
        let arguments = ["evalset", "from-traffic", "online.yaml", "--output", "made", "--rating", "down"]
        let made = try await project.run(
            arguments[0],
            arguments[1],
            arguments[2],
            "--output",
            "made",
            "--rating",
            "down"
        )
        #expect(made.status == 0, "\(made.errors)")
        let text = try String(contentsOfFile: project.root + "/made/questions.jsonl", encoding: .utf8)
        let row = try JSONValue(parsing: text)
        #expect(row["question"] == "Which color does machine M1 have?")
        #expect(row["reference"] == "" && row["gold"] == [] && row["review"] == "edit")
        let proposed = try #require(row["made"]?["proposed_reference"]?.stringValue)
        #expect(proposed.contains("[1]") && !text.contains("chatcmpl"))
        let refused = try await project.run(arguments[0], arguments[1], arguments[2], "--output", "made")
        #expect(refused.status == 1 && refused.errors.contains("is there already"))
        try project.write("checked.yaml", pipeline(nil) + "evaluate: { evalset: made, metrics: [ token_f1 ] }\n")
        let held = try await project.run("evalset", "check", "checked.yaml")
        #expect(held.status == 0 && held.output.contains("1 more rows wait for review"), "\(held.errors)\(held.output)")
        // A person takes the proposals over.
        guard case .object(var members) = row else { return }
        members["review"] = "keep"
        members["reference"] = .string(proposed)
        members["gold"] = row["made"]?["proposed_gold"]
        try project.write("made/questions.jsonl", JSONValue.object(members).text + "\n")
        let kept = try await project.run("evalset", "check", "checked.yaml", "--strict")
        #expect(kept.status == 0 && kept.output.contains("0 errors"), "\(kept.errors)\(kept.output)")
    }

    /// The scores hang below the question's own span: events and annotations are made of that.
    private func checkTrace(_ project: ServedProject) throws {
        let lines = try String(contentsOfFile: project.root + "/trace.jsonl", encoding: .utf8).split(separator: "\n")
        let spans = try lines.compactMap { line in
            try JSONValue(parsing: String(line))["resourceSpans"]?.arrayValue?.first?["scopeSpans"]?.arrayValue?.first?[
                "spans"
            ]?.arrayValue?.first
        }
        func operations(_ part: String) -> [JSONValue] {
            spans.filter { $0["name"]?.stringValue?.contains(part) == true }
        }
        // Readers' ratings are scores too, made where they arrive.
        let scores = operations("score").filter { $0["attributes"]?.text.contains("user_feedback") == false }
        #expect(scores.count == 4, "\(Set(spans.compactMap { $0["name"]?.stringValue }))")
        for score in scores {
            let parent = spans.first { $0["spanId"] == score["parentSpanId"] && $0["traceId"] == score["traceId"] }
            #expect(parent?["attributes"]?.text.contains("online") == true)
        }
    }

    @Test(arguments: ["{ share: 0, metrics: [ citation_validity ] }", ""])
    func nothingIsWrittenDownUnasked(_ online: String) async throws {
        let project = try project(online.isEmpty ? nil : online)
        try await project.serving("online") { service async throws in
            for _ in 0..<2 { #expect(try await service.chat("Which color has Zyzzogeton, machine M1?").status == 200) }
        }
        let (written, seen) = try (workspace(project, holds: "Zyzzogeton"), workspace(project, holds: "gear turns"))
        #expect(!written && seen)
    }

    @Test func aQuestionIsDeletedForGood() async throws {
        let project = try project("{ share: 1, metrics: [ faithfulness_verdict ], judge: judge }")
        let ids = try await project.serving("online") { service async throws in
            var ids: [String] = []
            for name in ["Zyzzogeton", "Quodlibet"] {
                let reply = try await service.chat("Which color has \(name), machine M1?")
                ids.append(try #require(reply.json["id"]?.stringValue))
                let said: JSONValue = [
                    "id": .string(ids.last ?? ""), "rating": "down", "comment": .string("\(name) is wrong"),
                ]
                _ = try await service.send("POST", "/v1/feedback", said)
            }
            #expect(try await holds(within: .seconds(30)) { try await judged(service) == 2 })
            return ids
        }
        let isThere = try workspace(project, holds: "Zyzzogeton")
        #expect(isThere)
        let gone = try await project.run("traffic", "delete", "online.yaml", ids[0])
        #expect(gone.status == 0 && gone.output == ids[0] + "\n", "\(gone.errors)")
        let (deleted, other) = try (workspace(project, holds: "Zyzzogeton"), workspace(project, holds: "Quodlibet"))
        #expect(!deleted && other)
        #expect(try await project.run("traffic", "delete", "online.yaml", ids[0]).status == 1)
    }

    @Test func whatWasNotJudgedIsTakenUpAfterARestart() async throws {
        let dead = "{ kind: openai, base_url: \"http://127.0.0.1:9/v1\", model: none, timeout: 2 }"
        let project = try project("{ share: 1, metrics: [ faithfulness_verdict ], judge: judge }", judge: dead)
        try await project.serving("online") { service async throws in
            for number in 0..<3 { #expect(try await service.chat("Color of M\(number)?").status == 200) }
            #expect(try await holds { service.log.contains("is not judged yet") })
            #expect(try await judged(service) == 0)
        }
        let engines = try String(contentsOfFile: project.root + "/engines.yaml", encoding: .utf8)
        try project.write("engines.yaml", engines.replacing("judge: " + dead, with: "judge: { kind: scripted }"))
        try await project.serving("online") { service async throws in
            #expect(try await holds(within: .seconds(20)) { try await judged(service) == 3 }, "\(service.log)")
        }
    }

    @Test func aJudgeThatTalksNonsenseTouchesNobody() async throws {
        let server = try JudgeServer.start(talksNonsense: true)
        defer { server.stop() }
        let project = try project(
            "{ share: 1, metrics: [ citation_validity, faithfulness ], judge: judge }",
            judge: Self.judge(server)
        )
        try await project.serving("online") { service async throws in
            for number in 0..<3 { #expect(try await service.chat("Color of M\(number)?").status == 200) }
            let isRefused = try await holds(within: .seconds(20)) {
                try await judged(service, "faithfulness", "not_scored") == 3
            }
            #expect(isRefused, "\(service.log)")
            #expect(try await judged(service, "faithfulness") == 0)
            #expect(try await judged(service, "citation_validity") == 3)
            #expect(try await service.chat("Color of M5?").json["assay"]?["degraded"] == .null)
            #expect(
                try await metric(service, #"assay_engine_breaker_state{assay_engine="scripted",assay_state="closed"}"#)
                    == 1
            )
        }
    }

    /// The judge is the engine that answers, with one slot and 500 ms a call: nobody waits for more than one call of it, nobody is sent
    /// away for it, and answers are judged all the same.
    @Test func usersComeFirst() async throws {
        let project = try project(
            "{ share: 1, metrics: [ faithfulness_verdict, answer_relevance_verdict, context_relevance_verdict ], judge: shared }",
            engine: "shared",
            extra: ["shared": "{ kind: scripted, reply: extract, slots: 1, delay_ms: 500 }"]
        )
        try await project.serving("online", ["--queue", "0", "--max-wait", "0"]) { service in
            var waits: [Double] = []
            for number in 0..<6 {
                let start = ContinuousClock.now
                let reply = try await service.chat("Which color does machine M\(number) have?")
                #expect(reply.status == 200, "\(reply.json.text)")
                waits.append((ContinuousClock.now - start) / .seconds(1))
                // At odd moments of the judging that has begun meanwhile.
                try await Task.sleep(for: .milliseconds(100 + 130 * number))
            }
            // Its own call and at most one of the judge's; two of the judge's would make 1.5 s.
            #expect(waits.allSatisfy { $0 >= 0.5 && $0 < 1.4 }, "\(waits)")
            #expect(waits.contains { $0 > 0.6 }, "none met the judge: \(waits)")
            #expect(try await holds(within: .seconds(60)) { try await judged(service) == 6 })
        }
    }
}
