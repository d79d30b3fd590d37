import AssayEngines
import AssayModel
import AssayStore
import Tracing

/// Question and passages → answer; an answer is reused where its rendered prompt is unchanged.
struct Answering: Sendable {
    /// What the store keeps of an answer.
    struct Stored: Sendable, Codable {
        var reply: ChatReply
    }

    /// An answer, or why there is none.
    struct Outcome: Sendable {
        var answer: Answer?
        var failure: String?
        var timings: CallTimings?
        var reused: Bool
        var neutralised: Int
    }

    let spec: PipelineSpec.Answer
    let template: PromptTemplate
    let engine: any Engine
    let store: Store
    /// Ignores stored answers and stores new ones under the next replicate number.
    let replicate: Int
    /// Answers that are being made: an equal one is waited for.
    let flights: Flights
    /// Takes every reply, nil where none is to be written.
    let journal: RunJournal?

    typealias Flights = SingleFlight<ItemKey, Kept>

    /// A reply and whether it was found in the store.
    struct Kept: Sendable {
        var reply: ChatReply
        var reused: Bool
    }

    private static let guardian = PromptGuard()

    /// Renders the request for a question: retrieved text and question lose their control-token literals first.
    func request(_ question: String, passages: [String]) -> (request: ChatRequest, neutralised: Int) {
        var neutralised = 0
        func safe(_ text: String) -> String {
            let guarded = Self.guardian.neutralise(text)
            neutralised += guarded.count
            return guarded.text
        }
        let messages = template.messages(question: safe(question), passages: passages.map(safe))
        let request = ChatRequest(
            messages: messages,
            maxTokens: spec.maxTokens,
            temperature: spec.temperature,
            seed: spec.seed + replicate,
            stop: spec.stop
        )
        return (request, neutralised)
    }

    /// Key of an answer: engine and everything rendered.
    func key(_ request: ChatRequest) throws -> ItemKey {
        ItemKey("answer", try canonicalJSON(engine.identity), try canonicalJSON(request), "\(replicate)")
    }

    /// Answers a question.
    ///
    /// - Parameters:
    ///   - question: Its text.
    ///   - passages: Texts of the context, best first.
    ///   - chunks: Their chunk ids.
    ///   - onDelta: Called with each piece of a new answer.
    /// - Returns: The answer, or the reason when this question alone failed.
    /// - Throws: When the engine is gone, or the store fails: the run ends and can be resumed.
    func answer(
        _ question: String,
        passages: [String],
        chunks: [String],
        onDelta: (@Sendable (String) -> Void)? = nil
    ) async throws -> Outcome {
        let (request, neutralised) = request(question, passages: passages)
        let key = try key(request)
        do {
            let (kept, wasShared) = try await flights.run(key) {
                if let stored = try await store.item("answer", key, as: Stored.self) {
                    return Kept(reply: stored.reply, reused: true)
                }
                let reply = try await withSpan("assay.generate") { span in
                    let reply = try await engine.chat(request, onDelta: onDelta)
                    span.attributes["gen_ai.usage.input_tokens"] = reply.usage.promptTokens
                    span.attributes["gen_ai.usage.output_tokens"] = reply.usage.completionTokens
                    return reply
                }
                try await store.commit("answer", key, Stored(reply: reply))
                return Kept(reply: reply, reused: false)
            }
            try journal?.note(request, kept.reply, engine: engine.identity, prompt: template.name)
            return Outcome(
                answer: AnswerParser.answer(kept.reply, passages: chunks),
                timings: kept.reply.timings,
                reused: kept.reused || wasShared,
                neutralised: neutralised
            )
        } catch let error as AssayError where error.concernsOneRequest {
            return Outcome(failure: error.description, reused: false, neutralised: neutralised)
        }
    }
}
