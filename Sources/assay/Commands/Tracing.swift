import AssayModel
import AssayTelemetry
import Glibc
import Instrumentation

/// Starts tracing where `--trace` asks for it.
enum Tracing {
    /// Runs `body` with spans going to a file, or nowhere.
    static func recording<Result>(to path: String?, _ body: () async throws -> Result) async throws -> Result {
        if let path {
            var seed: UInt64 = 0
            _ = unsafe withUnsafeMutableBytes(of: &seed) { unsafe getrandom($0.baseAddress, $0.count, 0) }
            InstrumentationSystem.bootstrap(try FileTracer(path: path, seed: seed))
        }
        return try await body()
    }
}
