import AssayModel

extension HTTPClient {
    /// Fetches a file: into `PATH.part` first, checked against its digest, then renamed.
    ///
    /// A part left by an interrupted download is continued where the server can do that. When the digest does not match after
    /// a continuation, the file is fetched once more from its start.
    ///
    /// - Parameters:
    ///   - url: Where it is; up to 5 redirects are followed.
    ///   - path: Where it goes; replaced in one step.
    ///   - sha256: Digest it must have, in hexadecimal; nil only where none is known.
    ///   - resume: Continues a part that is there.
    ///   - deadline: Time for all of it.
    ///   - maxBytes: Size to accept at most.
    ///   - progress: Called with the bytes so far and the whole size, if the server says it.
    /// - Returns: The digest of the file.
    /// - Throws: `AssayError` with code `download.…` or `http.…`; the part stays for the next try unless its digest is wrong.
    @discardableResult
    package func download(
        _ url: String,
        to path: String,
        sha256: String?,
        resume: Bool = true,
        deadline: Duration = .seconds(3600),
        maxBytes: Int = 64 << 30,
        progress: (@Sendable (_ received: Int, _ total: Int?) -> Void)? = nil
    ) async throws -> String {
        let part = try await offPool { try PartFile(path + ".part") }
        let end = ContinuousClock.now + deadline
        var continues = resume
        while true {
            let start = continues ? part.size : 0
            var request = HTTPRequest(
                "GET",
                url,
                headers: start > 0 ? [HTTPHeader("Range", "bytes=\(start)-")] : [],
                deadline: ContinuousClock.now.duration(to: end),
                connectTimeout: .seconds(15),
                maxResponseBytes: maxBytes - start,
                maxRedirects: 5
            )
            request.headers.append(HTTPHeader("Accept-Encoding", "identity"))
            let used = try await stream(request) { head, body in
                try await part.fill(from: start, head: head, body: body, origin: request.origin, progress)
            }
            guard let used else {
                continues = false
                continue
            }
            let digest = try await offPool { try part.digest() }
            if sha256 == nil || digest == sha256?.lowercased() {
                try await offPool { try part.move(to: path) }
                return digest
            }
            try await offPool { try part.truncate(to: 0) }
            guard used > 0 else {
                throw AssayError(
                    "download.digest",
                    "the file from \(request.origin) has SHA-256 \(digest), not \(sha256 ?? "")",
                    remedy: "check the digest that is written down, or who changed the file"
                )
            }
            continues = false
        }
    }
}

extension PartFile {
    /// Writes the body of a response; returns where it began, nil when the server cannot continue at `start`.
    fileprivate func fill(
        from start: Int,
        head: HTTPHead,
        body: HTTPBody,
        origin: String,
        _ progress: (@Sendable (Int, Int?) -> Void)?
    ) async throws -> Int? {
        var position: Int
        switch head.status {
        case 200: position = 0
        case 206 where head["Content-Range"]?.hasPrefix("bytes \(start)-") == true: position = start
        // All bytes may be there already; the digest decides.
        case 416 where start > 0 && head["Content-Range"] == "bytes */\(start)": return start
        case 206 where start > 0, 416 where start > 0: return nil
        default:
            throw AssayError("download.status", "\(origin) answered the download with status \(head.status)")
        }
        try await offPool { [position] in try self.truncate(to: position) }
        let begin = position
        let total = head["Content-Length"].flatMap { Int($0) }.map { $0 + begin }
        for try await bytes in body {
            try await offPool { [position] in try self.write(bytes, at: position) }
            position += bytes.count
            progress?(position, total)
        }
        return begin
    }
}
