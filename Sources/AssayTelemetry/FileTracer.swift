import AssayModel
import FoundationEssentials
import Glibc
import Synchronization
package import Tracing

/// A tracer that appends every ended span to a file as a line of OTLP JSON (opentelemetry-proto 1.x, `ExportTraceServiceRequest`).
///
/// Lines are written whole and at once, so a killed run leaves a readable file. Attribute values hold counts and names, never texts.
package final class FileTracer: Tracer {
    private let file: Int32
    private let ids: Mutex<SeededRandom>

    /// Opens the file for appending.
    ///
    /// - Parameters:
    ///   - path: The file; made when missing.
    ///   - seed: Seed of span and trace ids.
    /// - Throws: `AssayError` "trace.file".
    package init(path: String, seed: UInt64) throws {
        file = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard file >= 0 else {
            throw AssayError("trace.file", "cannot open the trace file \(path): \(systemMessage(errno))")
        }
        ids = Mutex(SeededRandom(seed: seed))
    }

    deinit {
        close(file)
    }

    package func startSpan<Instant: TracerInstant>(
        _ operationName: String,
        context: @autoclosure () -> ServiceContext,
        ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant,
        function: String,
        file fileID: String,
        line: UInt
    ) -> FileSpan {
        var context = context()
        let parent = context.spanIdentity
        let (trace, span) = ids.withLock { random in
            (parent?.trace ?? hex(random.next()) + hex(random.next()), hex(random.next()))
        }
        context.spanIdentity = SpanIdentity(trace: trace, span: span)
        return FileSpan(
            name: operationName,
            context: context,
            identity: SpanIdentity(trace: trace, span: span),
            parent: parent?.span,
            kind: kind,
            start: instant().nanosecondsSinceEpoch
        ) { [file] line in
            let bytes = Array((line + "\n").utf8)
            _ = unsafe bytes.withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
        }
    }

    package func forceFlush() {}

    package func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier,
        into context: inout ServiceContext,
        using extractor: Extract
    ) where Extract.Carrier == Carrier {}

    package func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext,
        into carrier: inout Carrier,
        using injector: Inject
    ) where Inject.Carrier == Carrier {}

    private func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// Trace and span id, in hexadecimal.
package struct SpanIdentity: Sendable {
    var trace: String
    var span: String
}

private enum SpanIdentityKey: ServiceContextKey {
    typealias Value = SpanIdentity
}

extension ServiceContext {
    var spanIdentity: SpanIdentity? {
        get { self[SpanIdentityKey.self] }
        set { self[SpanIdentityKey.self] = newValue }
    }
}
