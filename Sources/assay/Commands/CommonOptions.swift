import ArgumentParser
import AssayModel
import AssayPipeline
import FoundationEssentials
import Glibc

/// Exit codes, in one place.
enum Exit {
    /// A run, a check or a command failed.
    static let failed = ExitCode(1)
    /// A gate or an expectation was missed.
    static let missed = ExitCode(2)
    /// The command line is wrong.
    static let usage = ExitCode(64)
    /// Ended by Ctrl-C.
    static let interrupted = ExitCode(130)
}

/// Options that say where a command works.
struct WorkspaceOptions: ParsableArguments {
    @Option(help: "Folder for finished work (default: .assay beside engines.yaml; variable ASSAY_WORKSPACE).")
    var workspace: String?

    func project(of path: String) -> Project {
        Project(
            containing: path,
            workspace: workspace ?? environment("ASSAY_WORKSPACE"),
            home: environment("ASSAY_HOME")
        )
    }
}

/// A variable of the environment, nil when it is empty.
func environment(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
}

/// Writes a line to stderr: progress and logs never mix with results.
func note(_ text: String) {
    let line = Array((PlainText.line(text) + "\n").utf8)
    _ = unsafe line.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
}

/// Prints an error as a person wants it and ends with `failed`.
func fail(_ error: any Error) -> ExitCode {
    if error is CancellationError { return Exit.interrupted }
    note("assay: \((error as? AssayError)?.description ?? "\(error)")")
    return Exit.failed
}
