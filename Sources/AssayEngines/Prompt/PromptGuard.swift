import AssayModel

/// Makes text harmless that a chat template would read as its own control tokens.
///
/// Engines parse control tokens in the content of messages too, so a retrieved document with `<|im_end|>` could end the turn and
/// forge another. A visible dot after the first character breaks the token and leaves the text readable.
package struct PromptGuard: Sendable {
    /// What is put into a control token.
    package static let mark: Character = "·"

    /// A text without control tokens.
    package struct Result: Sendable, Equatable {
        /// The text.
        package var text: String
        /// Control tokens that were broken.
        package var count: Int
    }

    /// Longest name between `<|` and `|>`.
    static let maxName = 64

    /// Tokens of common models that are not of the form `<|…|>`.
    static let common = [
        "<s>", "</s>", "<S>", "</S>", "<unk>", "<pad>", "<mask>", "<bos>", "<eos>", "<sep>", "<cls>", "[CLS]", "[SEP]",
        "[PAD]", "[MASK]", "[UNK]", "[BOS]", "[EOS]", "[INST]", "[/INST]", "<<SYS>>", "<</SYS>>", "[SYSTEM_PROMPT]",
        "[/SYSTEM_PROMPT]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_CALLS]", "[TOOL_RESULTS]",
        "[/TOOL_RESULTS]", "[THINK]", "[/THINK]", "<start_of_turn>", "<end_of_turn>", "<start_of_image>",
        "<end_of_image>", "<think>", "</think>", "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>",
        "[gMASK]", "<sop>", "<eop>", "<fim_prefix>", "<fim_middle>", "<fim_suffix>", "<file_sep>", "<repo_name>",
        "<reponame>", "<filename>", "<gh_stars>", "<issue_start>", "<issue_comment>", "<issue_closed>",
        "<jupyter_start>", "<jupyter_text>", "<jupyter_code>", "<jupyter_output>", "<jupyter_script>",
        "<empty_output>",
    ]

    /// Common tokens that some models parse in plain text too.
    private static let oftenUserDefined = [
        "<think>", "</think>", "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>",
    ]

    /// Literals by their first byte, the longest first.
    private let literals: [UInt8: [[UInt8]]]
    /// Breaks everything of the form `<|…|>` too.
    private let findsBarred: Bool

    /// Creates a guard.
    ///
    /// - Parameter tokens: Control tokens of the model in use, on top of the common ones; shorter than two bytes are left out.
    package init(tokens: [String] = []) {
        let all = Set((Self.common + tokens).map { Array($0.utf8) }.filter { $0.count >= 2 })
        literals = Dictionary(grouping: all) { $0[0] }.mapValues { $0.sorted { $0.count > $1.count } }
        findsBarred = true
    }

    /// Creates a guard for text whose control tokens the tokenizer does not parse: it breaks the tokens that it finds nevertheless.
    ///
    /// Models have plain words and white space among these, so only what looks like a common control token is broken.
    ///
    /// - Parameter userDefined: Such tokens of the model, nil where they are not known: then those that models often have are broken.
    init(onlyCommonOf userDefined: [String]?) {
        let known = PromptGuard()
        let tokens = (userDefined ?? Self.oftenUserDefined).filter { known.neutralise($0).count > 0 }.map {
            Array($0.utf8)
        }
        literals = Dictionary(grouping: tokens) { $0[0] }.mapValues { $0.sorted { $0.count > $1.count } }
        findsBarred = false
    }

    /// Whether a token is more than letters, digits and white space.
    static func isMarkup(_ token: String) -> Bool {
        token.utf8.count >= 2 && token.contains { !$0.isLetter && !$0.isNumber && !$0.isWhitespace }
    }

    /// Breaks every control token in `text`.
    ///
    /// - Parameter text: Retrieved text, or a question.
    /// - Returns: The text in which no control token is left, and how many there were.
    package func neutralise(_ text: String) -> Result {
        var bytes = Array(text.utf8)
        var count = 0
        // Breaking one token can only shorten what is left to match, but tokens may overlap: again until nothing is found.
        while let broken = pass(bytes) {
            bytes = broken.bytes
            count += broken.count
        }
        return Result(text: count == 0 ? text : String(decoding: bytes, as: UTF8.self), count: count)
    }

    private func pass(_ bytes: [UInt8]) -> (bytes: [UInt8], count: Int)? {
        var output: [UInt8] = []
        var copied = 0
        var count = 0
        var position = 0
        while position < bytes.count {
            guard let length = tokenLength(bytes, at: position) else {
                position += 1
                continue
            }
            // After the first whole character, which may have more than one byte.
            var cut = position + 1
            while cut < bytes.count && bytes[cut] & 0xc0 == 0x80 { cut += 1 }
            output.append(contentsOf: bytes[copied..<cut])
            output.append(contentsOf: Self.markBytes)
            copied = cut
            count += 1
            position = max(position + length, cut)
        }
        guard count > 0 else { return nil }
        output.append(contentsOf: bytes[copied...])
        return (output, count)
    }

    private func tokenLength(_ bytes: [UInt8], at position: Int) -> Int? {
        let first = bytes[position]
        if findsBarred, first == Self.less, let length = barredLength(bytes, at: position) { return length }
        guard let candidates = literals[first] else { return nil }
        return candidates.first { candidate in
            position + candidate.count <= bytes.count
                && bytes[position..<position + candidate.count].elementsEqual(candidate)
        }?.count
    }

    /// Length of `<|name|>`, with plain or full-width bars; the name holds no `<`, `>` or line end.
    private func barredLength(_ bytes: [UInt8], at position: Int) -> Int? {
        for bar in [Self.bar, Self.wideBar] where bytes[(position + 1)...].starts(with: bar) {
            let start = position + 1 + bar.count
            var end = start
            while end < bytes.count, end - start <= Self.maxName * 4,
                ![Self.less, Self.greater, 10].contains(bytes[end])
            {
                end += 1
            }
            guard end < bytes.count, bytes[end] == Self.greater, end - start > bar.count,
                bytes[start..<end].suffix(bar.count).elementsEqual(bar)
            else { continue }
            return end + 1 - position
        }
        return nil
    }

    private static let markBytes = Array(String(mark).utf8)
    private static let less = UInt8(ascii: "<")
    private static let greater = UInt8(ascii: ">")
    private static let bar = [UInt8(ascii: "|")]
    private static let wideBar = Array("｜".utf8)
}
