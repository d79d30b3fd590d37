import AssayModel
import AssayTelemetry
import Instrumentation

/// Starts tracing where `--trace` asks for it.
enum Tracing {
    /// Runs `body` with spans going to a file, or nowhere.
    static func recording<Result>(to path: String?, _ body: () async throws -> Result) async throws -> Result {
        if let path {
            InstrumentationSystem.bootstrap(try FileTracer(path: path, seed: .random(in: .min ... .max)))
        }
        return try await body()
    }
}
