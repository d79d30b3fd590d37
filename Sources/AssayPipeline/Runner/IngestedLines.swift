import AssayModel

/// A document's chunks as the store keeps them: ranges and digests, no text.
struct ChunkLine: Sendable, Codable, Equatable {
    var range: TextRange
    var headingPath: [String]
    var page: Int?
    var tokens: Int?
    var truncated: Int
    /// SHA-256 of the embedded text, heading path included.
    var digest: String
}

/// A document as the store lists it under its file.
struct DocumentLine: Sendable, Codable, Equatable {
    var id: String
    var hash: String
    var bytes: Int
    var metadata: [String: String]
    var stripped: StrippedCharacters
}

/// What the store keeps of a file that was read.
struct FileLine: Sendable, Codable, Equatable {
    /// Documents in a page of a file with many.
    static let page = 1_000

    /// The documents, or those after the last full page.
    var documents: [DocumentLine]
    var leftOut: [LeftOut]
    /// Full pages, each stored under a key of its own; nil when there is none.
    var pages: Int?

    /// Key of a page of the file under `file`.
    static func key(_ file: ItemKey, page: Int) -> ItemKey { ItemKey("read-page", file.hex, "\(page)") }
}

extension ChunkLine {
    /// The chunk with its text.
    func chunk(of document: Document, ordinal: Int) -> Chunk {
        Chunk(
            document: document.id,
            ordinal: ordinal,
            range: range,
            text: document.text.slice(bytes: range.bytes),
            headingPath: headingPath,
            page: page,
            tokens: tokens,
            truncatedTokens: truncated
        )
    }
}

/// Work and time of one stage while it runs.
struct StageCount: Sendable {
    let stage: String
    var items = 0
    var reused = 0
    var time: Duration = .zero
    var promptTokens = 0
    var completionTokens = 0

    init(_ stage: String) {
        self.stage = stage
    }

    var timing: StageTiming {
        StageTiming(
            stage: stage,
            items: items,
            reused: reused,
            seconds: time / .seconds(1),
            promptTokens: promptTokens,
            completionTokens: completionTokens
        )
    }
}
