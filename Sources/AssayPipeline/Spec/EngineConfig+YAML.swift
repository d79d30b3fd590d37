import AssayEngines
import AssayModel
import AssayStore
import FoundationEssentials

extension EngineConfig {
    /// Reads an entry of `engines.yaml`; the paths of models and of the launcher are filled in by `Engines`.
    ///
    /// Keys of all kinds: `kind`, `model`, `slots`, `context`, `timeout` (seconds), `price` (`input` and
    /// `output`, per million tokens). `openai`: `base_url`, `api_key` (name of the variable
    /// that holds it). `llama`: `mode`, `threads`, `batch`; with `openai`'s `llama: true` also `token_prompts` (`auto`, `always`, `never`). `scripted`: `reply` (`extract`, `fixed`, `echo`), `text`, `delay_ms`,
    /// `fail_after`. `replay`: `journal`.
    init(_ member: ConfigNode.Member, folder: String) throws {
        var options = try OptionReader(member.value, owner: "engines.\(member.key)", place: member.place)
        let kind = Kind(rawValue: try options.string("kind", oneOf: Kind.allCases.map(\.rawValue))) ?? .openai
        self.init(
            name: member.key,
            kind: kind,
            model: try options.string("model", default: kind == .scripted || kind == .replay ? kind.rawValue : nil)
        )
        slots = try options.int("slots", default: 1, in: 1...1_024)
        contextTokens = try options.int("context", default: kind == .llama ? 2_048 : 0, in: 0...1 << 24)
        requestTimeout = .seconds(try options.double("timeout", default: 600, in: 0.1...86_400))
        if let node = options.node("price") {
            var reader = try OptionReader(node, owner: "engines.\(member.key).price", place: node.place)
            price = Price(
                input: try reader.double("input", in: 0...1e9),
                output: try reader.double("output", in: 0...1e9)
            )
            try reader.finish()
        }
        switch kind {
        case .openai:
            baseURL = try options.string("base_url")
            apiKeyVariable = try options.optionalString("api_key")
            capabilities.isLlama = try options.bool("llama", default: false)
            if capabilities.isLlama { capabilities.tokenPrompts = try Self.tokenPrompts(&options) }
        case .llama:
            mode =
                Mode(rawValue: try options.string("mode", default: "strict", oneOf: Mode.allCases.map(\.rawValue)))
                ?? .strict
            capabilities.tokenPrompts = try Self.tokenPrompts(&options)
            llama.threads = try options.int("threads", default: 0, in: 0...512)
            llama.batchTokens = try options.int("batch", default: 256, in: 32...8_192)
        case .scripted:
            let allowed = EngineScript.Mode.allCases.map(\.rawValue)
            script.mode =
                EngineScript.Mode(rawValue: try options.string("reply", default: "extract", oneOf: allowed)) ?? .extract
            script.text = try options.string("text", default: "")
            script.delay = .milliseconds(try options.int("delay_ms", default: 0, in: 0...60_000))
            script.failAfter = try options.optionalInt("fail_after", in: 0...1_000_000)
        case .replay:
            journalPath = absolutePath(try options.string("journal"), relativeTo: folder)
        }
        try options.finish()
    }

    private static func tokenPrompts(_ options: inout OptionReader) throws -> Capabilities.TokenPrompts {
        let allowed = Capabilities.TokenPrompts.allCases.map(\.rawValue)
        return .init(rawValue: try options.string("token_prompts", default: "auto", oneOf: allowed)) ?? .auto
    }
}
