import AssayEngines
import AssayEval
import AssayModel
import AssayStore
import Synchronization
import Tracing

#if canImport(Glibc)
import Glibc
#endif

/// The journal of one judge's calls: a call that was made is never made again, and equal calls at once are made once.
final class JudgeSession: Sendable {
    /// Counts of a run.
    struct Counts: Sendable {
        var calls = 0
        var reused = 0
        var promptTokens = 0
        var completionTokens = 0
        /// Prompt tokens that were not in a prefix cache, nil while no engine says.
        var processedTokens: Int?
    }

    /// A reply and whether it was in the journal.
    private struct Kept: Sendable {
        var reply: ChatReply
        var reused: Bool
    }

    /// First tokens asked for, when their probabilities are the verdict: as many as OpenAI's interface allows.
    static let alternatives = 20

    /// Takes the keys of the calls of a task, so that what was said of a served answer can be deleted with it.
    @TaskLocal static var noting: JudgeKeys?

    let engine: any Engine
    private let guardian: PromptGuard
    private let store: Store
    private let replicate: Int
    private let asking: JudgingSpec.Ask
    private let temperature: Double
    private let journal: RunJournal?
    private let state = Mutex(Counts())
    private let flights = SingleFlight<ItemKey, Kept>()
    private let canaries = SingleFlight<EngineCanary, Void>()
    private let obeyed = Mutex<Set<EngineCanary>>([])

    init(
        engine: any Engine,
        guardian: PromptGuard,
        store: Store,
        replicate: Int,
        ask: JudgingSpec.Ask = .schema,
        temperature: Double = 0,
        journal: RunJournal? = nil
    ) {
        self.engine = engine
        self.guardian = guardian
        self.store = store
        self.replicate = replicate
        asking = ask
        self.temperature = temperature
        self.journal = journal
    }

    var counts: Counts { state.withLock { $0 } }

    /// Asks the judge, or the journal.
    ///
    /// - Parameters:
    ///   - call: The question.
    ///   - repetition: Number of the repeat, from 0; each has a seed and a line in the journal of its own.
    /// - Returns: The reply.
    /// - Throws: What the engine throws, and `AssayError` "judge.canary" for one that does not obey.
    func ask(_ call: JudgeCall, repetition: Int = 0) async throws -> JudgeReply {
        let (request, guarded) = request(call, repetition)
        let key = try key(call, request, guarded: guarded, repetition)
        Self.noting?.add(key)
        let (kept, wasShared) = try await flights.run(key) { [self] in
            if let stored = try await store.item("judge", key, as: ChatReply.self) {
                return Kept(reply: stored, reused: true)
            }
            try await checkObedience(call)
            let reply = try await withSpan("assay.judge") { span in
                span.describe(request, to: engine.identity, prompt: call.prompt)
                let reply = try await engine.chat(request, onDelta: nil)
                span.describe(reply)
                return reply
            }
            try await store.commit("judge", key, reply)
            return Kept(reply: reply, reused: false)
        }
        count(kept, isReused: kept.reused || wasShared)
        try journal?.note(request, kept.reply, engine: engine.identity, prompt: call.prompt)
        return JudgeReply(
            text: kept.reply.text,
            finish: kept.reply.finish,
            probabilities: call.choices.flatMap { Self.probabilities(of: $0, in: kept.reply.firstToken) }
        )
    }

    private func request(_ call: JudgeCall, _ repetition: Int) -> (request: ChatRequest, guarded: Bool) {
        // Passages and answers stand in the messages as they are: no literal of theirs may become a control token.
        var found = 0
        let messages = call.messages.map { message in
            let guarded = guardian.neutralise(message.content)
            found += guarded.count
            return engine.keepsTextPlain ? message : ChatMessage(role: message.role, content: guarded.text)
        }
        let isToken = call.choices != nil
        let request = ChatRequest(
            messages: messages,
            maxTokens: call.maxTokens,
            temperature: temperature,
            seed: call.replicate + 1 + replicate * 1_000 + repetition * 10,
            // Spelled out: a bare nil would be the JSON value null.
            schema: isToken ? JSONValue?.none : call.schema,
            compact: isToken || asking == .schema ? nil : true,
            topLogprobs: isToken ? Self.alternatives : nil
        )
        return (request, found > 0)
    }

