import AssayModel
import AssayTelemetry
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// Something that happens while an answer is made.
enum StreamEvent: Sendable {
    case admitted
    case delta(String)
    case done(Served)
    case failed(Failure)
    /// Nothing has happened for a while.
    case quiet
}

/// Writes what happens as server-sent events of one interface.
protocol StreamFrames: Sendable {
    /// What comes before any event.
    mutating func opening() -> [UInt8]
    /// The bytes of an event, none where the interface has nothing for it.
    mutating func frame(_ event: StreamEvent) -> [UInt8]
}

extension Service {
    /// A chat completion as server-sent events.
    func stream(_ ask: ChatAsk, _ context: ServeContext, _ caller: Caller) async throws -> Response {
        let id = Self.answerID()
        let frames = ChatFrames(
            id: id,
            model: model,
            created: Int(Date().timeIntervalSince1970),
            includesUsage: ask.includesUsage,
            withScores: caller.may(.eval)
        )
        return try await stream(
            ask.question,
            after: ask.history,
            id: id,
            frames,
            route: "/v1/chat/completions",
            context,
            caller
        )
    }

    /// An answer as server-sent events.
    ///
    /// The status is sent when the engine has taken the request: whoever is refused gets the right status, not an event.
    func stream(
        _ question: String,
        after history: [Turn],
        id: String,
        _ frames: some StreamFrames,
        route: String,
        _ context: ServeContext,
        _ caller: Caller
    ) async throws -> Response {
        let start = ContinuousClock.now
        let (events, feed) = AsyncStream<StreamEvent>.makeStream()
        let watch = try await context.channel.pipeline.handler(type: ConnectionWatch.self).get()
        let task = Task { [self] in
            do {
                let served = try await serve(
                    question,
                    after: history,
                    caller,
                    id: id,
                    onAdmitted: { feed.yield(.admitted) },
                    onDelta: { feed.yield(.delta($0)) }
                )
                feed.yield(.done(served))
            } catch {
                if let error = error as? AssayError { log("a stream ended: \(error)") }
                let failure = Failure(error)
                // The status may be sent: the span of the request says what became of the answer.
                if failure.status.kind == .serverError { ServerSpan.current?.failed(failure.code ?? "error") }
                feed.yield(.failed(failure))
            }
            feed.finish()
        }
        // Runs once, whether the body was written to its end, broke off, or was never asked for because the client had left.
        let ending = OnceOnly()
        ending.then { task.cancel() }
        let number = watch.onClose { ending.run() }
        var iterator = events.makeAsyncIterator()
        let first = await iterator.next()
        if case .failed(let failure) = first {
            watch.forget(number)
            throw failure
        }
        let pulse = Task {
            while !Task.isCancelled {
                try await Task.sleep(for: ServeOptions.keepAlive)
                feed.yield(.quiet)
            }
        }
        begin()
        ending.then { [self] in
            pulse.cancel()
            end()
            meter.request("POST", route, status: 200, since: start)
        }
        let tooLate = options.deadline + .seconds(60)
        let body = ResponseBody { writer in
            // A client that does not read keeps its connection only so long.
            let limit = context.channel.eventLoop.scheduleTask(in: TimeAmount(tooLate)) {
                context.channel.close(promise: nil)
            }
            defer {
                limit.cancel()
                watch.forget(number)
                ending.run()
            }
            var frames = frames
            try await writer.write(ByteBuffer(bytes: frames.opening()))
            if let first { try await writer.write(ByteBuffer(bytes: frames.frame(first))) }
            for await event in events { try await writer.write(ByteBuffer(bytes: frames.frame(event))) }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store"],
            body: body
        )
    }
}

/// Writes OpenAI's chunks.
private struct ChatFrames: StreamFrames {
    let id: String
    let model: String
    let includesUsage: Bool
    let withScores: Bool
    let created: Int
    private var trim = StreamTrim()

    init(id: String, model: String, created: Int, includesUsage: Bool, withScores: Bool) {
        self.created = created
        self.id = id
        self.model = model
        self.includesUsage = includesUsage
        self.withScores = withScores
    }

