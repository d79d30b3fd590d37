import AssayModel

/// Tool calls that were made against those that should have been.
enum ToolCallMatch {
    /// Share of the arguments, of both calls together, that are in both with equal values; 1 when neither has any.
    static func agreement(_ wanted: ToolCall, _ made: ToolCall) -> Double {
        let names = Set(wanted.arguments.keys).union(made.arguments.keys)
        if names.isEmpty { return 1 }
        let equal = names.count { wanted.arguments[$0] != nil && wanted.arguments[$0] == made.arguments[$0] }
        return Double(equal) / Double(names.count)
    }

    /// The largest sum of agreements of calls of one name that can be paired: in order, or in any order.
    static func best(_ wanted: [ToolCall], _ made: [ToolCall], inOrder: Bool) -> Double {
        inOrder ? bestInOrder(wanted, made) : bestInAnyOrder(wanted, made)
    }

    private static func bestInOrder(_ wanted: [ToolCall], _ made: [ToolCall]) -> Double {
        var above = [Double](repeating: 0, count: made.count + 1)
        for call in wanted {
            var row = above
            for (index, other) in made.enumerated() {
                let paired = call.name == other.name ? above[index] + agreement(call, other) : 0
                row[index + 1] = max(row[index], above[index + 1], paired)
            }
            above = row
        }
        return above[made.count]
    }

    /// Pairs the calls that agree best first; calls that agree equally in the order of the reference.
    private static func bestInAnyOrder(_ wanted: [ToolCall], _ made: [ToolCall]) -> Double {
        var pairs: [(agreement: Double, wanted: Int, made: Int)] = []
        for (row, call) in wanted.enumerated() {
            for (column, other) in made.enumerated() where call.name == other.name {
                pairs.append((agreement(call, other), row, column))
            }
        }
        pairs.sort { ($1.agreement, $0.wanted, $0.made) < ($0.agreement, $1.wanted, $1.made) }
        var sum = 0.0
        var (usedRows, usedColumns): (Set<Int>, Set<Int>) = ([], [])
        for pair in pairs where !usedRows.contains(pair.wanted) && !usedColumns.contains(pair.made) {
            usedRows.insert(pair.wanted)
            usedColumns.insert(pair.made)
            sum += pair.agreement
        }
        return sum
    }

    /// Ragas: pairs by position; a value counts when Python would write it alike; 0 unless the names follow each other as wanted.
    static func ragasAccuracy(_ wanted: [ToolCall], _ made: [ToolCall], strictOrder: Bool) -> Double {
        if wanted.isEmpty || made.isEmpty { return wanted.isEmpty && made.isEmpty ? 1 : 0 }
        let (wanted, made) = strictOrder ? (wanted, made) : (sorted(wanted), sorted(made))
        guard wanted.map(\.name) == made.map(\.name) else { return 0 }
        let sum = zip(wanted, made).reduce(0.0) { $0 + ragasArguments($1.0, $1.1) }
        return sum / Double(wanted.count)
    }

    private static func sorted(_ calls: [ToolCall]) -> [ToolCall] {
        calls.enumerated().sorted { ($0.element.name, $0.offset) < ($1.element.name, $1.offset) }.map(\.element)
    }

    private static func ragasArguments(_ wanted: ToolCall, _ made: ToolCall) -> Double {
        if wanted.arguments.isEmpty { return made.arguments.isEmpty ? 1 : 0 }
        let equal = wanted.arguments.count { name, value in
            made.arguments[name].map { pythonText($0) == pythonText(value) } ?? false
        }
        return Double(equal) / Double(wanted.arguments.count)
    }

    /// What Python's `str` makes of a plain value; lists and mappings as JSON, which tells them apart as well.
    private static func pythonText(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): text
        case .bool(let flag): flag ? "True" : "False"
        case .null: "None"
        case .int, .double, .array, .object: value.text
        }
    }

    /// Calls of both lists that are equal in name and arguments, each paired once.
    static func shared(_ wanted: [ToolCall], _ made: [ToolCall]) -> Int {
        sharedCount(wanted.map(identity), made.map(identity))
    }

    /// Ragas: F1 of the sets of calls, four decimals, 0 without any.
    static func ragasF1(_ wanted: [ToolCall], _ made: [ToolCall]) -> Double {
        let (wanted, made) = (Set(wanted.map(identity)), Set(made.map(identity)))
        let shared = Double(wanted.intersection(made).count)
        let f1 = fScore(
            made.isEmpty ? 0 : shared / Double(made.count),
            wanted.isEmpty ? 0 : shared / Double(wanted.count)
        )
        return (f1 * 10_000).rounded(.toNearestOrEven) / 10_000
    }

    private static func identity(_ call: ToolCall) -> [String] { [call.name, JSONValue.object(call.arguments).text] }
}

extension Sample {
    /// The tool calls of the conversation, in order.
    var toolCallsMade: [ToolCall] { (dialogue ?? []).flatMap { $0.toolCalls ?? [] } }
}

extension MetricEntry {
    static let toolCallAccuracy = MetricEntry(
        name: "tool_call_accuracy",
        summary: "How far the agent made the tool calls that it should, in their order and with their arguments",
        formula:
            "largest sum of argument agreement over pairs of calls of one name / calls of the longer list, both empty 1; agreement = "
            + "equal arguments / arguments of either; in order, or with strict_order false in any (best pairs first); Ragas "
            + "ToolCallAccuracy, corrected",
        needs: [.dialogue, .toolCalls],
        compat: [
            .collections:
                "sum over positions of equal arguments (as text) / arguments of the reference, divided by the calls of the "
                + "reference, 0 unless the names follow each other as in the reference; with strict_order false both sorted by name; "
                + "Ragas 0.4.3 collections ToolCallAccuracy"
        ]
    ) { _, options in
        let mode = try MetricMode.read(&options, among: [.collections: ""])
        let strictOrder = try options.bool("strict_order", default: true)
        return { sample, _ in
            let (wanted, made) = (sample.question.referenceToolCalls ?? [], sample.toolCallsMade)
            if mode == .collections {
                return MetricResult(.scored(ToolCallMatch.ragasAccuracy(wanted, made, strictOrder: strictOrder)))
            }
            let longer = max(wanted.count, made.count)
            guard longer > 0 else { return MetricResult(.scored(1)) }
            let sum = ToolCallMatch.best(wanted, made, inOrder: strictOrder)
            return MetricResult(.scored(sum / Double(longer)))
        }
    }

    static let toolCallF1 = MetricEntry(
        name: "tool_call_f1",
        summary: "Overlap of the tool calls made with those that should have been, in any order",
        formula:
            "2 equal calls / (calls made + calls of the reference), equal in name and arguments, each paired once; both empty 1; "
            + "Ragas ToolCallF1, corrected",
        needs: [.dialogue, .toolCalls],
        compat: [
            .collections:
                "F1 of the sets of calls, equal in name and arguments, rounded to 4 decimals, both empty 0; Ragas 0.4.3 "
                + "collections ToolCallF1"
        ]
    ) { _, options in
        let mode = try MetricMode.read(&options, among: [.collections: ""])
        return { sample, _ in
            let (wanted, made) = (sample.question.referenceToolCalls ?? [], sample.toolCallsMade)
            if mode == .collections { return MetricResult(.scored(ToolCallMatch.ragasF1(wanted, made))) }
            guard wanted.count + made.count > 0 else { return MetricResult(.scored(1)) }
            let shared = ToolCallMatch.shared(wanted, made)
            return MetricResult(.scored(Double(2 * shared) / Double(wanted.count + made.count)))
        }
    }
}
