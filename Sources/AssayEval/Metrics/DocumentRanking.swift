package import AssayModel

/// The documents of a ranked list of chunks, each once, at its best rank.
///
/// The rank of the list decides, because a reranker's or MMR's order need not follow the scores it kept. Only runs of
/// equal scores are put into trec_eval's order, document id descending: the retriever broke such ties by chunk id, and
/// `DOCUMENT#START-END` does not order as the document ids do where one id is the beginning of another. For a list whose
/// scores descend this is exactly trec_eval's order of the documents by their best chunk's score.
package struct DocumentRanking: Sendable, Equatable {
    /// Document ids, best first.
    package let documents: [String]

    /// Collapses a ranked list of chunks.
    package init(of chunks: [RetrievedChunk]) {
        var seen: Set<String> = []
        var best = chunks.filter { seen.insert($0.document).inserted }
        var start = 0
        while start < best.count {
            var end = start + 1
            while end < best.count, best[end].score == best[start].score { end += 1 }
            best[start..<end].sort { $1.document.utf8.lexicographicallyPrecedes($0.document.utf8) }
            start = end
        }
        documents = best.map(\.document)
    }
}

extension Sample {
    /// Grades by document id: the qrels where the question has them, else 1 for each document of a gold quote.
    package var relevance: [String: Int] {
        if let qrels = question.qrels, !qrels.isEmpty { return qrels }
        return Dictionary(question.gold.map { ($0.document, 1) }) { first, _ in first }
    }
}