    /// The role, before any content.
    func opening() -> [UInt8] { chunk(delta: ["role": "assistant", "content": ""]) }

    mutating func frame(_ event: StreamEvent) -> [UInt8] {
        switch event {
        case .admitted: return []
        case .quiet: return Array(": still here\n\n".utf8)
        case .delta(let piece):
            let text = trim.take(piece)
            return text.isEmpty ? [] : chunk(delta: ["content": .string(text)])
        case .failed(let failure): return Self.event(failure.body)
        case .done(let served): return closing(served)
        }
    }

    private mutating func closing(_ served: Served) -> [UInt8] {
        var bytes: [UInt8] = []
        // A stored answer comes whole; of a new one everything was sent but what the trimming held back.
        let rest = trim.rest(of: served.text)
        if !rest.isEmpty { bytes += chunk(delta: ["content": .string(rest)]) }
        if served.annotations != [] { bytes += chunk(delta: ["annotations": served.annotations]) }
        bytes += chunk(
            delta: [:],
            finish: served.finishReason,
            extra: ["assay": served.extra(withScores: withScores)]
        )
        if includesUsage { bytes += chunk(usage: served.usageJSON) }
        return bytes + Array("data: [DONE]\n\n".utf8)
    }

    private func chunk(
        delta: JSONValue? = nil,
        finish: JSONValue = nil,
        usage: JSONValue = nil,
        extra: [String: JSONValue] = [:]
    ) -> [UInt8] {
        var members = extra
        members["id"] = .string(id)
        members["object"] = "chat.completion.chunk"
        members["created"] = .int(created)
        members["model"] = .string(model)
        members["choices"] = delta.map { [["index": 0, "delta": $0, "logprobs": nil, "finish_reason": finish]] } ?? []
        if includesUsage { members["usage"] = usage }
        return Self.event(.object(members))
    }

    private static func event(_ value: JSONValue) -> [UInt8] {
        Array("data: ".utf8) + value.bytes + [0x0A, 0x0A]
    }
}

/// Makes what is streamed the answer itself, which has no white space at its ends: leading white space is dropped, trailing held back.
struct StreamTrim {
    private var held = ""
    private(set) var sent = ""

    /// What can be sent of a new piece.
    mutating func take(_ piece: String) -> String {
        held += piece
        guard let last = held.lastIndex(where: { !$0.isWhitespace }) else {
            if sent.isEmpty { held = "" }
            return ""
        }
        let end = held.index(after: last)
        var text = String(held[..<end])
        held = String(held[end...])
        if sent.isEmpty { text = String(text.drop { $0.isWhitespace }) }
        sent += text
        return text
    }

    /// What of the whole answer was not sent.
    func rest(of answer: String) -> String {
        answer.hasPrefix(sent) ? String(answer.dropFirst(sent.count)) : ""
    }
}

/// What is to be done at an end, which may come more than once and before everything is known that is to be done.
final class OnceOnly: Sendable {
    private let state = Mutex((hasRun: false, steps: [@Sendable () -> Void]()))

    /// Adds a step, done at once when the end has come.
    func then(_ step: @escaping @Sendable () -> Void) {
        let isLate = state.withLock { state in
            if !state.hasRun { state.steps.append(step) }
            return state.hasRun
        }
        if isLate { step() }
    }

    /// Does the steps, the first time.
    func run() {
        let steps = state.withLock { state in
            defer { state = (true, []) }
            return state.steps
        }
        for step in steps { step() }
    }
}

/// When something happened for the first time.
final class FirstTime: Sendable {
    private let state = Mutex<ContinuousClock.Instant?>(nil)
    var time: ContinuousClock.Instant? { state.withLock { $0 } }
    func mark() { state.withLock { $0 = $0 ?? .now } }
}

/// Something that happens once.
final class Flag: Sendable {
    private let state = Mutex(false)
    var isSet: Bool { state.withLock { $0 } }
    func set() { state.withLock { $0 = true } }
}
