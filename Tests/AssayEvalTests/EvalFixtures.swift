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
