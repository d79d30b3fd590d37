/// An answer with its passages and what people say of it.
public struct LabelledAnswer: Sendable, Codable, Equatable {
    /// Unique within the file.
    public var id: String
    /// What was asked.
    public var question: String
    /// What was answered.
    public var answer: String
    /// The passages that the answer was written from.
    public var contexts: [String]
    /// A correct answer, empty when there is none.
    public var reference: String
    /// Source document, nil when the file names none; rows of one document are not independent.
    public var document: String?
    /// Whole-number labels by name; a row may lack some.
    public var labels: [String: Int]

    /// Creates a row.
    public init(
        id: String,
        question: String,
        answer: String,
        contexts: [String],
        reference: String = "",
        document: String? = nil,
        labels: [String: Int]
    ) {
        self.id = id
        self.question = question
        self.answer = answer
        self.contexts = contexts
        self.reference = reference
        self.document = document
        self.labels = labels
    }
}
