package import AssayModel

/// An answer with what it took.
package struct Answered: Sendable {
    /// The answer, or why there is none.
    package var reply: PipelineSession.Reply
    /// Name of the engine that was asked, nil without an answer stage.
    package var engine: String?
    /// Literals of control tokens in passages and question that were kept from becoming control tokens.
    package var neutralised = 0
    /// Price of the call by `engines.yaml`; 0 for stored answers and engines without a price.
    package var cost = 0.0
    /// Wall times.
    package var stages: [StageTime] = []
}

/// The query of a question that follows a conversation.
package struct Rewritten: Sendable {
    /// The query, nil for a question without history.
    package var query: QueryRewrite?
    /// Tokens of a new reply, nil where nothing was asked or the reply was stored.
    package var usage: Usage?
    /// What it took.
    package var stages: [StageTime] = []

    /// Creates what became of a question.
    package init(query: QueryRewrite? = nil, usage: Usage? = nil, stages: [StageTime] = []) {
        self.query = query
        self.usage = usage
        self.stages = stages
    }
}

/// How long a step of one question took; never part of results.
package struct StageTime: Sendable, Equatable {
    /// `rewrite`, `embed`, `search`, `texts`, `generate`, `stored answer`.
    package var stage: String
    /// Wall time.
    package var milliseconds: Double

    /// Creates a time.
    package init(stage: String, milliseconds: Double) {
        self.stage = stage
        self.milliseconds = milliseconds
    }
}
