import FoundationEssentials
import Testing

/// Compares `text` with the golden file `Snapshots/NAME`; RECORD_SNAPSHOTS=1 rewrites the file and fails the test, so that no
/// new golden file is accepted unseen.
func assertSnapshot(_ text: String, named name: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Snapshots/\(name)")
    if ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] == "1" {
        do {
            try Data(text.utf8).write(to: file)
            Issue.record("recorded \(name); read it, then run without RECORD_SNAPSHOTS", sourceLocation: sourceLocation)
        } catch {
            Issue.record("cannot write \(name): \(error)", sourceLocation: sourceLocation)
        }
        return
    }
    guard let data = try? Data(contentsOf: file) else {
        Issue.record("there is no \(name); record it with RECORD_SNAPSHOTS=1", sourceLocation: sourceLocation)
        return
    }
    let golden = String(decoding: data, as: UTF8.self)
    guard golden != text else { return }
    let expected = golden.split(separator: "\n", omittingEmptySubsequences: false)
    let actual = text.split(separator: "\n", omittingEmptySubsequences: false)
    let line = zip(expected, actual).enumerated().first { $1.0 != $1.1 }?.offset ?? min(expected.count, actual.count)
    Issue.record(
        """
        \(name), line \(line + 1), differs; RECORD_SNAPSHOTS=1 rewrites it
        - \(line < expected.count ? String(expected[line]) : "(end)")
        + \(line < actual.count ? String(actual[line]) : "(end)")
        """,
        sourceLocation: sourceLocation
    )
}
