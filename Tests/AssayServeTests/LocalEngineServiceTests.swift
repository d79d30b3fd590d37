import AssayHTTP
import AssayModel
import AssayTestProcess
import Foundation
import Glibc
import Testing

@testable import AssayEngines
@testable import AssayServe

/// The real engine behind the service: a client that leaves frees the engine's slot, as `/slots` shows.
@Suite(
    .serialized,
    .enabled(
        if: ProcessInfo.processInfo.environment["ASSAY_GGUF"] != nil
            && ProcessInfo.processInfo.environment["ASSAY_LLAMA_PYTHON"] != nil && ServedProject.isBuilt,
        "needs ASSAY_LLAMA_PYTHON and ASSAY_GGUF"
    )
)
struct LocalEngineServiceTests {
    private static let environment = ProcessInfo.processInfo.environment

    private static func engine() throws -> LocalEngine {
        var config = EngineConfig(name: "local", kind: .llama, model: "")
        config.mode = .fast
        config.slots = 2
        config.contextTokens = 2_048
        config.requestTimeout = .seconds(60)
        config.llama.ggufPath = environment["ASSAY_GGUF"] ?? ""
        config.llama.ggufSHA256 = String(repeating: "0", count: 64)
        config.llama.serverPath = ""
        config.llama.pythonPath = environment["ASSAY_LLAMA_PYTHON"] ?? ""
        config.llama.launcherPath =
            #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/scripts/llama-launcher.py"
        config.llama.threads = 1
        return try LocalEngine(config, environment: environment, client: HTTPClient())
    }

    /// A minute at the admission limit: the engine is killed twice, clients leave, nonsense and oversized bodies arrive.
    ///
    /// `make soak` does it for ten minutes with six kills; more than three quick deaths in a row are not outlived, on purpose.
    @Test(.timeLimit(.minutes(5)))
    func nothingIsLostWhileTheEngineIsKilled() async throws {
        let root = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }
        let output = FileManager.default.temporaryDirectory.path() + "/assay-soak-\(UUID().uuidString)"
        let soak = try ChildCommand(
            [root + "/Benchmarks/serve/soak", "1", "2"],
            in: root,
            output: output,
            errors: output + ".err",
            environment: ["ASSAY_BINARY=\(ServedProject.binary.path())"]
        )
        let status = try await offPool { soak.wait() }
        let seen = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
        #expect(status == 0, "\(seen)")
        #expect(seen.contains("2  engine killed") && seen.contains("engines left: 0"), "\(seen)")
    }

    @Test(.timeLimit(.minutes(3)))
    func whoLeavesFreesTheSlot() async throws {
        let engine = try Self.engine()
        try await engine.prepare()
        let (endpoint, client) = try await engine.embeddingEndpoint()
        func busySlots() async throws -> Int {
            let request = HTTPRequest("GET", endpoint.native("/slots"), headers: endpoint.headers)
            let slots = try JSONValue(parsing: try await client.send(request).text).arrayValue ?? []
            return slots.count { $0["is_processing"] == true }
        }
        let project = try ServedProject(engines: [
            "llama":
                "{ kind: openai, base_url: \"\(endpoint.baseURL)\", model: any, slots: 2, llama: true, api_key: ASSAY_TEST_ENGINE_KEY }"
        ])
        unsafe setenv("ASSAY_TEST_ENGINE_KEY", endpoint.key ?? "", 1)
        try project.write(
            "long.txt",
            "name: long, version: 1\n[user]\n{{passages}}\n\nTell a very long story. {{question}}\n"
        )
        try project.write(
            "llama.yaml",
            "assay: 1\ncorpus: corpus\nchunk: { by: document }\nindex: {}\n"
                + "retrieve: { from: [ { bm25: { top: 5 } } ], depth: 5 }\n"
                + "answer: { engine: llama, context: 1, max_tokens: 1500, prompt: ./long.txt }\n"
        )
        try await project.serving("llama") { service in
            for streams in [true, false] {
                let body = service.ask("About machine M\(streams ? 1 : 2).", streams: streams)
                let reading = Task {
                    try await service.client.stream(service.request("POST", "/v1/chat/completions", body)) { _, body in
                        for try await _ in body {}
                    }
                }
                #expect(try await holds(within: .seconds(30)) { try await busySlots() == 1 })
                try await Task.sleep(for: .milliseconds(300))
                #expect(try await busySlots() == 1)
                reading.cancel()
                _ = await reading.result
                #expect(try await holds(within: .seconds(1)) { try await busySlots() == 0 }, "streams: \(streams)")
            }
        }
        await engine.shutdown()
    }
}
