import AssayModel
import Synchronization
import Tracing

/// The traces of a run's questions: one each, linked to the run's span.
///
/// A run searches for all questions, then answers all, then scores all; a question's spans are made at three places and meet here. The root span ends
/// with the answer, so its length holds the wait for other questions; the spans of the stages have the true times. Scores come after it as its
/// children. When nobody traces, nothing is kept.
final class QuestionTraces: Sendable {
    private struct Open {
        var span: any Span
        /// When its last stage ended.
        var end: UInt64
    }

    private struct State {
        var run: ServiceContext?
        var pipeline = ""
        var session = ""
        var open: [String: Open] = [:]
        var contexts: [String: ServiceContext] = [:]
    }

    private let state = Mutex(State())

    /// Begins to keep traces when the run's span is recorded.
    func begin(_ span: any Span, pipeline: String, run: String) {
        guard span.isRecording else { return }
        state.withLock { state in
            state.run = span.context
            state.pipeline = pipeline
            state.session = run
        }
    }

    /// Opens a question's trace, or finds it; the context of its children, or the current one when nobody traces.
    func context(of question: Question) -> ServiceContext {
        state.withLock { state in
            guard let run = state.run else { return .current ?? .topLevel }
            if let known = state.contexts[question.id] { return known }
            let span = startSpan("assay.question", context: .topLevel)
            span.addLink(SpanLink(context: run, attributes: [:]))
            span.updateAttributes { attributes in
                attributes[TraceKey.pipeline] = state.pipeline
                attributes[TraceKey.session] = state.session
                attributes[TraceKey.question] = question.id
                attributes[TraceKey.input] = question.question
            }
            state.open[question.id] = Open(span: span, end: now())
            state.contexts[question.id] = span.context
            return span.context
        }
    }

    /// Says that a stage of a question ended just now.
    func touch(_ question: Question) {
        state.withLock { state in
            guard state.run != nil else { return }
            state.open[question.id]?.end = now()
        }
    }

    /// Ends a question's root span at the end of its last stage.
    func end(_ row: QuestionResult) {
        guard let open = state.withLock({ $0.open.removeValue(forKey: row.sample.question.id) }) else { return }
        if let answer = row.sample.answer { open.span.attributes[TraceKey.output] = answer.text }
        if row.failure != nil { open.span.setStatus(SpanStatus(code: .error, message: "answer.failed")) }
        open.span.end(at: DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: open.end))
    }

    /// Makes the whole root span of a question that another system has answered.
    func record(_ row: QuestionResult) {
        guard state.withLock({ $0.run != nil }) else { return }
        _ = context(of: row.sample.question)
        end(row)
    }

    private func now() -> UInt64 { DefaultTracerClock().now.nanosecondsSinceEpoch }
}

/// A retriever's span that waits for the texts of its passages; it has ended before.
struct OpenRetrieval: Sendable {
    private let span: any Span
    private let end: UInt64

    /// Runs `body` in a span "assay.retrieve" that is left open.
    static func run<Result>(
        in context: ServiceContext,
        _ body: (ServiceContext) throws -> Result
    ) rethrows -> (Result, OpenRetrieval) {
        let span = startSpan("assay.retrieve", context: context)
        do {
            let result = try body(span.context)
            return (result, OpenRetrieval(span: span, end: DefaultTracerClock().now.nanosecondsSinceEpoch))
        } catch {
            span.recordError(error)
            span.end()
            throw error
        }
    }

    /// Says what was found and ends the span at the moment when the search had ended.
    func finish(_ question: String, _ chunks: [RetrievedChunk], gold: [GoldSpan], source: String, depth: Int) {
        if span.isRecording {
            span.attributes[TraceKey.source] = source
            span.attributes[TraceKey.topK] = depth
            span.describe(chunks, for: question)
            span.describe(relevanceOf: chunks, gold: gold)
        }
        span.end(at: DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: end))
    }
}
