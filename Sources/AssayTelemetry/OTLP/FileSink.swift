import AssayModel
import FoundationEssentials
import Glibc

/// Appends every ended span to a file as a line of OTLP JSON (`ExportTraceServiceRequest`).
///
/// Lines are written whole and at once, so a killed run leaves a readable file.
package final class FileSink: SpanSink {
    private let file: Int32
    private let shaping: SpanShaping
    private let resource: TelemetryResource

    /// Opens the file for appending.
    ///
    /// - Parameters:
    ///   - path: The file; made when missing.
    ///   - shaping: Names and content of what is written.
    ///   - resource: The program.
    /// - Throws: `AssayError` "trace.file".
    package init(path: String, shaping: SpanShaping, resource: TelemetryResource) throws {
        file = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard file >= 0 else {
            throw AssayError("trace.file", "cannot open the trace file \(path): \(systemMessage(errno))")
        }
        self.shaping = shaping
        self.resource = resource
    }

    deinit {
        close(file)
    }

    package func take(_ span: SpanRecord) {
        let bytes = OTLPJSON.traces([shaping.shape(span)], resource) + [0x0a]
        _ = unsafe bytes.withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
    }
}
