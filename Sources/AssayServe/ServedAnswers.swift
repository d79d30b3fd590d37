import AssayModel
import AssayTelemetry
import Synchronization

/// The answers given last, so that feedback can be joined to them; in memory only, nothing of a question is written down unasked.
final class ServedAnswers: Sendable {
    /// What was served.
    struct Answer: Sendable {
        var key: String
        var question: String
        var text: String
        var passages: [String]
        var generation: Int
        /// Where judgements of it belong, nil when nobody traces.
        var trace: TracedQuestion?
    }

    private struct State {
        var answers: [String: Answer] = [:]
        var order: [String] = []
        var oldest = 0
    }

    private static let limit = 10_000
    private let state = Mutex(State())

    func add(_ id: String, _ answer: Answer) {
        state.withLock { state in
            state.answers[id] = answer
            if state.order.count < Self.limit {
                state.order.append(id)
            } else {
                state.answers[state.order[state.oldest]] = nil
                state.order[state.oldest] = id
                state.oldest = (state.oldest + 1) % Self.limit
            }
        }
    }

    subscript(id: String) -> Answer? { state.withLock { $0.answers[id] } }
}
