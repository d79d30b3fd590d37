import ArgumentParser
import AssayEval
import AssayModel

/// `assay metrics`.
struct MetricsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics",
        abstract: "Lists the metrics with formula, needs and range."
    )

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let lines = Metrics.builtin.entries.map { entry in
            Line(
                name: entry.forms,
                summary: entry.summary,
                formula: entry.formula,
                low: entry.range.lowerBound,
                high: entry.range.upperBound,
                needs: entry.needs.map(\.rawValue).sorted(),
                version: entry.version,
                modes: Dictionary(uniqueKeysWithValues: entry.compat.map { ($0.key.rawValue, $0.value) }),
                higherIsBetter: entry.higherIsBetter
            )
        }
        if json { return print(try canonicalJSON(lines, pretty: true)) }
        for line in lines {
            print("\(line.name)  [\(line.low), \(line.high)]  needs \(line.needs.joined(separator: ", "))")
            print("    \(line.summary)\(line.higherIsBetter ? "" : " (lower is better)")\n    \(line.formula)")
            for (mode, formula) in line.modes.sorted(by: { $0.key < $1.key }) { print("    mode \(mode): \(formula)") }
        }
    }

    private struct Line: Encodable {
        var name: String
        var summary: String
        var formula: String
        var low: Double
        var high: Double
        var needs: [String]
        var version: Int
        /// Formulas of the modes other than `corrected`.
        var modes: [String: String]
        var higherIsBetter: Bool
    }
}
