import AssayEngines
import AssayHTTP
import AssayModel
import AssayTestServer
import Synchronization

/// A clock that does not wait: sleeping moves it on.
final class TestClock: Sendable {
    private let state = Mutex((now: Duration.zero, pauses: [Duration]()))

    var pauses: [Duration] { state.withLock { $0.pauses } }

    func advance(_ duration: Duration) { state.withLock { $0.now += duration } }

    var clock: WaitingClock {
        WaitingClock(
            now: { self.state.withLock { $0.now } },
            unixTime: { 784_111_777 },
            sleep: { duration in
                try Task.checkCancellation()
                self.state.withLock { state in
                    state.now += duration
                    state.pauses.append(duration)
                }
            }
        )
    }
}

/// Pieces in the order they came.
final class Deltas: Sendable {
    private let state = Mutex<[String]>([])
    var all: [String] { state.withLock { $0 } }
    func add(_ text: String) { state.withLock { $0.append(text) } }
}

/// Events of a streamed reply as llama.cpp sends them.
func streamEvents(_ pieces: [String], finish: String = "stop", done: Bool = true) -> [String] {
    let role = #"{"choices":[{"finish_reason":null,"index":0,"delta":{"role":"assistant","content":null}}]}"#
    let content = pieces.map { piece in
        JSONValue.object(["choices": [["finish_reason": nil, "index": 0, "delta": ["content": .string(piece)]]]]).text
    }
    let end = #"{"choices":[{"finish_reason":"\#(finish)","index":0,"delta":{}}]}"#
    let usage =
        #"{"choices":[],"usage":{"completion_tokens":3,"prompt_tokens":11,"prompt_tokens_details":{"cached_tokens":4}},"#
        + #""timings":{"cache_n":4,"prompt_ms":12.5,"predicted_ms":30.25}}"#
    return [role] + content + [end, usage] + (done ? ["[DONE]"] : [])
}

func remoteConfig(_ server: LoopbackServer, _ change: (inout EngineConfig) -> Void = { _ in }) -> EngineConfig {
    var config = EngineConfig(name: "remote", kind: .openai, model: "m")
    config.baseURL = server.url + "/v1"
    config.requestTimeout = .seconds(60)
    change(&config)
    return config
}

func remoteEngine(
    _ server: LoopbackServer,
    clock: WaitingClock = TestClock().clock,
    key: String? = nil,
    _ change: (inout EngineConfig) -> Void = { _ in }
) throws -> OpenAIEngine {
    OpenAIEngine(remoteConfig(server, change), key: key, client: try HTTPClient(), clock: clock)
}

let question = ChatRequest(messages: [ChatMessage(role: "user", content: "Why?")], maxTokens: 16)

/// The error code that `body` throws, "none" when it throws nothing.
func errorCode(_ body: () async throws -> Void) async -> String {
    do {
        try await body()
        return "none"
    } catch let error as AssayError {
        return error.code.rawValue
    } catch {
        return "\(type(of: error))"
    }
}

extension ChatRequest {
    /// A copy with a change.
    func with(_ change: (inout ChatRequest) -> Void) -> ChatRequest {
        var copy = self
        change(&copy)
        return copy
    }
}