    /// Key of a call.
    ///
    /// What only some calls have is added only where they have it, so that keys of plain calls stay as they were.
    private func key(
        _ call: JudgeCall,
        _ request: ChatRequest,
        guarded: Bool,
        _ repetition: Int
    ) throws -> ItemKey {
        var parts = [try canonicalJSON(engine.identity), try canonicalJSON(call), "\(replicate)"]
        if request.compact == true { parts.append("compact/\(JSONGrammar.version)") }
        if temperature != 0 { parts.append("temperature \(temperature)") }
        if repetition != 0 { parts.append("repeat \(repetition)") }
        // What was sent is not what the call says: another guard would send something else.
        if guarded { parts.append("sent \(try canonicalJSON(request.messages))") }
        return ItemKey("judge", parts: parts)
    }

    /// Lets the engine show that it obeys, before the first call of its kind.
    ///
    /// Engines without a model have nothing to show.
    private func checkObedience(_ call: JudgeCall) async throws {
        guard !["scripted", "replay"].contains(engine.identity.mode) else { return }
        let canary: EngineCanary = call.choices != nil ? .logprob : asking == .schema ? .schema : .compact
        guard obeyed.withLock({ !$0.contains(canary) }) else { return }
        _ = try await canaries.run(canary) { [self] in
            guard obeyed.withLock({ !$0.contains(canary) }) else { return }
            try await canary.check(engine)
            _ = obeyed.withLock { $0.insert(canary) }
        }
    }

    private func count(_ kept: Kept, isReused: Bool) {
        state.withLock { counts in
            counts.calls += 1
            guard !isReused else {
                counts.reused += 1
                return
            }
            counts.promptTokens += kept.reply.usage.promptTokens
            counts.completionTokens += kept.reply.usage.completionTokens
            if let tokens = kept.reply.timings.processedTokens {
                counts.processedTokens = (counts.processedTokens ?? 0) + tokens
            }
        }
    }

    /// Probability of each choice: the sum over the tokens that are the choice but for white space and case.
    static func probabilities(of choices: [String], in tokens: [TokenProbability]?) -> [String: Double]? {
        guard let tokens else { return nil }
        func plain(_ text: String) -> String {
            text.split(whereSeparator: \.isWhitespace).joined(separator: " ").lowercased()
        }
        var found = Dictionary(choices.map { ($0, 0.0) }) { first, _ in first }
        for token in tokens {
            guard let choice = choices.first(where: { plain($0) == plain(token.token) }) else { continue }
            found[choice, default: 0] += exp(token.logprob)
        }
        return found
    }
}

/// The judges of a run.
struct JudgeBench: Sendable {
    let spec: JudgingSpec
    let members: [JudgeSession]

    /// Seats the judges that a file names; `wrapping` is put around each engine.
    ///
    /// - Throws: For an engine that is not there, or a model that cannot be read.
    init(
        _ spec: JudgingSpec,
        engines: Engines,
        store: Store,
        replicate: Int = 0,
        journal: RunJournal? = nil,
        wrapping: (_ name: String, any Engine) -> any Engine = { $1 }
    ) throws {
        self.spec = spec
        members = try spec.members.map { member in
            JudgeSession(
                engine: wrapping(member.name, try engines.budgeted(member.name, at: member.place)),
                guardian: try engines.promptGuard(member.name, at: member.place),
                store: store,
                replicate: replicate,
                ask: spec.ask,
                temperature: spec.temperature,
                journal: journal
            )
        }
    }

    /// Samples to judge at once.
    var slots: Int { members.map(\.engine.slots).min() ?? 1 }
    /// The judges beside the first, nil without any.
    var panel: [EngineIdentity]? { members.count > 1 ? members.dropFirst().map(\.engine.identity) : nil }

    /// Under which the judges' calibration is looked up.
    var fingerprint: String { JudgeCalibration.fingerprint(of: members.map(\.engine.identity), way: spec.way) }

    /// The counts of all judges together.
    var counts: JudgeSession.Counts {
        members.map(\.counts).reduce(into: JudgeSession.Counts()) { sum, counts in
            sum.calls += counts.calls
            sum.reused += counts.reused
            sum.promptTokens += counts.promptTokens
            sum.completionTokens += counts.completionTokens
            if let tokens = counts.processedTokens { sum.processedTokens = (sum.processedTokens ?? 0) + tokens }
        }
    }
}

/// Keys of judge calls, each once, in the order of the first asking.
final class JudgeKeys: Sendable {
    private let state = Mutex<[ItemKey]>([])

    func add(_ key: ItemKey) {
        state.withLock { if !$0.contains(key) { $0.append(key) } }
    }

    /// The keys in an order that does not depend on timing.
    var sorted: [ItemKey] { state.withLock { $0 }.sorted { $0.hex < $1.hex } }
}
