import AssayModel
import AssayPipeline
import AssayTelemetry
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore

extension Service {
    /// `POST /v1/chat/completions` in OpenAI's shape.
    func chat(_ request: Request, _ context: ServeContext, _ caller: Caller) async throws -> Response {
        let body = try await request.json(limit: ServeOptions.bodyBytes, from: context.channel)
        let ask = try ChatAsk(
            body,
            model: model,
            answer: live.session.parts.spec.answer,
            rewrites: takesConversations
        )
        if ask.streams { return try await stream(ask, context, caller) }
        let served = try await whileConnected(context.channel) { [self] in
            try await serve(ask.question, after: ask.history, caller, id: Self.answerID())
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
    ///   - history: The turns before it, oldest first.
    ///   - caller: Who asks.
    ///   - id: Id of the answer.
    ///   - onAdmitted: Called when the engine takes the request.
    ///   - onDelta: Called with each piece of a new answer.
    /// - Returns: The answer, or passages without one when the engines are gone and nothing of an answer was given.
    /// - Throws: `Failure` and errors of the machine; 504 when the whole of it takes longer than a request may.
    func serve(
        _ question: String,
        after history: [Turn] = [],
        _ caller: Caller,
        id: String,
        onAdmitted: @escaping @Sendable () -> Void = {},
        onDelta: (@Sendable (String) -> Void)? = nil
    ) async throws -> Served {
        let start = ContinuousClock.now
        let engine = live.session.engineNames.first ?? "none"
        let scope = RequestScope(
            key: caller.name,
            deadline: start.advanced(by: options.deadline),
            onAdmitted: onAdmitted
        )
        let first = FirstTime()
        do {
            let opened = live.opened
            let (served, stages): Made = try await opened.tracing(question, answer: \Made.served.text) {
                try await before(scope.deadline) { [self] () -> Made in
                    try await made(question, history, caller, opened, scope, id: id) { piece in
                        first.mark()
                        onDelta?(piece)
                    }
                }
            }
            meter.answered(served, engine: served.engine ?? engine, since: start, first: first.time, stages)
            return served
        } catch {
            meter.failed(error, engine: engine, since: start)
            online?.missed(id, error)
            throw error
        }
    }

    private typealias Made = (served: Served, stages: [StageTime])

    private func made(
        _ question: String,
        _ history: [Turn],
        _ caller: Caller,
        _ opened: OpenedPipeline,
        _ scope: RequestScope,
        id: String,
        onDelta: @escaping @Sendable (String) -> Void
    ) async throws -> Made {
        let rewritten = try await self.rewritten(question, after: history, opened, caller, deadline: scope.deadline)
        let query = rewritten.query?.text ?? question
        let found = try await opened.retrieve(query, scope: caller.scope)
        meter.retrieved(found.passages, rewritten.stages + found.stages)
        var stagesOfAnswer: [StageTime] = []
        var served = Served(
            id: id,
            created: Int(Date().timeIntervalSince1970),
            model: model,
            question: question,
            history: history,
            text: "",
            citations: [],
            abstained: false,
            finish: .stop,
            usage: Usage(promptTokens: 0, completionTokens: 0),
            passages: found.passages,
            generation: opened.generation,
            stages: rewritten.stages + found.stages,
            notice: opened.notice,
            rewritten: rewritten.query
        )
        let hasSpoken = Flag()
        do {
            let answered = try await RequestScope.$current.withValue(scope) {
                try await engineAnswer(query, found.passages, opened, hasSpoken, onDelta)
            }
            stagesOfAnswer = answered.stages
            meter.asked(answered)
            guard let answer = answered.reply.answer else { throw Self.refusal(answered.reply.failure) }
            served.take(answer, of: answered.engine)
            if let waited = scope.waited {
                meter.waited(waited)
                served.stages.append(StageTime(stage: "queue", milliseconds: waited / .milliseconds(1)))
                limits.spend(answer.usage.promptTokens + answer.usage.completionTokens, of: caller)
            }
            served.stages += answered.stages
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
                generation: served.generation,
                trace: .current
            )
        )
        online?.answered(served, caller, stagesOfAnswer)
        return (served, stagesOfAnswer)
    }

    /// Asks the first engine and, when it is gone before its first word, the one that stands in for it.
    private func engineAnswer(
        _ question: String,
        _ passages: [RetrievedChunk],
        _ opened: OpenedPipeline,
        _ hasSpoken: Flag,
        _ onDelta: @escaping @Sendable (String) -> Void
    ) async throws -> Answered {
        @Sendable func speak(_ piece: String) {
            hasSpoken.set()
            onDelta(piece)
        }
        do {
            return try await opened.answer(question, from: passages, onDelta: speak)
        } catch {
            guard let fallback = opened.fallbackEngine, !hasSpoken.isSet, Self.isEngineGone(error) else { throw error }
            log("'\(fallback)' stands in: \(error)")
            return try await opened.answer(question, from: passages, byFallback: true, onDelta: speak)
        }
    }

    static let degradedText =
        "The language model is not available at the moment. The passages found for the question are given without an answer."

    /// Whether nobody would get an answer now, in contrast to this request alone.
    static func isEngineGone(_ error: any Error) -> Bool {
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
