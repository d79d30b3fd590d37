import AssayModel
import AssayPipeline
import Foundation

/// Runs a pipeline and prints its metrics: `swift run --package-path Examples quality pipelines/handbook-retrieval.yaml`.
@main
struct Quality {
    static func main() async throws {
        let file = CommandLine.arguments.dropFirst().first ?? "pipelines/handbook-retrieval.yaml"
        let record = try await Assay.run(file, id: UUID().uuidString)
        for metric in record.results.metrics {
            let interval = metric.low.flatMap { low in metric.high.map { " [\(low), \($0)]" } } ?? ""
            print(metric.definition.name, metric.mean.map { "\($0)" } ?? "not scored", interval)
        }
    }
}
