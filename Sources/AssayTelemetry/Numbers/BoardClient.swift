import AssayHTTP
import AssayModel

/// Asks a running service for its numbers.
package struct BoardClient: Sendable {
    private let client: HTTPClient
    private let url: String
    private let key: String?

    /// Prepares to ask.
    ///
    /// - Parameters:
    ///   - url: Where the service listens, as `http://127.0.0.1:8080`; a path is dropped.
    ///   - key: API key with the scope `eval`, nil for none.
    /// - Throws: `AssayError` "top.url" for what is no URL.
    package init(_ url: String, key: String?) throws {
        let full = url.contains("://") ? url : "http://" + url
        guard full.hasPrefix("http://") || full.hasPrefix("https://") else {
            throw AssayError(
                "top.url",
                "'\(url)' is no HTTP address",
                remedy: "for example: assay top http://127.0.0.1:8080"
            )
        }
        client = try HTTPClient()
        self.url = HTTPRequest("GET", full).origin
        self.key = key
    }

    /// Where is asked: scheme, host and port.
    package var origin: String { url }

    /// The numbers and the newest points.
    ///
    /// - Parameter points: Points at most.
    /// - Returns: The board.
    /// - Throws: `AssayError` with code "top.…" saying what to do.
    package func board(points: Int) async throws -> ServiceBoard {
        var headers = [HTTPHeader("Accept", "application/json")]
        if let key { headers.append(HTTPHeader("Authorization", "Bearer \(key)")) }
        let response: HTTPResponse
        do {
            response = try await client.send(
                HTTPRequest(
                    "GET",
                    "\(url)/dashboard.json?last=\(points)",
                    headers: headers,
                    deadline: .seconds(10),
                    maxResponseBytes: 4 << 20
                )
            )
        } catch is AssayError {
            throw AssayError(
                "top.unreachable",
                "nothing answers at \(url)",
                remedy: "start the service with 'assay serve FILE', or name its address: assay top http://HOST:PORT"
            )
        }
        if let refusal = refusal(response.status) { throw refusal }
        guard let json = try? JSONValue(parsing: response.text), let board = ServiceBoard(json) else {
            throw notAssay("it answers without the numbers of a service")
        }
        return board
    }

    private func refusal(_ status: Int) -> AssayError? {
        switch status {
        case 200: nil
        case 401:
            AssayError(
                "top.key",
                key == nil ? "\(url) asks for a key" : "\(url) does not know this key",
                remedy: "give a key with the scope eval by --key-file FILE or in the variable ASSAY_KEY"
            )
        case 403:
            AssayError(
                "top.scope",
                "\(url) does not show its numbers to this key, or to this name of the machine",
                remedy:
                    "make a key with 'assay keys new NAME --scope eval --file keys.json' and send the service SIGHUP; without keys ask 127.0.0.1"
            )
        case 429:
            AssayError(
                "top.limit",
                "\(url) has had enough requests of this key",
                remedy: "ask less often: --interval 10"
            )
        case 503: AssayError("top.ending", "\(url) is ending", remedy: "wait until it has started again")
        default: notAssay("/dashboard.json is answered with status \(status)")
        }
    }

    private func notAssay(_ why: String) -> AssayError {
        AssayError(
            "top.service",
            "\(url) is no service of Assay, or an older one: \(why)",
            remedy: "name the address that 'assay serve' printed: assay top http://HOST:PORT"
        )
    }
}
