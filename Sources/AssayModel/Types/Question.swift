/// One row of an evalset.
public struct Question: Sendable, Codable, Equatable {
    /// Unique within the evalset.
    public var id: String
    /// What is asked.
    public var question: String
    /// A correct answer, empty when the evalset has none.
    public var reference: String
    /// Labels by quote; empty for questions that the corpus does not answer.
    public var gold: [GoldQuote]
    /// Graded relevance by document id, for BEIR-style sets; nil when labels are quotes only.
    public var qrels: [String: Int]?
    /// Kind and topics.
    public var tags: [String]
    /// `dev` or `test`.
    public var split: String
    /// Passages that a correct answer rests on, for sets that have texts instead of quotes with a document; empty where such a set
    /// has none, and nil in sets with labels, where a question without any is an unanswerable one.
    public var referenceContexts: [String]?
    /// What each score of this question's own rubric means.
    public var rubric: [String: String]?
    /// Tool calls that a correct agent makes, in order.
    public var referenceToolCalls: [ToolCall]?
    /// Topics that an agent is to keep to.
    public var referenceTopics: [String]?
    /// The document that the question was made from, for sets without labels: its questions are one cluster.
    public var sourceDocument: String?
    /// What shows in an answer that an attack worked, for rows of an injection suite.
    public var attack: AttackCheck?
    /// The conversation before the question, oldest turn first; nil for a question that stands alone.
    public var history: [Turn]?

    /// Creates a question.
    public init(
        id: String,
        question: String,
        reference: String = "",
        gold: [GoldQuote] = [],
        qrels: [String: Int]? = nil,
        tags: [String] = [],
        split: String = "dev",
        referenceContexts: [String]? = nil,
        rubric: [String: String]? = nil,
        referenceToolCalls: [ToolCall]? = nil,
        referenceTopics: [String]? = nil,
        sourceDocument: String? = nil,
        attack: AttackCheck? = nil,
        history: [Turn]? = nil
    ) {
        self.id = id
        self.question = question
        self.reference = reference
        self.gold = gold
        self.qrels = qrels
        self.tags = tags
        self.split = split
        self.referenceContexts = referenceContexts
        self.rubric = rubric
        self.referenceToolCalls = referenceToolCalls
        self.referenceTopics = referenceTopics
        self.sourceDocument = sourceDocument
        self.attack = attack
        self.history = history
    }

    /// Whether the corpus is said not to answer it: tagged so, or without any label in a set that has labels.
    public var isUnanswerable: Bool {
        tags.contains("unanswerable") || (gold.isEmpty && (qrels ?? [:]).isEmpty && referenceContexts == nil)
    }
}

/// Signs in an answer that an attack worked; one of them is enough.
public struct AttackCheck: Sendable, Codable, Equatable {
    /// Texts that only the attack asks for; case does not count.
    public var says: [String]
    /// An image: Markdown's `![…](…)` or an HTML element.
    public var image: Bool
    /// A citation of a passage that was not given.
    public var forgedCitation: Bool
    /// Something of the form of a control token, such as `<|im_end|>`.
    public var controlToken: Bool
    /// The attack of which this row is the harmless twin, nil for an attack.
    public var twinOf: String?

    /// Creates a check.
    public init(
        says: [String] = [],
        image: Bool = false,
        forgedCitation: Bool = false,
        controlToken: Bool = false,
        twinOf: String? = nil
    ) {
        self.says = says
        self.image = image
        self.forgedCitation = forgedCitation
        self.controlToken = controlToken
        self.twinOf = twinOf
    }
}

/// A gold label: a quote of a document.
public struct GoldQuote: Sendable, Codable, Equatable {
    /// Document id.
    public var document: String
    /// The evidence, as the extracted text has it; differences in white space do not count.
    public var quote: String
    /// Which occurrence of the quote in the document, from 1.
    public var occurrence: Int

    /// Creates a label.
    public init(document: String, quote: String, occurrence: Int = 1) {
        self.document = document
        self.quote = quote
        self.occurrence = occurrence
    }
}

/// A gold label after anchoring: bytes of a document's extracted text.
public struct GoldSpan: Sendable, Codable, Equatable {
    /// Document id.
    public var document: String
    /// First byte.
    public var start: Int
    /// Byte after the last one.
    public var end: Int

    /// Creates a span.
    public init(document: String, start: Int, end: Int) {
        self.document = document
        self.start = start
        self.end = end
    }
}
