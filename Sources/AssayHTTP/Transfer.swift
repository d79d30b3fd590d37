import AssayModel
import Synchronization

/// What the curl thread and the reading task share about one request.
///
/// The curl thread feeds it; one task reads it. All state is behind the mutex; continuations are resumed outside of it.
final class Transfer: Sendable {
    /// Bytes that may wait for the reader before the transfer pauses.
    static let highWater = 256 << 10
    /// Bytes of header lines to accept.
    static let maxHeadBytes = 256 << 10

    /// What a callback tells curl to do.
    enum Verdict {
        case taken
        case pause
        case abort
    }

    fileprivate struct State {
        var lines: [String] = []
        var headBytes = 0
        var head: HTTPHead?
        var pending: [[UInt8]] = []
        var pendingBytes = 0
        var received = 0
        var isPaused = false
        var result: Result<Void, AssayError>?
        var isCancelled = false
        var tooLarge: String?
        var headWaiter: CheckedContinuation<HTTPHead, any Error>?
        var bodyWaiter: CheckedContinuation<[UInt8]?, any Error>?
    }

    let request: HTTPRequest
    private let state = Mutex(State())
    private let resume: @Sendable (Transfer) -> Void
    private let abandon: @Sendable (Transfer) -> Void

    init(
        _ request: HTTPRequest,
        resume: @escaping @Sendable (Transfer) -> Void,
        abandon: @escaping @Sendable (Transfer) -> Void
    ) {
        self.request = request
        self.resume = resume
        self.abandon = abandon
    }

    // MARK: reading task

    /// Waits for status and headers; they are there when the first byte of the body is, or the end.
    func head() async throws -> HTTPHead {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let now: Result<HTTPHead, any Error>? = state.withLock { state in
                    if state.isCancelled { return .failure(CancellationError()) }
                    if let head = state.head { return .success(head) }
                    if case .failure(let error) = state.result { return .failure(error) }
                    state.headWaiter = continuation
                    return nil
                }
                if let now { continuation.resume(with: now) }
            }
        } onCancel: {
            cancel()
        }
    }

    /// The next bytes of the body, nil at its end.
    func next() async throws -> [UInt8]? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let (now, wasPaused): (Result<[UInt8]?, any Error>?, Bool) = state.withLock { state in
                    if state.isCancelled { return (.failure(CancellationError()), false) }
                    if !state.pending.isEmpty {
                        let bytes = state.takePending()
                        let wasPaused = state.isPaused
                        state.isPaused = false
                        return (.success(bytes), wasPaused)
                    }
                    switch state.result {
                    case .failure(let error): return (.failure(error), false)
                    case .success: return (.success(nil), false)
                    case nil:
                        state.bodyWaiter = continuation
                        return (nil, false)
                    }
                }
                if wasPaused { resume(self) }
                if let now { continuation.resume(with: now) }
            }
        } onCancel: {
            cancel()
        }
    }

    /// Ends the transfer and closes its connection; harmless after the end.
    func cancel() {
        let (head, body, isRunning) = state.withLock { state in
            let waiters = (state.headWaiter, state.bodyWaiter, state.result == nil && !state.isCancelled)
            state.headWaiter = nil
            state.bodyWaiter = nil
            state.isCancelled = true
            state.pending = []
            return waiters
        }
        if isRunning { abandon(self) }
        head?.resume(throwing: CancellationError())
        body?.resume(throwing: CancellationError())
    }

    // MARK: curl thread

    /// Takes one header line without its line end.
    func receive(headerLine line: String) -> Verdict {
        state.withLock { state in
            guard state.head == nil else { return .taken }  // a trailer
            // An informational response or a redirect that is followed starts a new list.
            if line.hasPrefix("HTTP/") { state.lines = [] }
            state.headBytes += line.utf8.count + 2
            guard state.headBytes <= Self.maxHeadBytes else {
                state.tooLarge = "more than \(Self.maxHeadBytes) bytes of headers"
                return .abort
            }
            if !line.isEmpty { state.lines.append(line) }
            return .taken
        }
    }

    /// Takes bytes of the body.
    func receive(status: Int, body: [UInt8]) -> Verdict {
        var ready: () -> Void = {}
        let verdict: Verdict = state.withLock { state in
            if state.isCancelled { return .abort }
            state.setHead(status: status)
            guard state.received + body.count <= request.maxResponseBytes else {
                state.tooLarge = "more than \(request.maxResponseBytes) bytes of body"
                return .abort
            }
            // Curl offers the same bytes again after a pause.
            guard state.pendingBytes < Self.highWater else {
                state.isPaused = true
                return .pause
            }
            state.received += body.count
            let waiter = state.bodyWaiter
            if waiter == nil {
                state.pending.append(body)
                state.pendingBytes += body.count
            }
            state.bodyWaiter = nil
            let (headWaiter, head) = (state.headWaiter, state.head)
            state.headWaiter = nil
            ready = {
                if let headWaiter, let head { headWaiter.resume(returning: head) }
                waiter?.resume(returning: body)
            }
            return .taken
        }
        ready()
        return verdict
    }

    /// Ends the transfer; `status` is that of the final response.
    func finish(_ result: Result<Int, AssayError>) {
        let ready: () -> Void = state.withLock { state in
            guard state.result == nil else { return {} }
            var result = result
            if let tooLarge = state.tooLarge {
                result = .failure(AssayError("http.too-large", "\(request.origin) sent \(tooLarge)"))
            }
            if case .success(let status) = result { state.setHead(status: status) }
            state.result = result.map { _ in }
            let (head, body, found) = (state.headWaiter, state.bodyWaiter, state.head)
            state.headWaiter = nil
            state.bodyWaiter = nil
            return {
                switch result {
                case .success:
                    if let found { head?.resume(returning: found) }
                    body?.resume(returning: nil)
                case .failure(let error):
                    head?.resume(throwing: error)
                    body?.resume(throwing: error)
                }
            }
        }
        ready()
    }
}

extension Transfer.State {
    /// All bytes that wait, in one piece.
    fileprivate mutating func takePending() -> [UInt8] {
        defer {
            pending = []
            pendingBytes = 0
        }
        guard pending.count > 1 else { return pending.first ?? [] }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(pendingBytes)
        for part in pending { bytes.append(contentsOf: part) }
        return bytes
    }

    fileprivate mutating func setHead(status: Int) {
        guard head == nil else { return }
        let headers = lines.dropFirst().compactMap { line -> HTTPHeader? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            return HTTPHeader(String(line[..<colon]), String(value))
        }
        head = HTTPHead(status: status, headers: headers)
        lines = []
    }
}
