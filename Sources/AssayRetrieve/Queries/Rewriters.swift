public import AssayModel

/// The query rewriters that there are; a new one adds its line here.
public enum Rewriters {
    /// The lines for the pipeline's table.
    public static let builtin: [Registry<any QueryRewriter>.Entry] = [
        .entry(StandaloneQuestion.self) { $0 },
        .entry(PreviousTurns.self) { $0 },
    ]
}

/// Bounds of queries, and texts of conversations as parts of one line.
enum ConversationText {
    /// UTF-8 bytes at most of a query that is made of a conversation.
    static let queryBytes = 2_000

    /// Whether a question is its own query.
    static func standsAlone(_ question: String, _ history: [Turn]) -> Bool {
        history.isEmpty || question.utf8.count > queryBytes
    }

    /// A text in one line: every run of white space, line breaks and control characters is one space, none is at the ends.
    static func line(_ text: String) -> String {
        var out = String.UnicodeScalarView()
        var isGap = false
        for scalar in text.unicodeScalars {
            if scalar.properties.isWhitespace || scalar.properties.generalCategory == .control {
                isGap = true
                continue
            }
            if isGap, !out.isEmpty { out.append(" ") }
            isGap = false
            out.append(scalar)
        }
        return String(out)
    }

    /// The beginning of a text, at most `bytes` with the mark of the cut.
    static func clipped(_ text: String, bytes: Int) -> String {
        guard text.utf8.count > bytes else { return text }
        var kept = ""
        var size = mark.utf8.count
        for character in text {
            size += character.utf8.count
            guard size <= bytes else { break }
            kept.append(character)
        }
        return line(kept) + mark
    }

    private static let mark = "…"
}
