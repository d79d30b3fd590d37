import ArgumentParser
import AssayModel
import AssayPipeline
import AssayTelemetry
import FoundationEssentials
import Instrumentation

/// Where spans go: `--trace FILE`, and the endpoint of OpenTelemetry's variables.
struct TraceOptions: ParsableArguments {
    @Option(help: "Write spans as OTLP JSON lines to this file.")
    var trace: String?

    @Option(help: ArgumentHelp("Names of attributes: genai or openinference.", valueName: "profile"))
    var traceProfile = AttributeProfile.genai

    @Flag(
        help: "Export texts (questions, passages, prompts, answers) with the spans; they may hold what must not leave."
    )
    var traceContent = false

    @Option(
        help: ArgumentHelp(
            "Send scores to this Phoenix server as annotations; OTEL_EXPORTER_OTLP_ENDPOINT takes it the spans.",
            valueName: "url"
        )
    )
    var annotatePhoenix: String?

    /// Runs `body` with its spans recorded where options or variables ask for it, and sends what is left at the end.
    func recording<Result>(_ body: () async throws -> Result) async throws -> Result {
        var options = Telemetry.Options()
        options.file = trace
        options.profile = traceProfile
        options.capturesContent = traceContent
        options.phoenix = annotatePhoenix
        let started: Telemetry?
        do {
            started = try Telemetry(
                options,
                environment: ProcessInfo.processInfo.environment,
                version: Assay.version,
                seed: .random(in: .min ... .max)
            )
        } catch {
            throw fail(error)
        }
        guard let started else { return try await body() }
        InstrumentationSystem.bootstrap(started.tracer)
        do {
            let result = try await body()
            for line in await started.finish() { note(line) }
            return result
        } catch {
            for line in await started.finish() { note(line) }
            throw error
        }
    }
}

extension AttributeProfile: ExpressibleByArgument {}
