import AssayModel

/// One header line; its value never appears in an error.
package struct HTTPHeader: Sendable, Equatable {
    /// Name, in any case.
    package var name: String
    /// Value.
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// A request with the limits that hold for it.
package struct HTTPRequest: Sendable {
    /// `GET`, `HEAD`, `POST`, `PUT`, `DELETE` ….
    package var method: String
    /// Absolute `http` or `https` URL.
    package var url: String
    /// Header lines in the order they are sent.
    package var headers: [HTTPHeader]
    /// Bytes to send, nil for none.
    package var body: [UInt8]?
    /// Time for all of it, from the call to the last byte; not positive times out at once.
    package var deadline: Duration
    /// Time to resolve the name, connect and agree on TLS.
    package var connectTimeout: Duration
    /// Bytes of body to accept at most.
    package var maxResponseBytes: Int
    /// Redirects to follow; 0 returns the redirect itself.
    package var maxRedirects: Int

    package init(
        _ method: String = "GET",
        _ url: String,
        headers: [HTTPHeader] = [],
        body: [UInt8]? = nil,
        deadline: Duration = .seconds(60),
        connectTimeout: Duration = .seconds(5),
        maxResponseBytes: Int = 64 << 20,
        maxRedirects: Int = 0
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.deadline = deadline
        self.connectTimeout = connectTimeout
        self.maxResponseBytes = maxResponseBytes
        self.maxRedirects = maxRedirects
    }

    /// Scheme, host and port of the URL: what errors may name, without user, path and query.
    package var origin: String {
        guard let schemeEnd = url.firstRange(of: "://") else { return "the given URL" }
        let rest = url[schemeEnd.upperBound...]
        let authority = rest.prefix { !"/?#\\".contains($0) }
        let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? authority
        return String(url[..<schemeEnd.upperBound] + host)
    }

    /// Whether the URL leads to this machine, where no proxy is asked.
    var isLoopback: Bool {
        guard let schemeEnd = origin.firstRange(of: "://") else { return false }
        let host = origin[schemeEnd.upperBound...]
        return host.hasPrefix("127.") || host.hasPrefix("[::1]") || host == "localhost" || host.hasPrefix("localhost:")
    }

    /// Throws `AssayError` "http.request" for what must not reach the wire.
    func check() throws {
        let scheme = url.prefix { $0 != ":" }.lowercased()
        guard scheme == "http" || scheme == "https" else {
            throw AssayError("http.request", "only http and https URLs are allowed", remedy: "check the URL's scheme")
        }
        for text in [method, url] + headers.flatMap({ [$0.name, $0.value] })
        where text.utf8.contains(where: { $0 < 32 && $0 != 9 || $0 == 127 }) {
            throw AssayError("http.request", "a URL or header for \(origin) holds a control character")
        }
        for header in headers where header.name.isEmpty || header.name.contains(where: { $0 == ":" || $0 == " " }) {
            throw AssayError("http.request", "a header name for \(origin) is not valid")
        }
    }
}

/// Status and header lines of a response.
package struct HTTPHead: Sendable, Equatable {
    /// Status, for example 200.
    package var status: Int
    /// Header lines in the order they came.
    package var headers: [HTTPHeader]

    package init(status: Int, headers: [HTTPHeader]) {
        self.status = status
        self.headers = headers
    }

    /// The value of the first header `name` (case does not count), nil when there is none.
    package subscript(name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.name.lowercased() == wanted }?.value
    }
}

/// A response with its whole body.
package struct HTTPResponse: Sendable, Equatable {
    /// Status and headers.
    package var head: HTTPHead
    /// All bytes of the body.
    package var body: [UInt8]

    /// Status, for example 200.
    package var status: Int { head.status }
    /// The body as text; invalid UTF-8 is replaced.
    package var text: String { String(decoding: body, as: UTF8.self) }
}
