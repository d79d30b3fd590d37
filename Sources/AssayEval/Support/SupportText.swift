/// Sentences as the detector sees them.
package enum SupportText {
    /// The sentences of a text, short pieces joined to the one before.
    package static func sentences(_ text: String) -> [String] { EvidenceText.split(text) }
}
