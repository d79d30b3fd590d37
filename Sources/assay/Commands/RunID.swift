import AssayPipeline
import FoundationEssentials

/// Ids of runs: start time and a suffix, so that they sort by time.
enum RunID {
    static func make(now: Date = Date()) -> String {
        let time = timestamp(now).filter { $0.isNumber || $0 == "T" }
        let suffix = String(UInt16.random(in: .min ... .max), radix: 16)
        return time + "-" + String(repeating: "0", count: 4 - suffix.count) + suffix
    }
}

/// A file's name without folder and ending.
func baseNameWithoutEnding(_ path: String) -> String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
}

/// Text of documents and models made harmless for a terminal.
enum PlainText {
    /// Control characters, escape sequences included, become spaces; line ends too.
    static func line(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.value < 32 || (127...159).contains($0.value) ? " " : $0 }
            )
        )
    }
}
