import AssayModel

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Which trec_eval an evaluation follows where versions differ.
package enum TrecVersion: String, Sendable, CaseIterable {
    /// Compares scores as 32-bit floats and leaves out judged queries that the run lacks.
    case v9 = "9.0.8"
    /// Compares scores as 64-bit floats and stops when the run lacks a judged query.
    case v10 = "10"
}

/// A value as trec_eval prints it.
package enum TrecValue: Sendable, Equatable {
    /// A number of documents or queries.
    case count(Int)
    /// A measure.
    case number(Double)
    /// The run's name, or a string of grades.
    case text(String)
}

/// A run scored against qrels.
package struct TrecEvaluation: Sendable {
    /// How to score.
    package struct Options: Sendable {
        /// What to compute.
        package var measures: [TrecMeasure]
        /// Lowest grade that counts as relevant.
        package var level = 1
        /// Whether means are over all judged queries, those that the run lacks as 0.
        package var complete = false
        /// Documents of a query at most; nil for all.
        package var depth: Int?
        /// The version to follow strictly; nil for version 10 with judged queries left out that the run lacks.
        package var version: TrecVersion?

        /// Creates options with trec_eval's defaults.
        package init(measures: [TrecMeasure]) { self.measures = measures }
    }

    /// A measure's name with parameter, and its value.
    package struct Line: Sendable, Equatable {
        /// As trec_eval prints it: `P_10`, `iprec_at_recall_0.50`.
        package var name: String
        /// The value.
        package var value: TrecValue
    }

    /// Queries by id with their values.
    package private(set) var queries: [(id: String, lines: [Line])] = []
    /// The values over all queries.
    package private(set) var summary: [Line] = []
    /// Judged queries that the run lacks.
    package let missing: [String]
    /// Queries of the run without judgements; they never count.
    package let unjudged: [String]

    /// Scores a run.
    ///
    /// - Parameters:
    ///   - run: The run.
    ///   - qrels: The labels.
    ///   - options: How.
    /// - Throws: `AssayError` "trec.no-common-query"; under version 10 "trec.missing-query" when the run lacks a judged query
    ///   and means are not asked for over all.
    package init(_ run: TrecRun, qrels: TrecQrels, options: Options) throws {
        let judged = qrels.queries.keys.sorted(by: Self.precedes)
        missing = judged.filter { run.queries[$0] == nil }
        unjudged = run.queries.keys.filter { qrels.queries[$0] == nil }.sorted(by: Self.precedes)
        guard missing.count < judged.count else {
            throw AssayError("trec.no-common-query", "no query of the run is judged in the qrels file")
        }
        if options.version == .v10, !options.complete, !missing.isEmpty {
            throw AssayError(
                "trec.missing-query",
                "the run lacks \(missing.count) of \(judged.count) judged queries, where version 10 stops: "
                    + Self.shortened(missing),
                remedy: "count them as 0 with -c, or leave --compat out to skip them"
            )
        }
        let topics = judged.filter { options.complete || run.queries[$0] != nil }.map { id in
            (
                id,
                TrecTopic(
                    ranked: Self.ranked(run.queries[id] ?? [], options),
                    qrels: qrels.queries[id] ?? [:],
                    level: options.level,
                    roundsAsVersion9: options.version == .v9
                )
            )
        }
        // Version 9 has no lines for queries that the run lacks, though they count.
        queries = topics.filter { options.version != .v9 || run.queries[$0.0] != nil }.map { id, topic in
            (id, options.measures.flatMap { $0.lines(of: topic) })
        }
        summary = options.measures.flatMap { $0.summary(of: topics.map(\.1), runName: run.name) }
    }

    /// Ids for a message: all, or the first ten.
    package static func shortened(_ ids: [String]) -> String {
        ids.prefix(10).joined(separator: ", ") + (ids.count > 10 ? " and \(ids.count - 10) more" : "")
    }

    private static func ranked(_ hits: [Hit], _ options: Options) -> [String] {
        let scored = options.version == .v9 ? hits.map { Hit(id: $0.id, score: Double(Float($0.score))) } : hits
        return RankedList(scored, depth: options.depth ?? .max).hits.map(\.id)
    }

    private static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}

extension TrecMeasure {
    typealias Line = TrecEvaluation.Line

    /// The lines of one query.
    func lines(of topic: TrecTopic) -> [Line] {
        switch form {
        case .runName, .queryCount, .geometric: []
        case .count(let compute): [Line(name: name, value: .count(compute(topic)))]
        case .text(let length, let compute): [Line(name: name, value: .text("'\(compute(topic, length))'"))]
        case .mean, .ranks, .shares:
            computations.map { Line(name: $0.name, value: .number($0.compute(topic))) }
        }
    }

    /// The lines over all queries.
    func summary(of topics: [TrecTopic], runName: String) -> [Line] {
        switch form {
        case .runName: [Line(name: name, value: .text(runName))]
        case .queryCount: [Line(name: name, value: .count(topics.count))]
        case .count(let compute): [Line(name: name, value: .count(topics.reduce(0) { $0 + compute($1) }))]
        case .text: []
        case .geometric(let compute):
            [Line(name: name, value: .number(exp(mean(topics) { log(max(compute($0), 0.00001)) })))]
        case .mean, .ranks, .shares:
            computations.map { computation in
                Line(name: computation.name, value: .number(mean(topics, computation.compute)))
            }
        }
    }

    private func mean(_ topics: [TrecTopic], _ compute: (TrecTopic) -> Double) -> Double {
        topics.reduce(0) { $0 + compute($1) } / Double(topics.count)
    }

    /// The values of this measure, one a parameter.
    private var computations: [(name: String, compute: @Sendable (TrecTopic) -> Double)] {
        switch form {
        case .mean(let compute): [(name, compute)]
        case .ranks(let ranks, let compute): ranks.map { rank in ("\(name)_\(rank)", { compute($0, rank) }) }
        case .shares(let shares, let compute):
            shares.map { share in ("\(name)_\(trecDecimal(share, places: 2))", { compute($0, share) }) }
        case .runName, .queryCount, .count, .geometric, .text: []
        }
    }
}
