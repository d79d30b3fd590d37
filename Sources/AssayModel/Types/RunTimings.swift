/// How long a run took.
public struct RunTimings: Sendable, Codable, Equatable {
    /// Stages in the order of the data.
    public var stages: [StageTiming]
    /// Times of each question, by question id.
    public var questions: [String: QuestionTiming]
    /// The database's part of the stages' times, nil in records of earlier versions.
    public var store: StoreTiming?

    /// Creates timings.
    public init(stages: [StageTiming] = [], questions: [String: QuestionTiming] = [:], store: StoreTiming? = nil) {
        self.stages = stages
        self.questions = questions
        self.store = store
    }
}

/// Calls to the workspace's database and the wall time that callers waited for them; calls that overlap count each.
public struct StoreTiming: Sendable, Codable, Equatable {
    /// Calls, each a transaction.
    public var calls: Int
    /// Seconds waited in all.
    public var seconds: Double

    /// Creates a timing.
    public init(calls: Int, seconds: Double) {
        self.calls = calls
        self.seconds = seconds
    }
}

/// Work and time of one stage.
public struct StageTiming: Sendable, Codable, Equatable {
    /// The stage's name: `read`, `chunk`, `embed`, `index`, `rewrite`, `retrieve`, `answer`, `score`.
    public var stage: String
    /// Items that the stage was asked for.
    public var items: Int
    /// Of these, items found finished in the workspace.
    public var reused: Int
    /// Wall time.
    public var seconds: Double
    /// Tokens into models, 0 for stages without.
    public var promptTokens: Int
    /// Tokens out of models.
    public var completionTokens: Int
    /// Of the tokens into models, those that were really processed and not taken from a prefix cache; nil when no engine says.
    public var processedTokens: Int?

    /// Creates a stage's line.
    public init(
        stage: String,
        items: Int,
        reused: Int,
        seconds: Double,
        promptTokens: Int = 0,
        completionTokens: Int = 0,
        processedTokens: Int? = nil
    ) {
        self.stage = stage
        self.items = items
        self.reused = reused
        self.seconds = seconds
        self.promptTokens = promptTokens
        self.completionTokens = completionTokens
        self.processedTokens = processedTokens
    }
}

/// Times of one question.
public struct QuestionTiming: Sendable, Codable, Equatable {
    /// Embedding the question, searching and fusing.
    public var retrieveMs: Double
    /// Times of the answer's engine call, nil when there was none; of the first call when the answer was reused.
    public var answer: CallTimings?

    /// Creates timings.
    public init(retrieveMs: Double, answer: CallTimings? = nil) {
        self.retrieveMs = retrieveMs
        self.answer = answer
    }
}
