/// The clusters of a run's questions: questions about one source document belong together.
///
/// A question whose gold is in several documents joins their clusters (connected components). A question without gold
/// document (an unanswerable one) is a cluster of its own.
package struct QuestionClusters: Sendable, Equatable {
    /// The cluster of each question: the index of the first question in it.
    package let indices: [Int]

    /// Groups questions, in the order of the evalset.
    package init(_ questions: [Question]) {
        self.init(documents: questions.map { $0.isUnanswerable ? [] : $0.sourceDocuments })
    }

    /// Groups questions by the documents that each is about; one without any is a cluster of its own.
    package init(documents: [[String]]) {
        var parent = Array(documents.indices)
        func root(_ index: Int) -> Int {
            var index = index
            while parent[index] != index {
                parent[index] = parent[parent[index]]
                index = parent[index]
            }
            return index
        }
        var firstAbout: [String: Int] = [:]
        for (index, documents) in documents.enumerated() {
            for document in documents {
                guard let other = firstAbout[document] else {
                    firstAbout[document] = index
                    continue
                }
                let (one, two) = (root(index), root(other))
                parent[max(one, two)] = min(one, two)
            }
        }
        indices = documents.indices.map(root)
    }
}

extension Question {
    /// The document it was made from, the documents of the gold quotes, or those that the qrels grade as relevant.
    var sourceDocuments: [String] {
        if let sourceDocument { return [sourceDocument] }
        return gold.isEmpty ? (qrels ?? [:]).filter { $0.value >= 1 }.keys.sorted() : gold.map(\.document)
    }
}
