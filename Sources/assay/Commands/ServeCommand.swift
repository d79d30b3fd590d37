import ArgumentParser
import AssayModel
import AssayPipeline
import AssayServe
import Dispatch
import Glibc

/// `assay serve FILE`.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Answers questions over HTTP with a pipeline: OpenAI's interface, a page, tools for agents.",
        discussion: """
            Without --keys only this machine is served. SIGTERM sends new requests away and ends when those under way are \
            answered; SIGHUP reads the keys again.
            """
    )

    @Argument(help: "Pipeline file.")
    var file: String

    @Option(help: "Name or address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "Port; 0 takes any that is free.")
    var port = 8080

    @Option(help: "File of API keys; see 'assay keys'.")
    var keys: String?

    @Option(help: "Folder for documents that are added over HTTP; without it none can be added.")
    var documents: String?

    @Option(help: "Folder of the data for corpora that are recipes.")
    var data: String?

    @Option(help: "Requests that wait for the engine at most.")
    var queue = 32

    @Option(help: "Longest predicted wait for the engine that is accepted, in seconds.")
    var maxWait = 30

    @Option(help: "Seconds in which a request must be answered.")
    var deadline = 120

    @Option(help: "Seconds that answers under way get when the service is ended.")
    var drain = 30

    @Flag(help: "Answer with an error when the engine is gone, not with the passages alone.")
    var strict = false

    @OptionGroup var place: WorkspaceOptions

    @OptionGroup var tracing: TraceOptions

    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port is 0 to 65535") }
        guard queue >= 0, maxWait >= 0, deadline > 0, drain >= 0 else {
            throw ValidationError("--queue, --max-wait and --drain are not negative, --deadline is positive")
        }
    }

    func run() async throws {
        do {
            try await tracing.recording { try await serve() }
        } catch {
            throw fail(error)
        }
    }

    private var options: ServeOptions {
        var options = ServeOptions()
        options.host = host
        options.port = port
        options.keys = keys
        options.data = data
        options.queue = queue
        options.maxWait = .seconds(maxWait)
        options.deadline = .seconds(deadline)
        options.drain = .seconds(drain)
        options.degrades = !strict
        return options
    }

    /// A connection is a file: as many as the system lets this process have.
    private func raiseFileLimit() {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    private func serve() async throws {
        raiseFileLimit()
        let guards = EngineGuards(options)
        let rewriterGuards = EngineGuards(options)
        let session = try PipelineSession(
            try PipelineSpec(file),
            project: place.project(of: file),
            progress: ProgressLine.progress(),
            documents: try documents.map { try DocumentFolder($0) },
            textCache: 256 << 20,
            wrapping: { guards.wrap($0) },
            wrappingRewriter: { rewriterGuards.wrap($0) },
            now: { timestamp() }
        )
        do {
            let service = try await Service(
                session,
                guards: guards,
                options: options,
                now: { timestamp() },
                log: { note($0) }
            )
            let signals = Signals(service)
            defer { signals.cancel() }
            try await service.run { [host] port in
                let shown = host.contains(":") ? "[\(host)]" : host
                note("listening on http://\(shown):\(port)")
            }
            await session.close()
        } catch {
            await session.close()
            throw error
        }
    }
}

/// The signals that a service obeys.
private struct Signals {
    private let sources: [any DispatchSourceSignal]

    init(_ service: Service) {
        sources = [SIGTERM, SIGINT, SIGHUP].map { number in
            _ = signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                if number == SIGHUP { service.reloadKeys() } else if !service.drain() { _exit(130) }
            }
            source.resume()
            return source
        }
    }

    func cancel() {
        for source in sources { source.cancel() }
    }
}
