import AssayHTTP
import AssayModel

/// Why one try failed and whether another may help.
struct TryFailure: Error {
    var error: AssayError
    /// Another try may help.
    var mayRetry: Bool
    /// How long the server asked to wait.
    var retryAfter: Duration?
    /// Content has been passed on: a second try would repeat it.
    var hasDelivered = false
}

/// When to try again: the one owner of retries of an engine.
///
/// The rules are those of OpenAI's own client: two retries; pauses of min(0.5 · 2^n, 8) s times 1 − 0.25 · random; `retry-after-ms`
/// and `Retry-After` are honoured up to 120 s, a longer wait gives up; `x-should-retry` decides over the status. One deadline is
/// spent across all tries, and nothing is tried again after content has been passed on. Where calls share a `RetryBudget`, that must have
/// a try left.
struct RetryPolicy: Sendable {
    static let maxRetryAfter: Duration = .seconds(120)

    var maxRetries: Int
    var seed: UInt64
    var clock: WaitingClock

    /// Runs `attempt` until it succeeds or must not be tried again.
    ///
    /// - Parameters:
    ///   - timeout: Time for all tries and pauses.
    ///   - key: Decides the jitter together with the seed, so that tasks do not come back all at once.
    ///   - attempt: One try, with its number from 1 and the time that is left.
    /// - Returns: What `attempt` returns.
    /// - Throws: The error of the last try; `CancellationError`.
    func run<Result>(
        timeout: Duration,
        key: String,
        _ attempt: (_ number: Int, _ left: Duration) async throws -> Result
    ) async throws -> Result {
        let start = clock.now()
        var random = SeededRandom(seed: seed ^ fold(key))
        var number = 1
        while true {
            do {
                return try await attempt(number, timeout - (clock.now() - start))
            } catch let failure as TryFailure {
                try Task.checkCancellation()
                let left = timeout - (clock.now() - start)
                guard failure.mayRetry, !failure.hasDelivered, number <= maxRetries,
                    let pause = pause(before: number, asked: failure.retryAfter, random: random.unit()), pause < left,
                    RetryBudget.current?.withdraw() ?? true
                else { throw failure.error(afterTries: number) }
                try await clock.sleep(pause)
                number += 1
            }
        }
    }

    /// The pause before retry `number`, from 1; nil when the server asks for too long a wait.
    func pause(before number: Int, asked: Duration?, random: Double) -> Duration? {
        if let asked {
            return asked > Self.maxRetryAfter ? nil : max(.zero, asked)
        }
        let base = min(0.5 * Double(1 << min(number - 1, 10)), 8)
        return .seconds(base * (1 - 0.25 * random))
    }

    /// Whether a response with this status is worth another try.
    static func mayRetry(_ head: HTTPHead) -> Bool {
        switch head["x-should-retry"]?.lowercased() {
        case "true": return true
        case "false": return false
        default: return head.status == 408 || head.status == 409 || head.status == 429 || head.status >= 500
        }
    }

    /// The wait that a response asks for, nil when it asks for none.
    static func retryAfter(_ head: HTTPHead, unixTime: Double) -> Duration? {
        if let milliseconds = head["retry-after-ms"].flatMap(Double.init), milliseconds.isFinite, milliseconds >= 0 {
            return .milliseconds(min(milliseconds, 1e9))
        }
        return head.retryAfter(unixTime: unixTime)
    }

    private func fold(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}

extension TryFailure {
    fileprivate func error(afterTries number: Int) -> AssayError {
        guard number > 1 else { return error }
        var error = error
        error.message += " (after \(number) tries)"
        return error
    }
}
