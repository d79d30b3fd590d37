/// Scores one recorded sample.
///
/// Law: a pure function of the sample, the judge's replies and the similarity of texts; it never looks at another sample. What cannot
/// be computed is `.notScored` with a reason, what has no meaning is `.notApplicable`; neither is ever 0.
public protocol Metric: Sendable {
    /// What the metric is.
    var definition: MetricDefinition { get }

    /// Scores a sample.
    ///
    /// - Parameters:
    ///   - sample: The recorded sample.
    ///   - tools: Judge and similarity; asked only by metrics whose definition says so.
    /// - Returns: Score and what explains it.
    /// - Throws: Only cancellation and errors that end the run (a dead judge engine); a bad reply is `.notScored`.
    func score(_ sample: Sample, tools: MetricTools) async throws -> MetricResult
}

/// What a metric is; hashed into every result, so that results of unlike definitions are never compared.
public struct MetricDefinition: Sendable, Codable, Equatable {
    /// Name as in the pipeline file, cut included: `ndcg@10`.
    public var name: String
    /// Raised when the formula or a prompt changes.
    public var version: Int
    /// The formula in one line, with its source.
    public var formula: String
    /// Lowest and highest value.
    public var range: ClosedRange<Double>
    /// Whether a larger value is better.
    public var higherIsBetter: Bool
    /// What it needs.
    public var needs: Set<MetricNeed>
    /// Depth of the ranked list it looks at, nil when it does not or has no cut.
    public var depth: Int?

    /// Creates a definition.
    public init(
        name: String,
        version: Int,
        formula: String,
        range: ClosedRange<Double> = 0...1,
        higherIsBetter: Bool = true,
        needs: Set<MetricNeed>,
        depth: Int? = nil
    ) {
        self.name = name
        self.version = version
        self.formula = formula
        self.range = range
        self.higherIsBetter = higherIsBetter
        self.needs = needs
        self.depth = depth
    }

    private enum CodingKeys: String, CodingKey {
        case name, version, formula, range, higherIsBetter, needs, depth
    }

    /// Writes `needs` in the order of its cases: a set has another order in every process, a record must not.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(version, forKey: .version)
        try container.encode(formula, forKey: .formula)
        try container.encode(range, forKey: .range)
        try container.encode(higherIsBetter, forKey: .higherIsBetter)
        try container.encode(MetricNeed.allCases.filter(needs.contains), forKey: .needs)
        try container.encodeIfPresent(depth, forKey: .depth)
    }

    /// Digest of everything that decides the value.
    public var hash: String {
        ItemKey("metric", name, "\(version)", formula, "\(range)", "\(higherIsBetter)").hex
    }
}

/// What a metric needs to be there.
public enum MetricNeed: String, Sendable, Codable, CaseIterable {
    /// Gold quotes.
    case spans
    /// Document-level labels (BEIR qrels, or the documents of gold quotes).
    case documents
    /// A generated answer.
    case answer
    /// A reference answer.
    case reference
    /// A judge.
    case judge
    /// Similarity of texts by an embedder.
    case similarity
}

/// A score with what explains it.
public struct MetricResult: Sendable, Codable, Equatable {
    /// The score.
    public var score: Score
    /// Statements, verdicts, reasons: whatever a person wants to see; nil when the value says it all.
    public var details: JSONValue?
    /// The values of repeated judgements whose mean is the score, in the order of the repeats; nil without repeats.
    public var repeats: [Double]?

    /// Creates a result.
    public init(_ score: Score, details: JSONValue? = nil, repeats: [Double]? = nil) {
        self.score = score
        self.details = details
        self.repeats = repeats
    }
}

/// How verdicts are asked of a judge.
public enum JudgeAsking: String, Sendable, Codable, CaseIterable {
    /// One JSON reply for all statements.
    case json
    /// The probability of one token a statement.
    case logprob
}

/// What metrics may ask for.
public struct MetricTools: Sendable {
    /// Asks the judge; the reply is journaled, so that the same call is never paid twice.
    public var judge: (@Sendable (JudgeCall) async throws -> JudgeReply)?
    /// More judges whose verdicts count beside the first one's by majority; the first alone writes texts.
    public var panel: [@Sendable (JudgeCall) async throws -> JudgeReply]
    /// How the judge is asked for verdicts.
    public var asking: JudgeAsking
    /// Unit vectors of texts.
    public var embed: (@Sendable ([String]) async throws -> VectorBatch)?

    /// Creates tools.
    public init(
        judge: (@Sendable (JudgeCall) async throws -> JudgeReply)? = nil,
        embed: (@Sendable ([String]) async throws -> VectorBatch)? = nil,
        panel: [@Sendable (JudgeCall) async throws -> JudgeReply] = [],
        asking: JudgeAsking = .json
    ) {
        self.judge = judge
        self.panel = panel
        self.asking = asking
        self.embed = embed
    }
}

/// A question to the judge: a versioned prompt with its fields, and the schema of the reply.
public struct JudgeCall: Sendable, Codable, Hashable {
    /// Name and version of the prompt, for example `split-statements/1`.
    public var prompt: String
    /// System and user message; the part that calls share comes first, so that prefix caches hit.
    public var messages: [ChatMessage]
    /// JSON Schema of the reply; lists have the fixed length asked for, free lists a `maxItems`.
    public var schema: JSONValue
    /// Tokens of the reply at most.
    public var maxTokens: Int
    /// 0, or the number of a repeated try.
    public var replicate: Int
    /// Texts of one token each whose probabilities as the reply's first token are wanted instead of a JSON reply; nil for a JSON reply.
    public var choices: [String]?

    /// Creates a call.
    public init(
        prompt: String,
        messages: [ChatMessage],
        schema: JSONValue,
        maxTokens: Int,
        replicate: Int = 0,
        choices: [String]? = nil
    ) {
        self.prompt = prompt
        self.messages = messages
        self.schema = schema
        self.maxTokens = maxTokens
        self.replicate = replicate
        self.choices = choices
    }
}

/// What the judge said.
public struct JudgeReply: Sendable, Codable, Equatable {
    /// The reply as it came.
    public var text: String
    /// Why it ended; a reply cut by length is never scored.
    public var finish: FinishReason
    /// Probability of each of the call's `choices`, 0 for one that is not among the engine's most likely tokens; nil when the call had
    /// none or the engine does not say.
    public var probabilities: [String: Double]?

    /// Creates a reply.
    public init(text: String, finish: FinishReason, probabilities: [String: Double]? = nil) {
        self.text = text
        self.finish = finish
        self.probabilities = probabilities
    }
}
