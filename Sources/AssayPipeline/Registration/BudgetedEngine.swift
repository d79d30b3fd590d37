import AssayEngines
import AssayModel
import Synchronization

/// Hard caps on what a run may use of engines; nil means no cap.
package struct Budget: Sendable {
    /// Tokens of prompts and replies together.
    package var tokens: Int?
    /// Money, in the unit of the prices in `engines.yaml`.
    package var cost: Double?

    /// Creates caps.
    package init(tokens: Int? = nil, cost: Double? = nil) {
        self.tokens = tokens
        self.cost = cost
    }
}

/// What a run has used and what its calls in flight may use, over all its engines.
final class Spending: Sendable {
    private struct Amount {
        var tokens = 0
        var cost = 0.0
    }

    private let budget: Budget
    private let spent = Mutex(Amount())

    init(_ budget: Budget) {
        self.budget = budget
    }

    var isLimited: Bool { budget.tokens != nil || limitsCost }
    var limitsCost: Bool { budget.cost != nil }

    /// Sets aside what a call may use at most.
    ///
    /// - Throws: "run.max-tokens" or "run.max-cost" when that would go over a cap; nothing is set aside then.
    func reserve(_ usage: Usage, price: EngineConfig.Price?) throws {
        let cost = price?.cost(of: usage) ?? 0
        try spent.withLock { spent in
            if let cap = budget.tokens, spent.tokens + usage.total > cap {
                throw Self.refusal(
                    "run.max-tokens",
                    "\(spent.tokens) tokens are used or promised, the next call may use \(usage.total), --max-tokens is \(cap)"
                )
            }
            if let cap = budget.cost, spent.cost + cost > cap {
                throw Self.refusal(
                    "run.max-cost",
                    "\(spent.cost) is spent or promised, the next call may cost \(cost), --max-cost is \(cap)"
                )
            }
            spent.tokens += usage.total
            spent.cost += cost
        }
    }

    /// Replaces what was set aside by what was used.
    func settle(_ reserved: Usage, used: Usage, price: EngineConfig.Price?) {
        spent.withLock { spent in
            spent.tokens += used.total - reserved.total
            spent.cost += (price?.cost(of: used) ?? 0) - (price?.cost(of: reserved) ?? 0)
        }
    }

    private static func refusal(_ code: AssayError.Code, _ message: String) -> AssayError {
        AssayError(code, message, remedy: "what was finished is kept: raise the cap and run the same command to go on")
    }
}

/// An engine whose calls count against a run's caps.
struct BudgetedEngine: Engine {
    let engine: any Engine
    let price: EngineConfig.Price?
    let spending: Spending

    var identity: EngineIdentity { engine.identity }
    var slots: Int { engine.slots }
    var keepsTextPlain: Bool { engine.keepsTextPlain }

    func prepare() async throws { try await engine.prepare() }
    func countTokens(_ text: String) async throws -> Int? { try await engine.countTokens(text) }
    func shutdown() async { await engine.shutdown() }

    func chat(_ request: ChatRequest, onDelta: (@Sendable (String) -> Void)?) async throws -> ChatReply {
        // Three bytes a token is on the safe side for prose; what was really used replaces it.
        let bytes = request.messages.reduce(0) { $0 + $1.content.utf8.count + $1.role.utf8.count }
        let reserved = Usage(promptTokens: bytes / 3 + 16, completionTokens: request.maxTokens)
        try spending.reserve(reserved, price: price)
        do {
            let reply = try await engine.chat(request, onDelta: onDelta)
            spending.settle(reserved, used: reply.usage, price: price)
            return reply
        } catch {
            spending.settle(reserved, used: Usage(promptTokens: 0, completionTokens: 0), price: price)
            throw error
        }
    }
}

extension Usage {
    fileprivate var total: Int { promptTokens + completionTokens }
}

extension EngineConfig.Price {
    /// Price of a call; prices are per million tokens.
    func cost(of usage: Usage) -> Double {
        (Double(usage.promptTokens) * input + Double(usage.completionTokens) * output) / 1e6
    }
}
