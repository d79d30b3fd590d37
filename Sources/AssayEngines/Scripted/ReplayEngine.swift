package import AssayModel
import FoundationEssentials

/// An engine whose replies were recorded before; it never makes one up.
package final class ReplayEngine: Engine {
    package let identity: EngineIdentity
    package let slots: Int
    private let replies: [String: ChatReply]
    private let name: String

    /// Reads the journal of an entry with kind `replay`.
    ///
    /// - Parameter config: The entry.
    /// - Throws: `AssayError` "engine.journal" with the line that is wrong.
    package init(_ config: EngineConfig) throws {
        name = config.name
        slots = config.slots
        guard let data = try? Data(contentsOf: URL(filePath: config.journalPath)) else {
            throw AssayError(
                "engine.journal",
                "the journal of engine '\(config.name)' cannot be read",
                at: Place(file: config.journalPath)
            )
        }
        replies = try ReplayJournal.parse(String(decoding: data, as: UTF8.self), file: config.journalPath)
        identity = EngineIdentity(
            name: config.name,
            model: config.model.isEmpty ? "journal" : config.model,
            modelHash: SHA256.hex(data),
            mode: "replay",
            contextTokens: config.contextTokens
        )
    }

    package func prepare() async throws {}

    package func chat(_ request: ChatRequest, onDelta: (@Sendable (String) -> Void)?) async throws -> ChatReply {
        try Task.checkCancellation()
        guard var reply = replies[request.digest] else {
            throw AssayError(
                "engine.not-recorded",
                "engine '\(name)' has no reply to the request \(request.digest.prefix(12))",
                remedy: "record it with a live engine; prompt, sampling and schema must be the same to the byte"
            )
        }
        onDelta?(reply.text)
        reply.timings.attempts = 1
        return reply
    }

    package func countTokens(_ text: String) async throws -> Int? { nil }

    package func shutdown() async {}
}

/// The lines of a journal: `{"key": digest of the request, "reply": {…}}`; the last line of a key counts.
package enum ReplayJournal {
    private struct Line: Codable {
        var key: String
        var reply: ChatReply
    }

    /// One line, without its line end.
    package static func line(for request: ChatRequest, reply: ChatReply) throws -> String {
        try canonicalJSON(Line(key: request.digest, reply: reply))
    }

    /// The replies by digest; a last line without its line end is left out, as a killed writer leaves it.
    static func parse(_ text: String, file: String) throws -> [String: ChatReply] {
        var replies: [String: ChatReply] = [:]
        var number = 0
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            number += 1
            if line.isEmpty { continue }
            guard let entry = try? JSONDecoder().decode(Line.self, from: Data(line.utf8)) else {
                if line.endIndex == text.endIndex { continue }
                throw AssayError(
                    "engine.journal",
                    "this is not a line of a replay journal",
                    at: Place(file: file, line: number)
                )
            }
            replies[entry.key] = entry.reply
        }
        return replies
    }
}
