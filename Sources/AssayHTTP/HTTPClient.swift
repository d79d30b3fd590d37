import AssayModel

/// Asks HTTP servers; safe to share, one for a whole program is enough.
///
/// Laws: TLS certificates are verified; only `http` and `https` are spoken; a cancelled task closes its connection at once; no
/// error holds a header, a path or a query.
package final class HTTPClient: Sendable {
    private let loop: CurlLoop

    /// Starts the client's thread.
    ///
    /// - Parameter maxConnectionsPerHost: Requests to one server at once; more wait within their deadline; 0 is no limit.
    /// - Throws: `AssayError` when libcurl or the thread cannot start.
    package init(maxConnectionsPerHost: Int = 0) throws {
        loop = try CurlLoop(maxConnectionsPerHost: maxConnectionsPerHost)
    }

    deinit { loop.stop() }

    /// Sends `request` and reads the whole response, whatever its status.
    ///
    /// - Parameter request: What to ask, with its limits.
    /// - Returns: Status, headers and body.
    /// - Throws: `AssayError` with code `http.…` when there is no whole response, or `CancellationError`.
    package func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        try await stream(request) { head, body in
            var bytes: [UInt8] = []
            for try await part in body { bytes.append(contentsOf: part) }
            return HTTPResponse(head: head, body: bytes)
        }
    }

    /// Sends `request` and hands over the response while it arrives; the transfer ends with `body`.
    ///
    /// The server is slowed down when the reader is behind: at most about 256 KiB wait in memory.
    ///
    /// - Parameters:
    ///   - request: What to ask, with its limits.
    ///   - body: Reads the response; leaving it early closes the connection.
    /// - Returns: What `body` returns.
    /// - Throws: As `send`, or what `body` throws.
    package func stream<Result>(
        _ request: HTTPRequest,
        _ body: (HTTPHead, HTTPBody) async throws -> Result
    ) async throws -> Result {
        try Task.checkCancellation()
        try request.check()
        guard request.deadline > .zero else {
            throw AssayError("http.timeout", "no time is left to ask \(request.origin)")
        }
        let transfer = Transfer(
            request,
            resume: { [loop] in loop.resume($0) },
            abandon: { [loop] in loop.cancel($0) }
        )
        defer { transfer.cancel() }
        loop.start(transfer)
        let head = try await transfer.head()
        return try await body(head, HTTPBody(transfer: transfer))
    }
}

/// The body of a response as it arrives; it can be read once, by one task.
package struct HTTPBody: AsyncSequence, Sendable {
    package typealias Element = [UInt8]

    let transfer: Transfer

    package func makeAsyncIterator() -> Iterator { Iterator(transfer: transfer) }

    /// Waits for parts of the body.
    package struct Iterator: AsyncIteratorProtocol {
        let transfer: Transfer

        /// The next bytes, nil at the end.
        package mutating func next() async throws -> [UInt8]? {
            try await transfer.next()
        }
    }
}
