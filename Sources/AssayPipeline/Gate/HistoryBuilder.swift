import AssayEval
package import AssayModel
package import AssayStore

extension MetricHistory {
    /// Puts the runs of a pipeline into series and marks the changes of level.
    ///
    /// Changes are looked for within an epoch: a new definition of a metric or another evalset starts a series of its own.
    ///
    /// - Parameters:
    ///   - pipeline: Its name.
    ///   - heads: Its runs, oldest first.
    ///   - metric: The only metric wanted, nil for all.
    package init(pipeline: String, heads: [Store.RunHead], metric: String? = nil) {
        var names: [String] = []
        for head in heads.reversed() {
            for summary in head.metrics where !names.contains(summary.definition.name) {
                names.append(summary.definition.name)
            }
        }
        if let metric { names.removeAll { $0 != metric } }
        self.init(
            pipeline: pipeline,
            runs: heads.map { Run(identity: $0.identity, verdict: $0.verdict) },
            series: names.map { Self.series($0, heads) }
        )
    }

    private static func series(_ name: String, _ heads: [Store.RunHead]) -> Series {
        var points: [Point] = []
        var series = Series(metric: name, higherIsBetter: true, points: [], changes: [])
        var width = 1.0
        var last: String?
        var epoch = 0
        for (index, head) in heads.enumerated() {
            guard let summary = head.metrics.first(where: { $0.definition.name == name }), let mean = summary.mean,
                mean.isFinite
            else { continue }
            let evalset = head.identity.evalset.map { "\($0.fingerprint) \($0.split)" } ?? ""
            let key = summary.definitionHash + " " + evalset
            if let last, last != key { epoch += 1 }
            last = key
            series.higherIsBetter = summary.definition.higherIsBetter
            let range = summary.definition.range
            let extent = range.upperBound - range.lowerBound
            if extent.isFinite, extent < 1e6 { width = extent }
            points.append(Point(run: index, mean: mean, low: summary.low, high: summary.high, epoch: epoch))
        }
        series.points = points
        series.changes = changes(points, heads, resolution: max(1e-9, width / 1_000))
        return series
    }

    private static func changes(_ points: [Point], _ heads: [Store.RunHead], resolution: Double) -> [Change] {
        var changes: [Change] = []
        for epoch in Set(points.map(\.epoch)).sorted() {
            let indices = points.indices.filter { points[$0].epoch == epoch }
            let values = indices.map { points[$0].mean }
            let starts = ChangePoints.find(values, resolution: resolution)
            let bounds = [0] + starts + [values.count]
            for (number, start) in starts.enumerated() {
                func level(_ from: Int, _ to: Int) -> Double {
                    values[from..<to].reduce(0, +) / Double(to - from)
                }
                let (old, new) = (points[indices[start - 1]].run, points[indices[start]].run)
                changes.append(
                    Change(
                        point: indices[start],
                        before: level(bounds[number], start),
                        after: level(start, bounds[number + 2]),
                        causes: heads[new].identity.changes(since: heads[old].identity)
                    )
                )
            }
        }
        return changes
    }
}
