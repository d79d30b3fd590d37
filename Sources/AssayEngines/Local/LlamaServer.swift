import AssayHTTP
import AssayModel
import Synchronization

/// Starts llama.cpp's server, keeps it running, ends it.
///
/// It listens on the loopback interface with a random key; it is started again when it has died, a bounded number of times; it
/// never outlives this process.
final class LlamaServer: Sendable {
    private struct Running {
        var child: ChildProcess
        var endpoint: EngineEndpoint
    }

    private struct State {
        var running: Running?
        var limit: RestartLimit
        var isShutDown = false
    }

    private let name: String
    private let command: LlamaCommand
    private let environment: [String: String]
    private let client: HTTPClient
    private let clock: WaitingClock
    private let state: Mutex<State>
    /// One start at a time.
    private let starting = SlotGate(slots: 1)

    init(name: String, command: LlamaCommand, environment: [String: String], client: HTTPClient, clock: WaitingClock) {
        self.name = name
        self.command = command
        self.environment = environment
        self.client = client
        self.clock = clock
        state = Mutex(State(limit: RestartLimit(most: command.options.maxRestarts)))
    }

    deinit { state.withLock { $0.running?.child.kill() } }

    /// Process id of the server, nil when it does not run.
    var processID: Int32? { state.withLock { $0.running.flatMap { $0.child.pid > 0 ? $0.child.pid : nil } } }
    /// Times it was started since it last ran steadily.
    var starts: Int { state.withLock { $0.limit.starts.count } }

    /// Where the server answers; starts it when it does not run.
    ///
    /// - Parameter limit: Time to wait for a start.
    /// - Returns: The endpoint of a server that was alive a moment ago.
    /// - Throws: `AssayError` "engine.start" with the last lines of its output, "engine.died" after too many restarts.
    func endpoint(within limit: Duration) async throws -> EngineEndpoint {
        if let running = alive { return running.endpoint }
        return try await starting.withSlot {
            if let running = alive { return running.endpoint }
            return try await start(within: min(limit, command.options.startTimeout)).endpoint
        }
    }

    /// How the server died, with its last lines; nil when it lives.
    ///
    /// Waits a moment: a connection breaks before its process has ended.
    func causeOfDeath() async -> AssayError? {
        guard let child = state.withLock({ $0.running?.child }) else { return nil }
        let end = clock.now() + .milliseconds(500)
        while child.exit == nil && clock.now() < end {
            try? await clock.sleep(.milliseconds(10))
            if Task.isCancelled { break }
        }
        guard let exit = child.exit else { return nil }
        return died("died", exit, child.output)
    }

    /// Ends the server with its group; no request starts it again.
    func shutdown() async {
        let child = state.withLock { state in
            state.isShutDown = true
            defer { state.running = nil }
            return state.running?.child
        }
        child?.kill()
        await child?.waitForEnd()
    }

    private var alive: Running? {
        state.withLock { $0.running.flatMap { $0.child.exit == nil ? $0 : nil } }
    }

    private func start(within limit: Duration) async throws -> Running {
        let end = clock.now() + limit
        var portsLeft = 3
        while true {
            try admitStart()
            let port = try freeLoopbackPort()
            var random = SystemRandomNumberGenerator()
            let key = SHA256.hexadecimal((0..<32).map { _ in UInt8.random(in: 0...255, using: &random) })
            let endpoint = EngineEndpoint(baseURL: "http://127.0.0.1:\(port)/v1", key: key)
            let output = OutputRing(logPath: command.options.logPath)
            let child = try await ChildProcess.start(
                command.arguments(port: port, environment: environment),
                environment: command.environment(environment, key: key),
                output: output
            )
            let running = Running(child: child, endpoint: endpoint)
            do {
                try await waitUntilReady(running, until: end)
            } catch {
                if error is CancellationError { state.withLock { $0.limit.abandon() } }
                child.kill()
                await child.waitForEnd()
                portsLeft -= 1
                let lines = output.lastLines(20).joined().lowercased()
                // Somebody else took the port between its choice and its use.
                if portsLeft > 0 && (lines.contains("bind") || lines.contains("address already in use")) { continue }
                throw error
            }
            let now = clock.now()
            let isUnwanted = state.withLock { state in
                state.limit.isReady(now)
                if !state.isShutDown { state.running = running }
                return state.isShutDown
            }
            guard isUnwanted else { return running }
            child.kill()
            throw shutDown
        }
    }

    private var shutDown: AssayError { AssayError("engine.stopped", "engine '\(name)' has been shut down") }

    private func admitStart() throws {
        let last = state.withLock { $0.running?.child }
        try state.withLock { state in
            guard !state.isShutDown else { throw shutDown }
            let now = clock.now()
            guard state.limit.admit(now) else {
                throw died(
                    "died \(state.limit.recent(now)) times in ten minutes and is not started again; the last time:",
                    last?.exit ?? "no start",
                    last?.output
                )
            }
        }
    }

    private func waitUntilReady(_ running: Running, until end: Duration) async throws {
        var pause: Duration = .milliseconds(20)
        while true {
            if let exit = running.child.exit {
                var error = died("did not start:", exit, running.child.output)
                error.code = "engine.start"
                throw error
            }
            let left = end - clock.now()
            guard left > .zero else {
                throw AssayError(
                    "engine.start",
                    "engine '\(name)' was not ready in time; its last output: \(lastLines(running.child.output))"
                )
            }
            let health = HTTPRequest("GET", running.endpoint.native("/health"), deadline: min(left, .seconds(2)))
            if let response = try await answer(health), response.status == 200 { break }
            try await clock.sleep(pause)
            pause = min(pause * 2, .milliseconds(200))
        }
        try await checkSize(running)
    }

    /// The server must have our key, and the slots and context that were asked for.
    private func checkSize(_ running: Running) async throws {
        let request = HTTPRequest(
            "GET",
            running.endpoint.native("/props"),
            headers: running.endpoint.headers,
            deadline: .seconds(10)
        )
        guard let response = try await answer(request), response.status == 200,
            let props = try? JSONValue(parsing: response.text)
        else { throw AssayError("engine.start", "engine '\(name)' does not show its properties") }
        let slots = props["total_slots"]?.intValue ?? command.slots
        let context = props["default_generation_settings"]?["n_ctx"]?.intValue ?? command.contextTokens
        guard slots == command.slots, context >= command.contextTokens else {
            throw AssayError(
                "engine.start",
                "engine '\(name)' runs with \(slots) slots of \(context) tokens, not \(command.slots) of \(command.contextTokens)",
                remedy: "ask for less context"
            )
        }
    }

    /// The response, nil when there is none yet.
    private func answer(_ request: HTTPRequest) async throws -> HTTPResponse? {
        do {
            return try await client.send(request)
        } catch is AssayError {
            return nil
        }
    }

    private func died(_ verb: String, _ exit: String, _ output: OutputRing?) -> AssayError {
        let lines = output.map { lastLines($0) } ?? "none"
        return AssayError("engine.died", "engine '\(name)' \(verb) \(exit); its last output: \(lines)")
    }

    private func lastLines(_ output: OutputRing) -> String {
        let lines = output.lastLines(4)
        return lines.isEmpty ? "none" : lines.joined(separator: " | ")
    }
}
