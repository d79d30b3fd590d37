/// One entry of `engines.yaml`, parsed and with paths that are absolute or relative to the working folder.
package struct EngineConfig: Sendable, Equatable {
    /// What answers.
    package enum Kind: String, Sendable, CaseIterable {
        /// Any server with OpenAI's chat completions.
        case openai
        /// llama.cpp's server, started and supervised here.
        case llama
        /// Deterministic replies without a model.
        case scripted
        /// Replies from a journal.
        case replay
    }

    /// How a local engine trades speed for reproducibility.
    package enum Mode: String, Sendable, CaseIterable {
        /// One slot and no prompt cache: equal requests give equal replies.
        case strict
        /// All slots and the prefix cache: replies may depend on what else is asked.
        case fast
    }

    /// Price in any one currency for a million tokens.
    package struct Price: Sendable, Equatable {
        /// Of the prompt.
        package var input: Double
        /// Of the answer.
        package var output: Double

        package init(input: Double, output: Double) {
            self.input = input
            self.output = output
        }
    }

    /// Name that pipelines use.
    package var name: String
    /// What answers.
    package var kind: Kind
    /// Model as the server names it.
    package var model: String
    /// `openai`: URL before `/chat/completions`, for example `http://127.0.0.1:8080/v1`.
    package var baseURL = ""
    /// Name of the environment variable with the key; nil sends none.
    package var apiKeyVariable: String?
    /// Requests at once, from 1; `strict` uses one.
    package var slots = 1
    /// Tokens of context that one request may use; 0 when unknown (`openai` only).
    package var contextTokens = 0
    /// Time of one request from its slot to its last token, over all tries.
    package var requestTimeout: Duration = .seconds(600)
    /// Time to connect.
    package var connectTimeout: Duration = .seconds(5)
    /// Tries after the first.
    package var maxRetries = 2
    /// Decides the jitter of the pauses between tries.
    package var jitterSeed: UInt64 = 0
    /// What the engine can do beyond, or less than, the common interface.
    package var capabilities = Capabilities()
    /// How a local engine runs.
    package var mode = Mode.fast
    /// What a local engine runs.
    package var llama = LlamaOptions()
    /// What a scripted engine says.
    package var script = EngineScript()
    /// `replay`: path of the journal.
    package var journalPath = ""
    /// Price, nil when it costs nothing or is unknown.
    package var price: Price?

    package init(name: String, kind: Kind, model: String) {
        self.name = name
        self.kind = kind
        self.model = model
    }
}

/// Differences between engines behind one interface, as data.
package struct Capabilities: Sendable, Equatable {
    /// When prompts go out as token ids, in which no text can become a control token.
    package enum TokenPrompts: String, Sendable, CaseIterable {
        /// Where a text holds a control token's literal, or the model's vocabulary is not known; other prompts come to the same.
        case auto
        /// Always.
        case always
        /// Never: literals are broken instead.
        case never
    }

    /// Streams replies; without it `onDelta` gets the whole text at once.
    package var streams = true
    /// Reports usage in a stream when asked by `stream_options`.
    package var streamUsage = true
    /// Is llama.cpp: takes `cache_prompt`, reports `timings`, counts tokens at `/tokenize`.
    package var isLlama = false
    /// When a llama.cpp server gets token ids instead of messages.
    package var tokenPrompts = TokenPrompts.auto
    /// Takes `seed`.
    package var seed = true
    /// Name of the field with the token limit; newer OpenAI models want `max_completion_tokens`.
    package var maxTokensField = "max_tokens"

    package init() {}
}

/// How to run llama.cpp's server.
package struct LlamaOptions: Sendable, Equatable {
    /// Model file.
    package var ggufPath = ""
    /// SHA-256 of the model file where it is known already; nil computes it once and remembers it in `fingerprintPath`.
    package var ggufSHA256: String?
    /// Where a computed digest is remembered, with the file's size and time; nil forgets it.
    package var fingerprintPath: String?
    /// `llama-server`: a path, or a name to look for in PATH; empty never uses it.
    package var serverPath = "llama-server"
    /// Python interpreter that has the package `xllamacpp`, used where there is no `llama-server`.
    package var pythonPath = "python3"
    /// Path of `llama-launcher.py`.
    package var launcherPath = ""
    /// File that takes the server's output, nil for none.
    package var logPath: String?
    /// Threads of the server, 0 for as many as there are cores.
    package var threads = 0
    /// Largest batch of prompt tokens; a cancelled request ends between two of them.
    package var batchTokens = 256
    /// Serves `/v1/embeddings` instead of chat.
    package var embedding = false
    /// Pooling of embeddings: `mean`, `cls`, `last`; empty for what the model says of itself.
    package var pooling = ""
    /// Time until the server must be ready.
    package var startTimeout: Duration = .seconds(120)
    /// Times it may be started again within ten minutes.
    package var maxRestarts = 3

    package init() {}
}

/// What a scripted engine says.
package struct EngineScript: Sendable, Equatable {
    /// What it says where no rule applies.
    package enum Mode: String, Sendable, CaseIterable {
        /// The first sentence of passage `[1]`, with the citation `[1]`.
        case extract
        /// Always `text`.
        case fixed
        /// The last message.
        case echo
    }

    /// A reply for some prompts.
    package struct Rule: Sendable, Equatable {
        /// First digits of the request's digest.
        package var digestPrefix: String?
        /// Text that a message holds.
        package var contains: String?
        /// The reply.
        package var reply: String

        package init(digestPrefix: String? = nil, contains: String? = nil, reply: String) {
            self.digestPrefix = digestPrefix
            self.contains = contains
            self.reply = reply
        }
    }

    /// What it says where no rule applies.
    package var mode = Mode.extract
    /// Text of mode `fixed`.
    package var text = ""
    /// What `extract` says when there is no passage.
    package var abstention = "The documents do not answer this question."
    /// The first rule whose conditions all hold decides.
    package var rules: [Rule] = []
    /// Time before a reply.
    package var delay: Duration = .zero
    /// Fails this share of requests, 0…1, chosen by digest: the same ones on every run.
    package var failureRate = 0.0
    /// Every call after this many fails, for tests of interrupted runs; nil never.
    package var failAfter: Int?

    package init() {}
}
