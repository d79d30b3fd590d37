import AssayModel
import Testing

@testable import AssayEval

/// Tool calls and quotations in corrected mode, worked by hand.
struct AgentMetricTests {
    private static let find = ToolCall(name: "find", arguments: ["city": "Rome", "days": 2])
    private static let book = ToolCall(name: "book", arguments: ["room": 7])

    struct Case: Sendable {
        var wanted: [ToolCall]
        var made: [ToolCall]
        var accuracy: Double
        var anyOrder: Double
        var f1: Double
    }

    static let cases: [Case] = [
        Case(wanted: [find, book], made: [find, book], accuracy: 1, anyOrder: 1, f1: 1),
        // Swapped: in order only one of two can be paired.
        Case(wanted: [find, book], made: [book, find], accuracy: 0.5, anyOrder: 1, f1: 1),
        // One missing: 1 of 2; Ragas gives 0. F1 2·1/(1 + 2).
        Case(wanted: [find, book], made: [find], accuracy: 0.5, anyOrder: 0.5, f1: 2.0 / 3),
        // One too many costs as much.
        Case(wanted: [find], made: [book, find], accuracy: 0.5, anyOrder: 0.5, f1: 2.0 / 3),
        // One of two arguments wrong: 1/2; an argument too many: 2 equal of 3.
        Case(
            wanted: [find],
            made: [ToolCall(name: "find", arguments: ["city": "Rome", "days": 3])],
            accuracy: 0.5,
            anyOrder: 0.5,
            f1: 0
        ),
        Case(
            wanted: [find],
            made: [ToolCall(name: "find", arguments: ["city": "Rome", "days": 2, "x": 1])],
            accuracy: 2.0 / 3,
            anyOrder: 2.0 / 3,
            f1: 0
        ),
        // A text is not the number, as it is for Ragas.
        Case(
            wanted: [book],
            made: [ToolCall(name: "book", arguments: ["room": "7"])],
            accuracy: 0,
            anyOrder: 0,
            f1: 0
        ),
        // The same call twice, wanted once: each is paired once. F1 2·1/(1 + 2).
        Case(wanted: [book], made: [book, book], accuracy: 0.5, anyOrder: 0.5, f1: 2.0 / 3),
        Case(wanted: [], made: [], accuracy: 1, anyOrder: 1, f1: 1),
        Case(wanted: [], made: [book], accuracy: 0, anyOrder: 0, f1: 0),
        Case(wanted: [book], made: [], accuracy: 0, anyOrder: 0, f1: 0),
    ]

    @Test(arguments: cases)
    func toolCalls(golden: Case) async throws {
        var sample = spanSample(gold: [], retrieved: [])
        sample.question.referenceToolCalls = golden.wanted
        sample.dialogue = [DialogueTurn(role: "assistant", content: "Now.", toolCalls: golden.made)]
        func value(_ name: String, _ options: JSONValue = [:]) async throws -> Double? {
            try await Metrics.make(name, options: configured(options)).score(sample, tools: MetricTools()).score.value
        }
        #expect(try await value("tool_call_accuracy") == golden.accuracy)
        #expect(try await value("tool_call_accuracy", ["strict_order": false]) == golden.anyOrder)
        #expect(try await value("tool_call_f1") == golden.f1)
    }

    @Test func theBestPairsComeFirstInAnyOrder() {
        let rough = ToolCall(name: "find", arguments: ["city": "Rome", "days": 9])
        // Two finds wanted, made in the other order: pairing by place would give 1/2 and 1/2.
        #expect(ToolCallMatch.best([Self.find, rough], [rough, Self.find], inOrder: false) == 2)
        #expect(ToolCallMatch.best([Self.find, rough], [rough, Self.find], inOrder: true) == 1)
    }
}
