import AssayModel
import Tracing

/// Where a judgement that comes later belongs: the span of the question that was answered.
package struct TracedQuestion: Sendable {
    private let context: ServiceContext

    /// The question whose stages run now, nil when nobody traces it.
    package static var current: TracedQuestion? {
        guard let context = ServiceContext.current, context.spanIdentity?.isSampled == true else { return nil }
        return TracedQuestion(context: context)
    }

    /// The value of `traceparent` that leads to the question's span: what is kept of it for a judgement after a restart.
    package var header: String? { context.spanIdentity.map { TraceContext.header($0) } }

    /// Runs `body` below the span that a kept header leads to; without one in whatever trace there is.
    package static func within<Result>(_ header: String?, _ body: () async -> Result) async -> Result {
        guard let identity = TraceContext.identity(parent: header) else { return await body() }
        var context = ServiceContext.current ?? .topLevel
        context.spanIdentity = identity
        return await ServiceContext.$current.withValue(context, operation: body)
    }

    /// Adds a score to the question's trace: an event of the evaluation, and an annotation in Phoenix.
    ///
    /// - Parameters:
    ///   - name: Of the score.
    ///   - value: 0 to 1.
    ///   - annotator: `HUMAN`, `LLM` or `CODE`.
    ///   - reason: Content: what was said with it; empty for nothing.
    package func judged(_ name: String, _ value: Double, by annotator: String, reason: String = "") {
        let span = InstrumentationSystem.tracer.startAnySpan("assay.score", context: context)
        span.attributes[TraceKey.scoreNames] = [name]
        span.attributes[TraceKey.scoreValues] = [value]
        span.attributes[TraceKey.scoreStates] = ["scored"]
        span.attributes[TraceKey.scoreKinds] = [annotator]
        span.attributes[TraceKey.scoreReasons] = [reason]
        span.end()
    }
}
