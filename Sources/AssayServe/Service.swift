import AssayModel
package import AssayPipeline
import AssayTelemetry
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import Synchronization

/// A pipeline as an HTTP service.
package final class Service: Sendable {
    let options: ServeOptions
    let live: LivePipeline
    let callers: Callers
    let limits: RateLimits
    let guards: EngineGuards
    let served = ServedAnswers()
    let meter: ServiceMeter
    let numbers: NumbersHistory
    let online: OnlineEvaluation?
    let now: @Sendable () -> String
    let log: @Sendable (String) -> Void
    private let state = Mutex(State())

    private struct State {
        var active = 0
        var isDraining = false
        var isEngineReady = false
    }

    /// Opens the pipeline and reads the keys; nothing listens yet.
    ///
    /// - Parameters:
    ///   - session: The pipeline; its engine must be wrapped by `guards`.
    ///   - guards: Admission, breakers and retry budgets of its engines.
    ///   - options: How to run.
    ///   - now: The time as ISO 8601.
    ///   - log: Takes one line for people.
    /// - Throws: `AssayError` "serve.keys" when others could reach it without keys; errors of keys, corpus and index.
    package init(
        _ session: PipelineSession,
        guards: EngineGuards,
        options: ServeOptions,
        now: @escaping @Sendable () -> String,
        log: @escaping @Sendable (String) -> Void
    ) async throws {
        guard options.keys != nil || options.isLoopback else {
            throw AssayError(
                "serve.keys",
                "without keys the service listens on this machine only, not on '\(options.host)'",
                remedy: "make a key with 'assay keys new NAME --file keys.json' and add '--keys keys.json'"
            )
        }
        self.options = options
        self.now = now
        self.log = log
        self.guards = guards
        callers = try Callers(path: options.keys)
        limits = RateLimits()
        meter = ServiceMeter(pipeline: session.parts.spec.name)
        numbers = NumbersHistory(meter.registry, model: session.parts.spec.name)
        live = try await LivePipeline(session, data: options.data)
        online = try OnlineEvaluation(session, guards, meter, deadline: options.deadline, now: now, log: log)
        meterReadings()
        if live.session.parts.spec.answer == nil { state.withLock { $0.isEngineReady = true } }
    }

    /// Name under which the pipeline is a model.
    var model: String { live.session.parts.spec.name }

    /// Whether new requests are sent away.
    var isDraining: Bool { state.withLock { $0.isDraining } }
    /// Whether an engine has answered once since the start.
    var isEngineReady: Bool { state.withLock { $0.isEngineReady } }

    /// Serves until `drain` has ended, or the task is cancelled.
    ///
    /// - Parameter listening: Told the port.
    /// - Throws: When the port cannot be had.
    package func run(listening: @escaping @Sendable (Int) -> Void) async throws {
        let host = options.host == "localhost" ? "127.0.0.1" : options.host
        let application = Application(
            router: router(),
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [ConnectionWatch()],
                    idleTimeout: .seconds(ServeOptions.idleSeconds),
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: 16 << 10,
                        maxHeaderListSize: 32 << 10,
                        maxHeaderFieldCount: 100
                    )
                )
            ),
            configuration: .init(
                address: .hostname(host, port: options.port),
                availableConnectionsDelegate: MaximumAvailableConnections(ServeOptions.connections)
            ),
            onServerRunning: { channel in listening(channel.localAddress?.port ?? 0) },
            logger: Logger(label: "assay.serve") { _ in SwiftLogNoOpLogHandler() }
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await application.run() }
            group.addTask { await self.followGenerations() }
            group.addTask { await self.numbers.follow() }
            for name in live.session.engineNames { group.addTask { await self.prepareEngine(name, answers: true) } }
            if let name = live.session.rewriterEngine {
                group.addTask { await self.prepareEngine(name, answers: false) }
            }
            group.addTask { await self.online?.run() }
            group.addTask { try await self.untilDrained() }
            defer { group.cancelAll() }
            // The first task that ends for good ends the service: the server when it fails, or the drain.
            while let outcome = await group.nextResult() {
                switch outcome {
                case .success where isDraining && activeRequests == 0: return
                case .success: continue
                case .failure(Drained.done): return
                case .failure(let error): throw error
                }
            }
        }
    }

    private enum Drained: Error { case done }

    /// Requests that are being answered.
    var activeRequests: Int { state.withLock { $0.active } }

    /// Counts a request as long as it runs.
    func begin() { state.withLock { $0.active += 1 } }
    func end() { state.withLock { $0.active -= 1 } }

    /// Sends new requests away; the service ends when those under way are answered, or after its time for that.
    ///
    /// - Returns: False when it was ending already.
    package func drain() -> Bool {
        online?.stopJudging()
        return state.withLock { state in
            defer { state.isDraining = true }
            return !state.isDraining
        }
    }

    /// Reads the keys again.
    package func reloadKeys() {
        do {
            try callers.reload()
            log("the keys were read again")
        } catch {
            log("the old keys stay: \(error)")
        }
    }

    private func untilDrained() async throws {
        while !isDraining { try await Task.sleep(for: .milliseconds(100)) }
        log("draining: \(activeRequests) requests are being answered")
        let end = ContinuousClock.now.advanced(by: options.drain)
        // Load balancers and clients learn of the end by 503 before the port closes.
        try await Task.sleep(for: .milliseconds(300))
        while activeRequests > 0, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(50)) }
        if activeRequests > 0 { log("\(activeRequests) requests did not end in time") }
        try await Task.sleep(for: .milliseconds(100))
        throw Drained.done
    }

    /// Takes up generations that other processes publish.
    private func followGenerations() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(1))
            do {
                if try await live.refresh() { log("generation \(live.opened.generation) answers now") }
            } catch is CancellationError {
                return
            } catch {
                log("the generation \(live.opened.generation) goes on: \(error)")
            }
        }
    }

    /// Prepares an engine until it is there; one that answers makes the service ready.
    private func prepareEngine(_ name: String, answers: Bool) async {
        while !Task.isCancelled {
            do {
                try await live.session.prepareEngine(name)
                if answers { state.withLock { $0.isEngineReady = true } }
                return
            } catch {
                log("the engine '\(name)' is not ready: \(error)")
                try? await Task.sleep(for: .seconds(5))
            }
        }
    }
}
