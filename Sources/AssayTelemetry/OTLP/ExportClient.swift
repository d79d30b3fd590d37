import AssayHTTP
import AssayModel
import FoundationEssentials
import Synchronization

/// Posts bodies and tries again as OTLP's specification says.
///
/// 429, 502, 503, 504 and failed connections are tried again: after `Retry-After`, else after 1 s · 1.5^n up to 5 s, times 0.8 to 1.2. Any other
/// status is final. All tries share one limit of time.
struct ExportClient: Sendable {
    let settings: ExportSettings
    let client: HTTPClient
    let clock: WaitingClock
    private let random: SharedRandom

    init(_ settings: ExportSettings, client: HTTPClient, clock: WaitingClock, seed: UInt64) {
        self.settings = settings
        self.client = client
        self.clock = clock
        random = SharedRandom(seed: seed)
    }

    /// Sends a body.
    ///
    /// - Returns: The response with a status from 200 to 299.
    /// - Throws: `AssayError` "telemetry.export" without URL path, header or body; `CancellationError`.
    func post(_ body: [UInt8]) async throws -> HTTPResponse {
        let start = clock.now()
        var tries = 0
        while true {
            let left = settings.batching.exportTimeout - (clock.now() - start)
            var request = HTTPRequest(
                "POST",
                settings.url,
                headers: settings.headers + [HTTPHeader("Content-Type", settings.encoding.contentType)],
                body: body,
                deadline: min(settings.timeout, left),
                maxResponseBytes: 4 << 20
            )
            request.headers.append(HTTPHeader("User-Agent", "OTel-OTLP-Exporter-Assay"))
            var asked: Duration?
            var failure: String
            do {
                let response = try await client.send(request)
                if (200..<300).contains(response.status) { return response }
                failure = "\(request.origin) answered with status \(response.status)"
                guard [429, 502, 503, 504].contains(response.status) else { throw Self.error(failure, tries) }
                asked = response.head.retryAfter(unixTime: clock.unixTime())
            } catch let error as AssayError where error.code.rawValue.hasPrefix("http.") {
                failure = error.message
                guard error.code != "http.request", error.code != "http.too-large" else {
                    throw Self.error(failure, tries)
                }
            }
            let pause = asked ?? backoff(after: tries)
            guard pause < settings.batching.exportTimeout - (clock.now() - start) else {
                throw Self.error(failure, tries)
            }
            try await clock.sleep(pause)
            tries += 1
        }
    }

    private func backoff(after tries: Int) -> Duration {
        var base = 1.0
        for _ in 0..<min(tries, 8) { base *= 1.5 }
        return .seconds(min(base, 5) * (0.8 + 0.4 * random.unit()))
    }

    private static func error(_ failure: String, _ tries: Int) -> AssayError {
        AssayError("telemetry.export", failure + (tries > 0 ? " (after \(tries + 1) tries)" : ""))
    }
}

/// Random numbers for several tasks.
private final class SharedRandom: Sendable {
    private let random: Mutex<SeededRandom>

    init(seed: UInt64) {
        random = Mutex(SeededRandom(seed: seed))
    }

    func unit() -> Double { random.withLock { $0.unit() } }
}
