import AssayPipeline
import AssayReport
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

/// Text of documents, files and models made harmless for a terminal.
enum PlainText {
    /// On one line, without control sequences and without characters that turn the direction of text.
    static func line(_ text: String) -> String {
        PrintableText.line(text)
    }

    /// With its lines and spaces; what would control the terminal becomes a visible character.
    static func visible(_ text: String) -> String {
        PrintableText.visible(text)
    }
}
