/// Token counts that an engine reports.
public struct Usage: Sendable, Codable, Equatable {
    /// Tokens of the prompt.
    public var promptTokens: Int
    /// Tokens generated.
    public var completionTokens: Int
    /// Prompt tokens taken from the engine's prefix cache, nil when it does not say.
    public var cachedTokens: Int?

    /// Creates a usage record.
    public init(promptTokens: Int, completionTokens: Int, cachedTokens: Int? = nil) {
        self.promptTokens = promptTokens
        self.completionTokens = completionTokens
        self.cachedTokens = cachedTokens
    }
}

/// Why an engine stopped generating.
public enum FinishReason: String, Sendable, Codable {
    /// End of the answer or a stop string.
    case stop
    /// The token limit cut the answer; such a reply is never scored as a judgement.
    case length
    /// Anything else that the engine reported.
    case other
}

/// Wall times of one engine call, in milliseconds; never part of deterministic results.
public struct CallTimings: Sendable, Codable, Equatable {
    /// Until the first non-empty content delta, nil for calls that did not stream.
    public var firstTokenMs: Double?
    /// Whole call.
    public var totalMs: Double
    /// Engine's own time for the prompt.
    public var promptMs: Double?
    /// Engine's own time for decoding.
    public var predictedMs: Double?
    /// Tries made, from 1.
    public var attempts: Int
    /// Prompt tokens that the engine really processed, those of its prefix cache not counted; nil when it does not say.
    public var processedTokens: Int?

    /// Creates a timing record.
    public init(
        firstTokenMs: Double? = nil,
        totalMs: Double,
        promptMs: Double? = nil,
        predictedMs: Double? = nil,
        attempts: Int = 1,
        processedTokens: Int? = nil
    ) {
        self.firstTokenMs = firstTokenMs
        self.totalMs = totalMs
        self.promptMs = promptMs
        self.predictedMs = predictedMs
        self.attempts = attempts
        self.processedTokens = processedTokens
    }
}

/// A `[n]` in an answer, resolved to the passage that the prompt gave that number.
public struct Citation: Sendable, Codable, Equatable {
    /// The number in brackets.
    public var number: Int
    /// Byte range of the mark in the answer's text.
    public var start: Int
    /// Byte after the mark.
    public var end: Int
    /// Chunk cited, nil when no passage has that number.
    public var chunk: String?

    /// Creates a citation.
    public init(number: Int, start: Int, end: Int, chunk: String?) {
        self.number = number
        self.start = start
        self.end = end
        self.chunk = chunk
    }
}

/// An answer as it was generated.
public struct Answer: Sendable, Codable, Equatable {
    /// The generated text, trimmed.
    public var text: String
    /// Citations in order of appearance.
    public var citations: [Citation]
    /// Whether the answer says that the documents do not answer the question.
    public var abstained: Bool
    /// Why generation stopped.
    public var finish: FinishReason
    /// Tokens used.
    public var usage: Usage

    /// Creates an answer.
    public init(text: String, citations: [Citation] = [], abstained: Bool, finish: FinishReason, usage: Usage) {
        self.text = text
        self.citations = citations
        self.abstained = abstained
        self.finish = finish
        self.usage = usage
    }
}
