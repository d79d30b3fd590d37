package import AssayModel
import FoundationEssentials

/// Baselines of a project: `baselines/NAME.json` beside `engines.yaml`, meant to be committed.
///
/// The file is canonical (sorted keys, one question a line, no texts): equal runs give equal bytes and a change reads well in a diff.
package struct BaselineFile: Sendable {
    /// Largest file that is written or read, in bytes.
    package static let limit = 8 << 20

    /// The folder.
    package let folder: String

    /// Names the baselines of a project.
    package init(_ project: Project) {
        folder = project.root + "/baselines"
    }

    /// Path of a baseline's file.
    package func path(_ name: String) -> String { folder + "/" + name + ".json" }

    /// Names of the baselines there are, sorted.
    package var names: [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
    }

    /// Reads a baseline.
    ///
    /// - Parameter name: Its name.
    /// - Returns: The baseline, nil when there is none of that name.
    /// - Throws: `AssayError` "baseline.…" when the file cannot be understood.
    package func read(_ name: String) throws -> Baseline? {
        try Self.check(name)
        let path = path(name)
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        guard data.count <= Self.limit else {
            throw AssayError(
                "baseline.too-large",
                "the baseline has \(data.count) bytes; at most \(Self.limit) are read",
                at: Place(file: path)
            )
        }
        struct Head: Decodable { var format: Int }
        do {
            let head = try JSONDecoder().decode(Head.self, from: data)
            guard head.format == Baseline.currentFormat else {
                throw AssayError(
                    "baseline.format",
                    "the baseline has format \(head.format); this program reads \(Baseline.currentFormat)",
                    at: Place(file: path),
                    remedy: "save it again with 'assay baseline save RUN \(name)'"
                )
            }
            return try JSONDecoder().decode(Baseline.self, from: data)
        } catch let error as AssayError {
            throw error
        } catch {
            throw AssayError(
                "baseline.damaged",
                "the baseline cannot be read",
                at: Place(file: path),
                remedy: "take it from the repository's history, or save it again with 'assay baseline save RUN \(name)'"
            )
        }
    }

    /// Writes a baseline under its name.
    ///
    /// - Parameter baseline: What to write.
    /// - Returns: Path of the file.
    /// - Throws: `AssayError` "baseline.…" for a bad name or too large a set, "file.write" when the disk refuses.
    @discardableResult
    package func write(_ baseline: Baseline) throws -> String {
        try Self.check(baseline.name)
        let text = try Self.text(baseline)
        guard text.utf8.count <= Self.limit else {
            throw AssayError(
                "baseline.too-large",
                "the baseline would have \(text.utf8.count) bytes; at most \(Self.limit) belong into a repository",
                remedy: "compare with a run of the workspace instead: --baseline RUN"
            )
        }
        let path = path(baseline.name)
        try writeAtomically(Data(text.utf8), to: path)
        return path
    }

    /// The file's text.
    static func text(_ baseline: Baseline) throws -> String {
        func lines(_ rows: [some Encodable]) throws -> String {
            try rows.map { "    " + (try canonicalJSON($0)) }.joined(separator: ",\n")
        }
        return """
            {
              "format": \(baseline.format),
              "identity": \(try canonicalJSON(baseline.identity)),
              "metrics": [
            \(try lines(baseline.metrics))
              ],
              "name": \(try canonicalJSON(baseline.name)),
              "questions": [
            \(try lines(baseline.questions))
              ]
            }

            """
    }

    /// Names are file names: letters, digits, `.`, `_` and `-`, not starting with a dot.
    private static func check(_ name: String) throws {
        let isName =
            !name.isEmpty && name.utf8.count <= 100 && !name.hasPrefix(".")
            && name.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                    || [45, 46, 95].contains(byte)
            }
        guard isName else {
            throw AssayError(
                "baseline.name",
                "'\(name)' is no name of a baseline",
                remedy: "use letters, digits, '.', '_' and '-', not starting with a dot"
            )
        }
    }
}
