import AssayHTTP
import AssayModel
import AssayTestProcess
import Foundation
import Testing

/// A small project behind the real binary's `assay serve`.
struct ServedProject {
    let root: String

    /// The binary beside the test bundle.
    static var binary: URL {
        let bundle = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
        return bundle.appending(path: "assay")
    }
    static var isBuilt: Bool { FileManager.default.isExecutableFile(atPath: binary.path()) }

    /// Engines of the project; each pipeline is named after its engine.
    static let engines = [
        "scripted": "{ kind: scripted, reply: extract, slots: 4 }",
        "slow":
            "{ kind: scripted, reply: fixed, text: \"one two three four five six seven eight nine ten [1].\", slots: 1, delay_ms: 50, token_ms: 150 }",
        "dead": "{ kind: openai, base_url: \"http://127.0.0.1:9/v1\", model: none, timeout: 2 }",
        "none": "",
    ]

    init(engines more: [String: String] = [:]) throws {
        root = FileManager.default.temporaryDirectory.path() + "/assay-serve-\(UUID().uuidString)"
        for number in 0..<8 {
            try write(
                "corpus/doc-\(number).md",
                "The gear turns in its frame. Machine M\(number) is \(Self.color(number)). It has a shaft.\n"
            )
        }
        let all = Self.engines.merging(more) { $1 }
        try write(
            "engines.yaml",
            "engines:\n"
                + all.sorted { $0.key < $1.key }.filter { $0.key != "none" }
                .map { "  \($0.key): \($0.value)\n" }.joined()
        )
        for name in all.keys {
            let answer = name == "none" ? "" : "answer: { engine: \(name), context: 2 }\n"
            try write(
                "\(name).yaml",
                "assay: 1\ncorpus: corpus\nchunk: { by: headings, tokens: 60 }\nembed: { by: hashed }\n"
                    + "retrieve: { from: [ { dense: { top: 10 } }, { bm25: { top: 10 } } ], fuse: { rrf: { k: 60 } }, depth: 10 }\n"
                    + answer
            )
        }
    }

    static func color(_ number: Int) -> String { ["red", "green", "blue", "ochre", "violet"][number % 5] }

    func write(_ path: String, _ text: String) throws {
        let url = URL(filePath: root + "/" + path)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    /// Runs a command of the binary to its end.
    func run(_ arguments: String...) async throws -> (status: Int32, output: String, errors: String) {
        let out = "\(root)/.out-\(UUID().uuidString)"
        let child = try ChildCommand(
            [Self.binary.path()] + arguments,
            in: root,
            output: out,
            errors: out + ".err",
            environment: ["ASSAY_WORKSPACE=\(root)/.assay"]
        )
        let status = try await offPool { child.wait() }
        func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
        return (status, text(out), text(out + ".err"))
    }

    /// Starts a service, lends it to `body` and ends it by SIGTERM; it must end well.
    func serving<Result>(
        _ pipeline: String = "scripted",
        _ arguments: [String] = [],
        _ body: (RunningService) async throws -> Result
    ) async throws -> Result {
        let service = try await RunningService(self, pipeline, arguments)
        do {
            let result = try await body(service)
            service.process.send(SIGTERM)
            let status = try await offPool { [process = service.process] in process.wait() }
            #expect(status == 0, "\(service.log)")
            return result
        } catch {
            service.process.send(SIGKILL)
            _ = try await offPool { [process = service.process] in process.wait() }
            throw error
        }
    }
}

/// A service that listens.
struct RunningService {
    let process: ChildCommand
    let pipeline: String
    let port: Int
    private let logFile: String
    let client: HTTPClient

    init(_ project: ServedProject, _ pipeline: String, _ arguments: [String]) async throws {
        self.pipeline = pipeline
        logFile = "\(project.root)/.log-\(UUID().uuidString)"
        client = try HTTPClient()
        process = try ChildCommand(
            [ServedProject.binary.path(), "serve", "\(pipeline).yaml", "--port", "0"] + arguments,
            in: project.root,
            output: "/dev/null",
            errors: logFile,
            environment: ["ASSAY_WORKSPACE=\(project.root)/.assay"]
        )
        var found: Int?
        for _ in 0..<600 where found == nil {
            let log = (try? String(contentsOfFile: logFile, encoding: .utf8)) ?? ""
            found = log.firstMatch(of: /listening on \S+:(\d+)\n/).flatMap { Int($0.1) }
            if found == nil, !process.isRunning { break }
            if found == nil { try await Task.sleep(for: .milliseconds(25)) }
        }
        guard let found else {
            process.send(SIGKILL)
            let log = (try? String(contentsOfFile: logFile, encoding: .utf8)) ?? ""
            throw AssayError("test.serve", "the service does not listen: \(log)")
        }
        port = found
    }

    var log: String { (try? String(contentsOfFile: logFile, encoding: .utf8)) ?? "" }
    var url: String { "http://127.0.0.1:\(port)" }

    func request(
        _ method: String,
        _ path: String,
        _ body: JSONValue? = nil,
        key: String? = nil,
        headers: [HTTPHeader] = []
    ) -> HTTPRequest {
        HTTPRequest(
            method,
            url + path,
            headers: (body == nil ? [] : [HTTPHeader("Content-Type", "application/json")])
                + (key.map { [HTTPHeader("Authorization", "Bearer \($0)")] } ?? []) + headers,
            body: body.map { Array($0.text.utf8) }
        )
    }

    func send(
        _ method: String,
        _ path: String,
        _ body: JSONValue? = nil,
        key: String? = nil
    ) async throws -> (status: Int, json: JSONValue, head: HTTPHead) {
        let response = try await client.send(request(method, path, body, key: key))
        return (response.status, (try? JSONValue(parsing: response.text)) ?? .null, response.head)
    }

    /// The body of a chat completion.
    func ask(_ question: String, streams: Bool = false, extra: [String: JSONValue] = [:]) -> JSONValue {
        .object(
            ["model": .string(pipeline), "messages": [["role": "user", "content": .string(question)]]]
                .merging(streams ? ["stream": true] : [:]) { $1 }.merging(extra) { $1 }
        )
    }

    func chat(_ question: String, key: String? = nil) async throws -> (status: Int, json: JSONValue, head: HTTPHead) {
        try await send("POST", "/v1/chat/completions", ask(question), key: key)
    }

    /// The `data:` lines of a stream.
    func stream(_ body: JSONValue) async throws -> (status: Int, events: [String]) {
        let response = try await client.send(request("POST", "/v1/chat/completions", body))
        let events = response.text.components(separatedBy: "\n\n").filter { $0.hasPrefix("data: ") }
        return (response.status, events.map { String($0.dropFirst(6)) })
    }
}

/// Waits until something holds.
func holds(within limit: Duration = .seconds(5), _ isTrue: () async throws -> Bool) async throws -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try await isTrue() { return true }
        try await Task.sleep(for: .milliseconds(20))
    }
    return try await isTrue()
}
