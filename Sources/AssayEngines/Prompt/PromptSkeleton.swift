import AssayModel

/// A chat template for one order of roles, cut at its control tokens.
struct PromptSkeleton: Sendable, Equatable {
    /// Why a template cannot be taken apart.
    struct Unfit: Error, Equatable {
        var reason: String
        init(_ reason: String) { self.reason = reason }
    }

    private enum Part: Sendable, Equatable {
        case control(Int)
        case text(String)
        case content(Int)
    }

    private let parts: [Part]
    /// The template takes white space off both ends of contents.
    private let trims: Bool

    /// Takes the template apart and proves that harmless messages give the ids that the server gives them.
    ///
    /// - Parameters:
    ///   - roles: Of the messages, in order.
    ///   - server: Renders and tokenizes.
    /// - Throws: `Unfit`, or what the server's calls throw.
    init(roles: [String], _ server: TokenServer) async throws {
        if try await server.reasons() { throw Unfit("replies of the model begin with reasoning") }
        let marks = roles.indices.map { "AssayPlaceholder\($0)Here" }
        func messages(_ contents: [String]) -> [ChatMessage] { zip(roles, contents).map(ChatMessage.init) }
        let rendered = try await server.render(messages(marks))
        let texts = try Self.split(rendered, at: marks)
        let padded = try Self.split(try await server.render(messages(marks.map { "\n  \($0) \n" })), at: marks)
        switch padded {
        case texts: trims = true
        case Self.padded(texts): trims = false
        default: throw Unfit("the template changes the white space of contents")
        }
        let control = try await Self.controlTokens(in: texts, rendered, server)
        var parts: [Part] = []
        for (number, text) in texts.enumerated() {
            if number > 0 { parts.append(.content(number - 1)) }
            parts += Self.cut(text, at: control)
        }
        self.parts = parts
        for sample in Self.samples {
            let contents = roles.indices.map { sample + "\($0)" + sample }
            let theirs = try await server.tokenizeParsed(try await server.render(messages(contents)))
            let ours = try await server.tokenize(pieces(contents))
            guard ours == theirs else { throw Unfit("plain messages give other ids than the server's own") }
        }
    }

    /// Text between control tokens, and the control tokens, of the prompt with these contents.
    func pieces(_ contents: [String]) -> [TokenServer.Piece] {
        var pieces: [TokenServer.Piece] = []
        var text = ""
        for part in parts {
            switch part {
            case .text(let piece): text += piece
            case .content(let number): text += trims ? Self.trimmed(contents[number]) : contents[number]
            case .control(let id):
                if !text.isEmpty { pieces.append(.text(text)) }
                text = ""
                pieces.append(.id(id))
            }
        }
        return text.isEmpty ? pieces : pieces + [.text(text)]
    }

    /// Contents without control tokens whose edges and insides are what tokenizers and templates treat in special ways.
    private static let samples = [
        "\n- A list, it's 1 < 2 | 3.\n\n", "  Größe = 12_345;\t{x}[1] ", "Plain words.", "> ",
    ]

    private static func split(_ rendered: String, at marks: [String]) throws -> [String] {
        var texts: [String] = []
        var rest = rendered[...]
        for mark in marks {
            guard let range = rest.firstRange(of: mark) else { throw Unfit("the template leaves a message out") }
            texts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        texts.append(String(rest))
        guard !texts.contains(where: { text in marks.contains { text.contains($0) } }) else {
            throw Unfit("the template repeats a message")
        }
        return texts
    }

    private static func padded(_ texts: [String]) -> [String] {
        texts.indices.map { number in
            (number > 0 ? " \n" : "") + texts[number] + (number < texts.count - 1 ? "\n  " : "")
        }
    }

    /// The template's control tokens: pieces that are one token only when control tokens are parsed.
    private static func controlTokens(
        in texts: [String],
        _ rendered: String,
        _ server: TokenServer
    ) async throws -> [(text: String, id: Int)] {
        var found: [String: Int] = [:]
        for piece in try await server.pieces(rendered) {
            guard let text = piece.text, found[text] == nil, PromptGuard.isMarkup(text),
                texts.contains(where: { $0.contains(text) }),
                try await server.tokenizePlain(text) != [piece.id]
            else { continue }
            found[text] = piece.id
        }
        return found.map { ($0.key, $0.value) }
            .sorted { ($1.text.utf8.count, $0.text) < ($0.text.utf8.count, $1.text) }
    }

    /// Cuts at every control token, the longest first, as llama.cpp does.
    private static func cut(_ text: String, at control: [(text: String, id: Int)]) -> [Part] {
        guard let token = control.first else { return text.isEmpty ? [] : [.text(text)] }
        let others = Array(control.dropFirst())
        var parts: [Part] = []
        var rest = text[...]
        while let range = rest.firstRange(of: token.text) {
            parts += cut(String(rest[..<range.lowerBound]), at: others) + [.control(token.id)]
            rest = rest[range.upperBound...]
        }
        return parts + cut(String(rest), at: others)
    }

    private static func trimmed(_ text: String) -> String {
        let start = text.firstIndex { !$0.isWhitespace } ?? text.endIndex
        let end = text.lastIndex { !$0.isWhitespace }.map(text.index(after:)) ?? start
        return String(text[start..<end])
    }
}
