import AssayEval
import AssayModel
import FoundationEssentials
import Testing

@testable import AssayPipeline

/// The records that the project ships speak of metrics as they are now: a stale one would turn a standing off without a word.
@Suite struct CalibrationRecordTests {
    @Test func recordsAreOfTheMetricsAsTheyAre() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        let records = try CalibrationFolder(Project(containing: root + "/engines.yaml", workspace: nil)).records()
        #expect(records.count >= 3)
        for record in records {
            let asking: JudgeAsking = record.way.hasPrefix("logprob") ? .logprob : .json
            let metric = try Metrics.builtin.make(record.metric.name).asked(by: asking)
            #expect(metric.definition.hash == record.metricHash, "\(record.metric.name), \(record.way)")
        }
    }
}
