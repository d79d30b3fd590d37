/// What stands between the results of two runs: only what was measured with the same questions, texts and formulas is compared.
extension RunResults {
    /// Why the questions are not the same, nil when they are.
    public func evalsetObstacle(to other: RunResults) -> String? {
        guard let mine = evalset, let theirs = other.evalset else {
            return "'\((evalset == nil ? self : other).pipeline)' has no evalset"
        }
        if mine.fingerprint != theirs.fingerprint {
            return "the evalsets differ: \(mine.name) \(mine.fingerprint.prefix(12)) and "
                + "\(theirs.name) \(theirs.fingerprint.prefix(12))"
        }
        return mine.split == theirs.split ? nil : "the splits differ: \(mine.split) and \(theirs.split)"
    }

    /// Why the corpora are not the same, nil when they are.
    public func corpusObstacle(to other: RunResults) -> String? {
        if corpus.fingerprint == other.corpus.fingerprint { return nil }
        return "the corpora differ: \(corpus.name) \(corpus.fingerprint.prefix(12)) and "
            + "\(other.corpus.name) \(other.corpus.fingerprint.prefix(12))"
    }

    /// Why a metric's values are not of one kind: another definition, or another judge.
    ///
    /// nil when they are, and when a run lacks the metric.
    public func metricObstacle(_ name: String, to other: RunResults) -> String? {
        guard let mine = metrics.first(where: { $0.definition.name == name }),
            let theirs = other.metrics.first(where: { $0.definition.name == name })
        else { return nil }
        if mine.definitionHash != theirs.definitionHash {
            return "\(name) was computed by two definitions: version \(mine.definition.version) "
                + "(\(mine.definitionHash.prefix(12))) and version \(theirs.definition.version) "
                + "(\(theirs.definitionHash.prefix(12)))"
        }
        guard mine.definition.needs.contains(.judge), let one = judge, let two = other.judge else { return nil }
        if one.model != two.model { return "\(name) was judged by '\(one.model)' and by '\(two.model)'" }
        if let first = one.modelHash, let second = two.modelHash, first != second {
            return "\(name) was judged by two files of '\(one.model)': \(first.prefix(12)) and \(second.prefix(12))"
        }
        return nil
    }
}
