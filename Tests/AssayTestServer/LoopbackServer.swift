import AssayHTTP
package import AssayModel
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// A scripted HTTP/1.1 server on the loopback interface, for tests of clients and of their faults.
///
/// Each connection has its own thread; a request is answered by the steps that the script returns for it.
package final class LoopbackServer: Sendable {
    /// A request as it came.
    package struct Request: Sendable {
        package var method: String
        package var path: String
        package var headers: [(name: String, value: String)]
        package var body: [UInt8]

        /// The value of the first header `name`, in lower case.
        package subscript(name: String) -> String? { headers.first { $0.name == name }?.value }
        /// The body as text.
        package var text: String { String(decoding: body, as: UTF8.self) }
        /// The body as JSON, nothing when it is none.
        package var json: JSONValue { (try? JSONValue(parsing: text)) ?? .null }
    }

    /// One step of an answer.
    package enum Step: Sendable {
        /// Status line and headers; without a length the end of the connection ends the body.
        case head(Int, [(String, String)])
        /// Bytes as they are.
        case bytes([UInt8])
        /// Waits; notices when the client goes away.
        case wait(Duration)
        /// Waits until the test says so; notices when the client goes away.
        case until(@Sendable () -> Bool)
        /// Breaks the connection.
        case cut
        /// Waits until the client goes away.
        case hang

        /// Text as it is.
        package static func text(_ text: String) -> Step { .bytes(Array(text.utf8)) }
    }

    /// What has been seen so far.
    package struct Log: Sendable {
        package var requests: [Request] = []
        /// Connections that the client closed before its answer was complete.
        package var abandoned = 0
        package var sentBytes = 0
        package var connections = 0
    }

    /// Port on 127.0.0.1.
    package let port: Int
    private let listener: CInt
    private let script: @Sendable (Request, _ number: Int) -> [Step]
    private let state = Mutex((log: Log(), isStopped: false))

    /// Starts listening; `script` gets a request and its number, from 0.
    package init(_ script: @escaping @Sendable (Request, _ number: Int) -> [Step]) throws {
        self.script = script
        (listener, port) = try Self.listen()
        try startThread { self.accept() }
    }

    deinit { close(listener) }

    /// `http://127.0.0.1:PORT`.
    package var url: String { "http://127.0.0.1:\(port)" }
    /// What has been seen so far.
    package var log: Log { state.withLock { $0.log } }

    /// Refuses connections from now on.
    package func stop() {
        state.withLock { $0.isStopped = true }
        shutdown(listener, CInt(SHUT_RDWR))
    }

    /// Waits until `isTrue` holds for the log, at most `limit`; says whether it did.
    package func waits(_ limit: Duration = .seconds(60), until isTrue: (Log) -> Bool) async throws -> Bool {
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end {
            if isTrue(log) { return true }
            try await Task.sleep(for: .milliseconds(5))
        }
        return isTrue(log)
    }

    // MARK: sockets

    /// A socket on a free port of 127.0.0.1.
    package static func listen() throws -> (socket: CInt, port: Int) {
        let listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(listener, $0, length) == 0 && Glibc.listen(listener, 64) == 0
                    && getsockname(listener, $0, &length) == 0
            }
        }
        guard isBound else { throw AssayError("test.server", "cannot listen: \(systemMessage(errno))") }
        return (listener, Int(UInt16(bigEndian: address.sin_port)))
    }

    private func accept() {
        while true {
            let connection = Glibc.accept(listener, nil, nil)
            if connection < 0 || state.withLock({ $0.isStopped }) {
                if connection >= 0 { close(connection) }
                return
            }
            _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
            state.withLock { $0.log.connections += 1 }
            do {
                try startThread {
                    self.serve(Connection(connection))
                    close(connection)
                }
            } catch {
                close(connection)
            }
        }
    }

    private func serve(_ connection: Connection) {
        while let request = connection.readRequest() {
            let number = state.withLock { state in
                state.log.requests.append(request)
                return state.log.requests.count - 1
            }
            switch play(script(request, number), on: connection) {
            case .keep: continue
            case .closed: return
            case .abandoned:
                state.withLock { $0.log.abandoned += 1 }
                return
            }
        }
    }

    private enum Outcome {
        case keep
        case closed
        case abandoned
    }

    private func play(_ steps: [Step], on connection: Connection) -> Outcome {
        var keeps = false
        for step in steps {
            switch step {
            case .head(let status, let headers):
                keeps = headers.contains {
                    $0.0.lowercased() == "content-length" || $0.0.lowercased() == "transfer-encoding"
                }
                let lines = headers.map { "\($0.0): \($0.1)\r\n" }.joined()
                let close = keeps ? "" : "Connection: close\r\n"
                guard connection.send(Array("HTTP/1.1 \(status) Status\r\n\(lines)\(close)\r\n".utf8)) else {
                    return .abandoned
                }
            case .bytes(let bytes):
                for start in stride(from: 0, to: bytes.count, by: 65_536) {
                    let part = Array(bytes[start..<min(start + 65_536, bytes.count)])
                    guard connection.send(part) else { return .abandoned }
                    state.withLock { $0.log.sentBytes += part.count }
                }
            case .wait(let duration):
                if connection.isGone(within: duration.milliseconds) { return .abandoned }
            case .until(let isTrue):
                while !isTrue() {
                    if connection.isGone(within: 5) { return .abandoned }
                }
            case .cut:
                connection.reset()
                return .closed
            case .hang:
                return connection.isGone(within: 60_000) ? .abandoned : .closed
            }
        }
        return keeps ? .keep : .closed
    }
}

extension [LoopbackServer.Step] {
    /// A whole answer with its length.
    package static func answer(_ status: Int, _ body: String, _ headers: [(String, String)] = []) -> Self {
        let length = [("Content-Length", "\(body.utf8.count)")]
        return [.head(status, [("Content-Type", "application/json")] + headers + length), .text(body)]
    }

    /// A stream of events; every text becomes the data of one.
    package static func events(_ data: [String]) -> Self {
        [.head(200, [("Content-Type", "text/event-stream")])] + data.map { .text("data: \($0)\n\n") }
    }
}
