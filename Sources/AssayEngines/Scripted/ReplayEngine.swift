package import AssayModel
import FoundationEssentials

/// An engine whose replies were recorded before; it never makes one up.
package final class ReplayEngine: Engine {
    package let identity: EngineIdentity
    package let slots: Int
    /// As the engine that was recorded: a request is found by its bytes.
    package let keepsTextPlain: Bool
    private let replies: [String: ChatReply]
    private let name: String

    /// Reads the journal of an entry with kind `replay`.
    ///
    /// - Parameter config: The entry.
    /// - Throws: `AssayError` "engine.journal" with the line that is wrong.
    package init(_ config: EngineConfig) throws {
        name = config.name
        slots = config.slots
        keepsTextPlain = config.capabilities.isLlama && config.capabilities.tokenPrompts != .never
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
        guard var reply = replies[request.digest] ?? replies[Self.neutralised(request).digest] else {
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

    /// The request as it was sent when llama.cpp's servers too got text with broken control tokens.
    private static func neutralised(_ request: ChatRequest) -> ChatRequest {
        var request = request
        for index in request.messages.indices {
            request.messages[index].content = PromptGuard().neutralise(request.messages[index].content).text
        }
        return request
    }

    package func countTokens(_ text: String) async throws -> Int? { nil }

    package func shutdown() async {}
}

/// The lines of a journal: `{"key": digest of the request, "reply": {…}, "about": {…}}`; the last line of a key counts.
package enum ReplayJournal {
    /// What a person wants to know of a line; replaying does not look at it.
    package struct About: Codable, Sendable, Equatable {
        /// Model, its fingerprint and mode.
        package var engine: EngineIdentity
        /// Name and version of the prompt.
        package var prompt: String
        /// SHA-256 of the reply's JSON Schema, nil for free text.
        package var schema: String?
        /// Seed of the sampler.
        package var seed: Int
        /// Temperature.
        package var temperature: Double

        /// What a request to an engine was about.
        package init(_ request: ChatRequest, engine: EngineIdentity, prompt: String) {
            self.engine = engine
            self.prompt = prompt
            schema = request.schema.map { SHA256.hex($0.text) }
            seed = request.seed
            temperature = request.temperature
        }
    }

    private struct Line: Codable {
        var about: About?
        var key: String
        var reply: ChatReply
    }

    /// One line, without its line end.
    package static func line(for request: ChatRequest, reply: ChatReply, about: About? = nil) throws -> String {
        try canonicalJSON(Line(about: about, key: request.digest, reply: reply))
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
