package import AssayModel

/// Finds the quotes of gold labels in one document, made once for many quotes.
///
/// Differences in white space do not count: a run of white space in the document equals any run of white space in the quote, so labels
/// survive another wrapping of lines. An exact match is a match in this sense too; all are counted together, from left to right and
/// without overlap, so that an occurrence number means the same after every extraction.
package struct GoldAnchor: Sendable {
    /// The document's id.
    package let document: String
    /// The text with each run of white space as one space.
    private let collapsed: [UInt8]
    /// Where the distance between collapsed and original offsets changes, ascending.
    private let shifts: [Shift]

    private struct Shift {
        /// Offset in the collapsed text from which on it holds.
        var collapsed: Int
        /// The original offset there.
        var original: Int
    }

    /// Prepares a document; time and memory are those of its text.
    package init(_ document: Document) {
        self.document = document.id
        var text = document.text
        (collapsed, shifts) = text.withUTF8 { unsafe Self.collapse($0) }
    }

    /// Finds one quote in a document; for many quotes make one anchor and use it again.
    ///
    /// - Parameters:
    ///   - quote: The label.
    ///   - document: The document that it names.
    /// - Returns: The span, or why there is none.
    package static func anchor(_ quote: GoldQuote, in document: Document) -> Result<GoldSpan, AssayError> {
        GoldAnchor(document).anchor(quote)
    }

    /// Finds a quote.
    ///
    /// - Parameter quote: The label; white space at its ends is not part of it, and characters that are stripped from documents are
    ///   stripped from it.
    /// - Returns: The bytes of the document's text, or `AssayError` "evalset.quote" with the document and the quote's first 60
    ///   characters; file and line are the caller's to add.
    package func anchor(_ quote: GoldQuote) -> Result<GoldSpan, AssayError> {
        var stripped = StrippedCharacters()
        var text = TextCleaner.clean(quote.quote, counting: &stripped)
        var wanted = text.withUTF8 { unsafe Self.collapse($0).bytes }
        if wanted.first == 0x20 { wanted.removeFirst() }
        if wanted.last == 0x20 { wanted.removeLast() }
        guard !wanted.isEmpty else { return .failure(failure(quote, "is empty")) }
        guard quote.occurrence >= 1 else { return .failure(failure(quote, "has an occurrence below 1")) }
        var found = 0
        var position = 0
        while let start = find(wanted, from: position) {
            found += 1
            if found == quote.occurrence {
                return .success(
                    GoldSpan(
                        document: document,
                        start: original(start),
                        end: original(start + wanted.count - 1) + 1
                    )
                )
            }
            position = start + wanted.count
        }
        let reason = found == 0 ? "is not in the document" : "is there \(found) times, not \(quote.occurrence)"
        return .failure(failure(quote, reason))
    }

    private func failure(_ quote: GoldQuote, _ reason: String) -> AssayError {
        let start = quote.quote.split { $0.isWhitespace }.joined(separator: " ")
        let shown = start.count > 60 ? start.prefix(60) + "…" : start[...]
        return AssayError(
            "evalset.quote",
            "the quote \"\(shown)\" \(reason) ('\(document)')",
            remedy: found(reason)
        )
    }

    private func found(_ reason: String) -> String? {
        reason.hasPrefix("is there") ? "correct the occurrence" : "copy the quote from the extracted text"
    }

    /// The offset in the document's text of byte `offset` of the collapsed text.
    private func original(_ offset: Int) -> Int {
        var low = 0
        var high = shifts.count
        while low < high {
            let middle = (low + high) / 2
            if shifts[middle].collapsed <= offset { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return offset }
        return shifts[low - 1].original + offset - shifts[low - 1].collapsed
    }

    private func find(_ wanted: [UInt8], from start: Int) -> Int? {
        unsafe collapsed.withUnsafeBufferPointer { text in
            unsafe wanted.withUnsafeBufferPointer { unsafe firstMatch(of: $0, in: text, from: start) }
        }
    }

    private static func collapse(_ text: UnsafeBufferPointer<UInt8>) -> (bytes: [UInt8], shifts: [Shift]) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var shifts: [Shift] = []
        var position = 0
        while position < text.count {
            let start = position
            position = unsafe skipVisibleASCII(text, from: position)
            unsafe bytes.append(contentsOf: text[start..<position])
            guard position < text.count else { break }
            let space = position
            while position < text.count, let length = unsafe spaceLength(text, at: position) { position += length }
            if position > space {
                let isOneSpace = unsafe position == space + 1 && text[space] == 0x20
                bytes.append(0x20)
                if !isOneSpace { shifts.append(Shift(collapsed: bytes.count, original: position)) }
            } else {
                unsafe bytes.append(text[position])
                position += 1
            }
        }
        return (bytes, shifts)
    }

    /// The length of the white-space character at `position`, nil when it is none.
    private static func spaceLength(_ text: UnsafeBufferPointer<UInt8>, at position: Int) -> Int? {
        let byte = unsafe text[position]
        if byte < 0x80 { return byte == 0x20 || (0x09...0x0D).contains(byte) ? 1 : nil }
        // The other spaces of Unicode start with C2, E1, E2 or E3.
        guard byte == 0xC2 || (0xE1...0xE3).contains(byte), let scalar = unsafe decodeScalar(text, at: position),
            Unicode.Scalar(scalar.value)?.properties.isWhitespace == true
        else { return nil }
        return scalar.length
    }

    private static func skipVisibleASCII(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var position = start
        while position < text.count, unsafe text[position] > 0x20, unsafe text[position] < 0x80 { position += 1 }
        return position
    }
}
