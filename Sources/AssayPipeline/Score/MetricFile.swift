package import AssayEval
package import AssayModel
import FoundationEssentials

/// Metrics by name, with those that a file declares.
package enum DeclaredTable {
    /// Largest prompt file, in bytes.
    static let promptLimit = 100_000

    /// The metrics that come with Assay and those of a `define:` mapping.
    ///
    /// - Parameters:
    ///   - define: The mapping, nil for none.
    ///   - folder: What prompt files are relative to.
    /// - Returns: The table.
    /// - Throws: `AssayError` with file and line.
    package static func make(_ define: ConfigNode?, folder: String) throws -> MetricTable {
        let declared = try DeclaredMetrics.entries(define, known: Metrics.builtin) { path, place in
            let full = absolutePath(path, relativeTo: folder)
            guard let data = FileManager.default.contents(atPath: full) else {
                throw AssayError(
                    "define.prompt",
                    "there is no prompt file \(full)",
                    at: place,
                    remedy: "check the path"
                )
            }
            guard data.count <= promptLimit, let text = String(validating: data, as: UTF8.self) else {
                throw AssayError(
                    "define.prompt",
                    "the prompt file \(full) is not UTF-8 or over \(promptLimit) bytes",
                    at: place
                )
            }
            return text
        }
        return Metrics.builtin.adding(declared)
    }
}

/// The metrics of `assay score`: names from the command line, declarations and a list from a file.
struct ScoreMetrics {
    /// What is computed, in the order asked for.
    let metrics: [any Metric]
    /// The judge that the file names, nil without one.
    private(set) var judge: ConfigNode?

    /// Reads names and file.
    ///
    /// - Parameters:
    ///   - names: Names from the command line.
    ///   - file: A YAML file with `define`, `metrics` and `judge`, nil for none. Without a list all that it defines is computed.
    /// - Throws: `AssayError` with file and line.
    init(_ names: [String], file: String?) throws {
        let place = Place(file: "--metrics")
        var nodes = names.map { ConfigNode(.string($0), at: place) }
        var table = Metrics.builtin
        if let file {
            var root = try OptionReader(try YAMLFile.read(file), owner: baseName(file), place: Place(file: file))
            let define = root.node("define")
            let list = root.node("metrics")
            judge = root.node("judge")
            try root.finish()
            table = try DeclaredTable.make(define, folder: parent(of: absolutePath(file)))
            if let list {
                guard case .list(let found) = list.value else {
                    throw AssayError("config.type", "metrics takes a list of names, not \(list.kind)", at: list.place)
                }
                nodes += found
            } else if names.isEmpty, case .mapping(let declared)? = define?.value {
                nodes += declared.map { ConfigNode(.string($0.key), at: $0.place) }
            }
        }
        guard !nodes.isEmpty else {
            throw AssayError(
                "score.metrics",
                "no metric is named",
                remedy:
                    "name some with --metrics, for example --metrics token_f1,faithfulness; 'assay metrics' lists them"
            )
        }
        metrics = try table.make(list: ConfigNode(.list(nodes), at: nodes[0].place))
    }
}
