import HTTPTypes
import Synchronization

/// Requests and tokens a minute of each key, as buckets that fill all the time.
final class RateLimits: Sendable {
    private struct Bucket {
        var level: Double
        var time: Double

        /// Fills up at `perMinute`, at most to one minute's worth.
        mutating func fill(_ perMinute: Int, now: Double) {
            level = min(Double(perMinute), level + (now - time) * Double(perMinute) / 60)
            time = now
        }
    }

    private let buckets = Mutex<[String: Bucket]>([:])
    private let start = ContinuousClock.now
    private let clock: @Sendable () -> Double

    /// Creates limits.
    ///
    /// - Parameter clock: Seconds, for tests; nil takes the system's.
    init(clock: (@Sendable () -> Double)? = nil) {
        let start = start
        self.clock = clock ?? { (ContinuousClock.now - start) / .seconds(1) }
    }

    /// Counts a request.
    ///
    /// - Throws: `Failure` 429 when the key has used up its requests or its tokens.
    func admit(_ caller: Caller) throws(Failure) {
        let now = clock()
        let waits = buckets.withLock { buckets -> (requests: Double, tokens: Double) in
            var waits = (requests: 0.0, tokens: 0.0)
            if let limit = caller.tokensPerMinute {
                var bucket = buckets["t " + caller.name] ?? Bucket(level: Double(limit), time: now)
                bucket.fill(limit, now: now)
                buckets["t " + caller.name] = bucket
                // An answer's tokens are known afterwards: the level may be negative then.
                if bucket.level <= 0 { waits.tokens = (1 - bucket.level) * 60 / Double(limit) }
            }
            if let limit = caller.requestsPerMinute, waits.tokens == 0 {
                var bucket = buckets["r " + caller.name] ?? Bucket(level: Double(limit), time: now)
                bucket.fill(limit, now: now)
                if bucket.level >= 1 {
                    bucket.level -= 1
                } else {
                    waits.requests = (1 - bucket.level) * 60 / Double(limit)
                }
                buckets["r " + caller.name] = bucket
            }
            return waits
        }
        if waits.tokens > 0 {
            throw .overloaded(
                "this key has used its tokens of this minute",
                code: "token_limit",
                retryAfter: Int(waits.tokens.rounded(.up))
            )
        }
        if waits.requests > 0 {
            throw .overloaded(
                "this key has used its requests of this minute",
                code: "request_limit",
                retryAfter: Int(waits.requests.rounded(.up))
            )
        }
    }

    /// Counts the tokens of an answer.
    func spend(_ tokens: Int, of caller: Caller) {
        guard let limit = caller.tokensPerMinute else { return }
        let now = clock()
        buckets.withLock { buckets in
            var bucket = buckets["t " + caller.name] ?? Bucket(level: Double(limit), time: now)
            bucket.fill(limit, now: now)
            bucket.level -= Double(tokens)
            buckets["t " + caller.name] = bucket
        }
    }

    /// The headers that tell a client how much is left.
    func headers(_ caller: Caller) -> HTTPFields {
        var fields = HTTPFields()
        buckets.withLock { buckets in
            for (kind, limit) in [("r", caller.requestsPerMinute), ("t", caller.tokensPerMinute)] {
                guard let limit else { continue }
                let name = kind == "r" ? "requests" : "tokens"
                let level = max(0, buckets["\(kind) \(caller.name)"]?.level ?? Double(limit))
                if let field = HTTPField.Name("x-ratelimit-limit-\(name)") { fields[field] = "\(limit)" }
                if let field = HTTPField.Name("x-ratelimit-remaining-\(name)") { fields[field] = "\(Int(level))" }
            }
        }
        return fields
    }
}
