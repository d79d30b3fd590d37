import AssayModel

/// What there is to say of the judges of a run.
enum JudgeFacts {
    /// Prompt tokens that the judges' engines really processed, and the rates at which repeated verdicts flip.
    static func lines(_ record: RunRecord) -> [String] {
        var lines: [String] = []
        if let stage = record.timings.stages.first(where: { $0.stage == "judge" }),
            let processed = stage.processedTokens
        {
            lines.append(
                "\(Format.count(processed)) of \(Format.count(stage.promptTokens)) prompt tokens processed, the rest was in the prefix cache"
            )
        }
        let flips = record.results.metrics.compactMap { metric in
            metric.flipRate.map { "\(PrintableText.line(metric.definition.name)) \(Format.percent($0))" }
        }
        if !flips.isEmpty { lines.append("repeats that flip: " + flips.joined(separator: ", ")) }
        return lines
    }
}
