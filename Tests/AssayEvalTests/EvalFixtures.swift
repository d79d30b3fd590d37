import AssayModel
import FoundationEssentials
import Synchronization

@testable import AssayEval

/// The cases of a file that `scripts/evaluation-oracles.py` wrote.
func oracle<Case: Decodable>(_ name: String, as type: Case.Type = Case.self, file: String = #filePath) throws -> [Case]
{
    let folder = file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    let data = try Data(contentsOf: URL(filePath: "\(folder)/Fixtures/\(name)"))
    return try JSONDecoder().decode([Case].self, from: data)
}

/// A passage whose id follows from document and range.
func chunk(
    _ document: String,
    _ start: Int,
    _ end: Int,
    score: Double = 1,
    tokens: Int = 10,
    text: String = "text"
) -> RetrievedChunk {
    RetrievedChunk(
        id: "\(document)#\(start)-\(end)",
        document: document,
        start: start,
        end: end,
        score: score,
        tokens: tokens,
        text: text
    )
}

/// A question with one gold quote a span.
func spanSample(gold: [GoldSpan], retrieved: [RetrievedChunk], contextCount: Int = 2, answer: Answer? = nil) -> Sample {
    let quotes = gold.enumerated().map { GoldQuote(document: $1.document, quote: "quote \($0)") }
    return Sample(
        question: Question(id: "q", question: "How much memory?", reference: "It has 24 GiB.", gold: quotes),
        goldSpans: gold,
        retrieved: retrieved,
        contextCount: contextCount,
        answer: answer
    )
}

func answer(_ text: String, citing chunks: [String?] = [], abstained: Bool = false) -> Answer {
    Answer(
        text: text,
        citations: chunks.enumerated().map { Citation(number: $0 + 1, start: 0, end: 3, chunk: $1) },
        abstained: abstained,
        finish: .stop,
        usage: Usage(promptTokens: 1, completionTokens: 1)
    )
}

func value(_ name: String, _ sample: Sample, _ tools: MetricTools = MetricTools()) async throws -> Double? {
    try await Metrics.make(name).score(sample, tools: tools).score.value
}

/// A judge that answers from a list and remembers what it was asked.
final class ScriptedJudge: Sendable {
    private let state: Mutex<(replies: [JudgeReply], calls: [JudgeCall])>

    init(_ replies: [JudgeReply]) { state = Mutex((replies, [])) }

    convenience init(_ texts: String...) { self.init(texts.map { JudgeReply(text: $0, finish: .stop) }) }

    var calls: [JudgeCall] { state.withLock { $0.calls } }

    func reply(to call: JudgeCall) throws -> JudgeReply {
        try state.withLock { state in
            state.calls.append(call)
            guard !state.replies.isEmpty else { throw AssayError("engine.dead", "the script is at its end") }
            return state.replies.removeFirst()
        }
    }

    var tools: MetricTools {
        MetricTools(judge: { try self.reply(to: $0) }, embed: { embedByLetters($0) })
    }
}

/// Unit vectors in the plane by the text's length: length 1 is (1, 0), each further letter turns it by a third of a circle.
func embedByLetters(_ texts: [String]) -> VectorBatch {
    let corners: [[Float]] = [[1, 0], [-0.5, 0.866_025_4], [-0.5, -0.866_025_4]]
    return VectorBatch(dimension: 2, values: texts.flatMap { corners[max(0, $0.unicodeScalars.count - 1) % 3] })
}

extension Score {
    var notScoredReason: String? { if case .notScored(let reason) = self { reason } else { nil } }
    var notApplicableReason: String? { if case .notApplicable(let reason) = self { reason } else { nil } }
}

/// Options as a pipeline file would have them.
func configured(_ options: JSONValue) -> ConfigNode {
    let place = Place(file: "test.yaml", line: 1)
    let value: ConfigNode.Value =
        switch options {
        case .null: .null
        case .bool(let flag): .bool(flag)
        case .int(let number): .int(number)
        case .double(let number): .double(number)
        case .string(let text): .string(text)
        case .array(let elements): .list(elements.map(configured))
        case .object(let members):
            .mapping(
                members.sorted { $0.key < $1.key }.map { .init(key: $0.key, place: place, value: configured($0.value)) }
            )
        }
    return ConfigNode(value, at: place)
}

/// A sample that has everything a metric may need.
let fullSample: Sample = {
    var sample = spanSample(
        gold: [GoldSpan(document: "a", start: 0, end: 40), GoldSpan(document: "b", start: 10, end: 20)],
        retrieved: [
            chunk("c", 0, 50, score: 3, text: "gamma"), chunk("a", 10, 60, score: 2, text: "alpha"),
            chunk("b", 0, 90, score: 1, text: ""),
        ],
        answer: answer("The memory is 24 GiB [1] [2].", citing: ["c#0-50", "a#10-60"])
    )
    let call = ToolCall(name: "find", arguments: ["city": "Rome"])
    sample.latencyMs = 120
    sample.question.referenceContexts = ["alpha", "omega and more"]
    sample.question.rubric = ["1": "bad", "2": "fair", "3": "good"]
    sample.question.referenceToolCalls = [call, ToolCall(name: "book")]
    sample.question.referenceTopics = ["travel"]
    sample.dialogue = [
        DialogueTurn(role: "user", content: "Book a room in Rome."),
        DialogueTurn(role: "assistant", content: "One moment.", toolCalls: [call]),
    ]
    return sample
}()

/// A reply by its schema: all verdicts 1 but the first of a list, texts that count, each with the suffix.
func filled(_ schema: JSONValue, suffix: String = "", _ position: Int = 0) -> JSONValue {
    switch schema["type"]?.stringValue {
    case "object":
        guard case .object(let members)? = schema["properties"] else { return [:] }
        return .object(members.mapValues { filled($0, suffix: suffix, position) })
    case "array":
        let count = max(schema["minItems"]?.intValue ?? 0, min(2, schema["maxItems"]?.intValue ?? 0))
        return .array((0..<count).map { filled(schema["items"] ?? nil, suffix: suffix, $0) })
    case "integer":
        return schema["enum"] == [0, 1] ? .int(min(1, position)) : .int(position + 1)
    case "boolean": return .bool(position > 0)
    default: return .string("text number \(position)\(suffix)")
    }
}

/// A judge that fills every schema, with other texts for other calls, and remembers the different calls.
final class FillingJudge: Sendable {
    private let asked = Mutex<[JudgeCall]>([])

    /// The different calls in the order in which they were made.
    var calls: [JudgeCall] { asked.withLock { $0 } }

    func reply(to call: JudgeCall) -> JudgeReply {
        asked.withLock { if !$0.contains(call) { $0.append(call) } }
        return JudgeReply(text: Self.good(call).text, finish: .stop)
    }

    /// The reply to a call; a repeated try gets the same.
    static func good(_ call: JudgeCall) -> JSONValue {
        let text = call.messages[1].content.split(separator: "\n\nAn earlier reply").first ?? ""
        return filled(call.schema, suffix: " " + String(SHA256.hex(String(text)).prefix(6)))
    }

    var tools: MetricTools {
        MetricTools(judge: { self.reply(to: $0) }, embed: { embedByLetters($0) })
    }
}
