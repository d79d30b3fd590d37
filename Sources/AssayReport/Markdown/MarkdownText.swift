/// Text made safe for a Markdown document.
enum MarkdownText {
    /// `text` on one line with everything escaped that GitHub Markdown or HTML would act on, links without markup included.
    static func inline(_ text: String, limit: Int = 300) -> String {
        let line = PrintableText.fit(PrintableText.line(text), width: limit)
        var output = ""
        var previous: Character = " "
        for character in line {
            let isMarkup = "\\`*_{}[]<>#|~$&@!".contains(character)
            // `https://…` and `www.…` become links by themselves, unless the colon or the dot is escaped.
            let isAutolink =
                (character == ":" || character == ".") && (previous.isLetter || previous.isNumber)
                && endsLikeAnAddress(output, before: character)
            if isMarkup || isAutolink { output.append("\\") }
            output.append(character)
            previous = character
        }
        // At the start of a line these make a list or a rule.
        if let first = output.first, "-+=".contains(first) { output = "\\" + output }
        return output
    }

    /// `text` as code, for names and digests.
    static func code(_ text: String) -> String {
        let line = PrintableText.line(text).replacing("|", with: "\\|")
        guard line.contains("`") else { return line.isEmpty ? "" : "`\(line)`" }
        return "`` \(line) ``"
    }

    private static func endsLikeAnAddress(_ text: String, before character: Character) -> Bool {
        let word = text.suffix(8).lowercased()
        return character == "."
            ? word.hasSuffix("www") : ["http", "https", "ftp", "mailto", "xmpp"].contains { word.hasSuffix($0) }
    }
}
