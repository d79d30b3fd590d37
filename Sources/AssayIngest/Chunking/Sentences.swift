/// Sentences of a text, by the rules of the sentence chunker.
package enum Sentences {
    /// Byte ranges of the sentences, trimmed of white space, in order.
    ///
    /// - Parameter text: Any text.
    /// - Returns: The ranges.
    package static func ranges(of text: String) -> [Range<Int>] {
        TextBytes.lend(text) { SentenceScanner(text: $0).sentences() }
    }
}
