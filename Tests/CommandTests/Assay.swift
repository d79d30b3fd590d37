import AssayTestProcess
import Foundation

/// The real binary, run in a folder.
struct Assay {
    /// What a command gave.
    struct Result {
        var status: Int32
        var output: String
        var errors: String
    }

    /// The binary beside the test bundle.
    static var binary: URL {
        let bundle = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
        return bundle.appending(path: "assay")
    }

    /// Whether the binary is there; tests of it are pointless otherwise.
    static var isBuilt: Bool { FileManager.default.isExecutableFile(atPath: binary.path()) }

    let folder: String

    /// Starts a command.
    func start(_ arguments: [String], wrapper: [String] = []) throws -> (process: ChildCommand, finish: () -> Result) {
        let name = UUID().uuidString
        let outputFile = "\(folder)/.stdout-\(name)"
        let errorFile = "\(folder)/.stderr-\(name)"
        let process = try ChildCommand(
            wrapper + [Self.binary.path()] + arguments,
            in: folder,
            output: outputFile,
            errors: errorFile
        )
        return (
            process,
            {
                let status = process.wait()
                func text(_ path: String) -> String {
                    defer { try? FileManager.default.removeItem(atPath: path) }
                    return String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
                }
                return Result(status: status, output: text(outputFile), errors: text(errorFile))
            }
        )
    }

    /// Runs a command to its end.
    func run(_ arguments: String..., wrapper: [String] = []) throws -> Result {
        try start(arguments, wrapper: wrapper).finish()
    }
}

/// Compares text with a checked-in file named by the test; `RECORD_SNAPSHOTS=1` rewrites it and fails the test.
func snapshotDifference(_ text: String, _ name: String, file: String = #filePath) throws -> String? {
    let path = URL(filePath: file).deletingLastPathComponent().appending(path: "Snapshots/\(name).txt")
    if ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] != nil {
        try text.write(to: path, atomically: true, encoding: .utf8)
        return "recorded \(name).txt; run again without RECORD_SNAPSHOTS"
    }
    guard let expected = try? String(contentsOf: path, encoding: .utf8) else { return "there is no \(name).txt" }
    if expected == text { return nil }
    let old = expected.split(separator: "\n", omittingEmptySubsequences: false)
    let new = text.split(separator: "\n", omittingEmptySubsequences: false)
    let at = zip(old, new).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(old.count, new.count)
    return """
        \(name).txt differs in line \(at + 1):
        expected: \(at < old.count ? old[at] : "(end)")
        found:    \(at < new.count ? new[at] : "(end)")
        """
}
