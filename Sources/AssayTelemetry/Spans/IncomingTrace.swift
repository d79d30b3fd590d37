import Tracing

/// The trace that a client's headers name: spans of its request become children of the client's span.
package enum IncomingTrace {
    /// The value of `traceparent` that leads to the current span, nil where there is none.
    package static var current: String? { ServiceContext.current?.spanIdentity.map { TraceContext.header($0) } }

    /// Runs `body` in the trace of W3C's headers; without valid ones in a trace of its own.
    ///
    /// - Parameters:
    ///   - parent: Value of `traceparent`.
    ///   - state: Value of `tracestate`.
    ///   - body: What to run.
    /// - Returns: What `body` returns.
    package static func within<Result>(
        parent: String?,
        state: String?,
        _ body: () async -> Result
    ) async -> Result {
        guard let identity = TraceContext.identity(parent: parent, state: state) else { return await body() }
        var context = ServiceContext.current ?? .topLevel
        context.spanIdentity = identity
        return await ServiceContext.$current.withValue(context, operation: body)
    }
}
