import AssayModel
import AssayPipeline
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore

extension Service {
    /// `POST /v1/chat/completions` in OpenAI's shape.
    func chat(_ request: Request, _ context: ServeContext, _ caller: Caller) async throws -> Response {
        let body = try await request.json(limit: ServeOptions.bodyBytes, from: context.channel)
        let ask = try ChatAsk(body, model: model, answer: live.session.parts.spec.answer)
        if ask.streams { return try await stream(ask, context, caller) }
        let served = try await whileConnected(context.channel) { [self] in
            try await serve(ask.question, caller, id: Self.answerID())
        }
        return .json([
            "id": .string(served.id), "object": "chat.completion", "created": .int(served.created),
            "model": .string(model),
            "choices": [
                [
                    "index": 0, "finish_reason": served.finishReason, "logprobs": nil,
                    "message": [
                        "role": "assistant", "content": .string(served.text), "refusal": nil,
                        "annotations": served.annotations,
                    ],
                ]
            ],
            "usage": served.usageJSON, "assay": served.extra(withScores: caller.may(.eval)),
        ])
    }

    /// Answers one question: the only way from a question to an answer, for whole answers, streams and tools.
    ///
    /// - Parameters:
    ///   - question: Its text.
    ///   - caller: Who asks.
    ///   - id: Id of the answer.
    ///   - onAdmitted: Called when the engine takes the request.
    ///   - onDelta: Called with each piece of a new answer.
    /// - Returns: The answer, or passages without one when the engine is gone and nothing of an answer was given.
    /// - Throws: `Failure` and errors of the machine.
    func serve(
        _ question: String,
        _ caller: Caller,
        id: String,
        onAdmitted: @escaping @Sendable () -> Void = {},
        onDelta: (@Sendable (String) -> Void)? = nil
    ) async throws -> Served {
        let start = ContinuousClock.now
        let engine = live.session.parts.spec.answer?.engine ?? "none"
        let first = FirstTime()
        do {
            let opened = live.opened
            let (served, stages) = try await opened.tracing(question, answer: \.served.text) {
                try await made(question, caller, opened, id: id, onAdmitted: onAdmitted) { piece in
                    first.mark()
                    onDelta?(piece)
                }
            }
            meter.answered(served, engine: engine, since: start, first: first.time, stages)
            return served
        } catch {
            meter.failed(error, engine: engine, since: start)
            online?.missed(id, error)
            throw error
        }
    }

    private func made(
        _ question: String,
        _ caller: Caller,
        _ opened: OpenedPipeline,
        id: String,
        onAdmitted: @escaping @Sendable () -> Void,
        onDelta: @escaping @Sendable (String) -> Void
    ) async throws -> (served: Served, stages: [StageTime]) {
        let scope = RequestScope(
            key: caller.name,
            deadline: ContinuousClock.now.advanced(by: options.deadline),
            onAdmitted: onAdmitted
        )
        let found = try await opened.retrieve(question, scope: caller.scope)
        meter.retrieved(found.passages, found.stages)
        var stagesOfAnswer: [StageTime] = []
        var served = Served(
            id: id,
            created: Int(Date().timeIntervalSince1970),
            model: model,
            question: question,
            text: "",
            citations: [],
            abstained: false,
            finish: .stop,
            usage: Usage(promptTokens: 0, completionTokens: 0),
            passages: found.passages,
            generation: opened.generation,
            stages: found.stages,
            notice: opened.notice
        )
        let hasSpoken = Flag()
        do {
            let (reply, stages) = try await RequestScope.$current.withValue(scope) {
                try await opened.answer(question, from: found.passages) { piece in
                    hasSpoken.set()
                    onDelta(piece)
                }
            }
            stagesOfAnswer = stages
            guard let answer = reply.answer else { throw Self.refusal(reply.failure) }
            served.text = answer.text
            served.citations = answer.citations
            served.abstained = answer.abstained
            served.finish = answer.finish
            served.usage = answer.usage
            if let waited = scope.waited {
                meter.waited(waited)
                served.stages.append(StageTime(stage: "queue", milliseconds: waited / .milliseconds(1)))
                limits.spend(answer.usage.promptTokens + answer.usage.completionTokens, of: caller)
            }
            served.stages += stages
        } catch {
            guard options.degrades, !hasSpoken.isSet, Self.isEngineGone(error) else { throw error }
            log("without an engine: \(error)")
            served.text = Self.degradedText
            served.degraded = "the engine is not available: passages only"
        }
        self.served.add(
            id,
            .init(
                key: caller.name,
                question: question,
                text: served.text,
                passages: served.passages.map(\.id),
                generation: served.generation
            )
        )
        online?.answered(served, caller, stagesOfAnswer)
        return (served, stagesOfAnswer)
    }

    static let degradedText =
        "The language model is not available at the moment. The passages found for the question are given without an answer."

    /// Whether nobody would get an answer now, in contrast to this request alone.
    private static func isEngineGone(_ error: any Error) -> Bool {
        switch error {
        case let error as AssayError: error.code.rawValue.hasPrefix("engine.")
        case let failure as Failure: failure.code == "engine_unavailable"
        default: false
        }
    }

    private static func refusal(_ reason: String?) -> Failure {
        Failure(
            status: .badGateway,
            type: "server_error",
            code: "engine_refused",
            message: "the engine did not answer this question: \(reason ?? "no reason given")",
            isFinal: true
        )
    }

    static func answerID() -> String {
        var random = SystemRandomNumberGenerator()
        let digits = (0..<2).map { _ in
            let text = String(random.next(), radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }
        return "chatcmpl-" + digits.joined()
    }
}
