import ArgumentParser
import AssayEval
import AssayModel

/// `assay metrics`.
struct MetricsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics", abstract: "Lists the metrics with formula, needs and range.")

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let definitions = Metrics.examples
        if json {
            print(try canonicalJSON(definitions, pretty: true))
            return
        }
        for definition in definitions {
            let needs = definition.needs.map(\.rawValue).sorted().joined(separator: ", ")
            print("\(definition.name)  [\(definition.range.lowerBound), \(definition.range.upperBound)]  needs \(needs)")
            print("    \(definition.formula)")
        }
    }
}
