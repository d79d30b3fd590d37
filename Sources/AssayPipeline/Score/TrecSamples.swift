import AssayEval
import AssayIngest
import AssayModel

extension SampleSet {
    /// Largest TREC file, in bytes.
    static let trecLimit = 1 << 30

    /// Samples of a TREC run with its labels: one a judged query, without texts.
    ///
    /// A judged query that the run lacks has an empty ranked list and so scores 0, as with trec_eval's `-c`; queries without labels are
    /// only counted.
    ///
    /// - Parameters:
    ///   - run: The run file.
    ///   - qrels: The labels.
    /// - Throws: `AssayError` with file and line.
    init(trecRun run: String, qrels: String) throws {
        let runBytes = try InputFile(opening: run).readAll(limit: Self.trecLimit)
        let labelBytes = try InputFile(opening: qrels).readAll(limit: Self.trecLimit)
        let results = try TrecRun(parsing: runBytes, name: run)
        let labels = try TrecQrels(parsing: labelBytes, name: qrels)
        self.init(format: "trec", digest: ItemKey("trec", SHA256.hex(runBytes), SHA256.hex(labelBytes)).hex)
        skipped = results.queries.keys.count { labels.queries[$0] == nil }
        samples = labels.queries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { query, grades in
            var sample = ImportedSample(question: query)
            sample.id = query
            sample.qrels = grades
            sample.retrieved = RankedList(results.queries[query] ?? []).hits.map {
                ImportedSample.Retrieved(document: $0.id, id: $0.id, score: $0.score)
            }
            sample.place = Place(file: run)
            return sample
        }
    }
}
