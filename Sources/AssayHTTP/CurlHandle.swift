import AssayModel
import CLibCurl

/// One easy handle; used on the curl thread only.
@safe final class CurlHandle {
    let easy: UnsafeMutableRawPointer
    let transfer: Transfer
    private var lines: UnsafeMutablePointer<curl_slist>?

    init(_ transfer: Transfer) throws(AssayError) {
        guard let easy = unsafe curl_easy_init() else { throw AssayError("http.start", "libcurl is out of memory") }
        unsafe self.easy = unsafe easy
        self.transfer = transfer
        setLimits(transfer.request)
        setRequest(transfer.request)
        setCallbacks()
    }

    deinit {
        unsafe curl_easy_cleanup(easy)
        unsafe curl_slist_free_all(lines)
    }

    /// Asks for the bytes that were refused while the reader was behind.
    func resume() {
        unsafe curl_easy_pause(easy, CURLPAUSE_CONT)
    }

    private func setLimits(_ request: HTTPRequest) {
        set(CURLOPT_NOSIGNAL, 1)
        // 0 would mean "no limit" to curl.
        set(CURLOPT_TIMEOUT_MS, max(1, request.deadline.milliseconds))
        set(CURLOPT_CONNECTTIMEOUT_MS, max(1, min(request.connectTimeout, request.deadline).milliseconds))
        set(CURLOPT_FOLLOWLOCATION, request.maxRedirects > 0 ? 1 : 0)
        set(CURLOPT_MAXREDIRS, request.maxRedirects)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_REDIR_PROTOCOLS_STR, request.url.lowercased().hasPrefix("https") ? "https" : "http,https")
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        // One request a connection: to close the connection is to cancel the request.
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        if request.isLoopback { set(CURLOPT_PROXY, "") }
    }

    private func setRequest(_ request: HTTPRequest) {
        set(CURLOPT_URL, request.url)
        switch (request.method, request.body) {
        case ("GET", nil): set(CURLOPT_HTTPGET, 1)
        case ("HEAD", nil): set(CURLOPT_NOBODY, 1)
        default:
            set(CURLOPT_CUSTOMREQUEST, request.method)
            let body = request.body ?? []
            unsafe assay_curl_set_large(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
            unsafe body.withUnsafeBytes { bytes in
                // Copied: the array does not outlive this call.
                _ = unsafe assay_curl_set_bytes(easy, CURLOPT_COPYPOSTFIELDS, bytes.baseAddress)
            }
        }
        // An empty value takes curl's own line away.
        let own = ["Expect:", "User-Agent: assay"] + (request.body == nil ? [] : ["Content-Type:"])
        let given = request.headers.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        let names = Set(request.headers.map { $0.name.lowercased() })
        for line in own.filter({ !names.contains($0.prefix { $0 != ":" }.lowercased()) }) + given {
            unsafe lines = unsafe curl_slist_append(lines, line)
        }
        unsafe assay_curl_set_list(easy, CURLOPT_HTTPHEADER, lines)
    }

    private func setCallbacks() {
        // Not retained: the loop keeps this handle until curl has let go of it.
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe assay_curl_set_context(easy, CURLOPT_WRITEDATA, context)
        unsafe assay_curl_set_context(easy, CURLOPT_HEADERDATA, context)
        unsafe assay_curl_set_data(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
            let handle = unsafe Unmanaged<CurlHandle>.fromOpaque(context).takeUnretainedValue()
            let raw = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
            let line = unsafe String(decoding: raw, as: UTF8.self)
            let isTaken = handle.transfer.receive(headerLine: line.trimmingLineEnd) == .taken
            return isTaken ? size * count : 0
        }
        unsafe assay_curl_set_data(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
            let handle = unsafe Unmanaged<CurlHandle>.fromOpaque(context).takeUnretainedValue()
            let raw = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
            switch handle.transfer.receive(status: handle.status, body: unsafe bytesOf(raw)) {
            case .taken: return size * count
            case .pause: return Int(CURL_WRITEFUNC_PAUSE)
            case .abort: return 0
            }
        }
    }

    private var status: Int {
        var status = 0
        unsafe assay_curl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        return status
    }

    /// What the end of the transfer means for the caller.
    func result(_ code: CURLcode) -> Result<Int, AssayError> {
        let origin = transfer.request.origin
        let reason = unsafe curl_easy_strerror(code).map { unsafe String(cString: $0) } ?? "error \(code.rawValue)"
        switch code {
        case CURLE_OK:
            return .success(status)
        case CURLE_OPERATION_TIMEDOUT:
            var sent: curl_off_t = 0
            unsafe assay_curl_get_time(easy, CURLINFO_PRETRANSFER_TIME_T, &sent)
            let limit = sent > 0 ? transfer.request.deadline : transfer.request.connectTimeout
            return sent > 0
                ? .failure(
                    AssayError("http.timeout", "\(origin) did not finish its answer within \(limit.milliseconds) ms")
                )
                : .failure(
                    AssayError("http.unreachable", "\(origin) accepts no connection within \(limit.milliseconds) ms")
                )
        case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            return .failure(AssayError("http.unreachable", "\(origin) cannot be reached: \(reason)"))
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM:
            return .failure(AssayError("http.tls", "\(origin) has no valid TLS certificate: \(reason)"))
        case CURLE_TOO_MANY_REDIRECTS:
            return .failure(
                AssayError("http.redirect", "\(origin) redirects more than \(transfer.request.maxRedirects) times")
            )
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL:
            return .failure(AssayError("http.request", "\(origin) is not a URL that can be asked: \(reason)"))
        default:
            return .failure(AssayError("http.connection", "the connection to \(origin) broke: \(reason)"))
        }
    }

    private func set(_ option: CURLoption, _ value: Int) {
        unsafe assay_curl_set_long(easy, option, value)
    }

    private func set(_ option: CURLoption, _ value: String) {
        unsafe assay_curl_set_text(easy, option, value)
    }
}

/// A copy with one memory move, in debug builds too.
private func bytesOf(_ raw: UnsafeRawBufferPointer) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: raw.count) { buffer, count in
        unsafe UnsafeMutableRawBufferPointer(buffer).copyMemory(from: raw)
        count = raw.count
    }
}

extension String {
    fileprivate var trimmingLineEnd: String {
        var line = Substring(self)
        while let last = line.unicodeScalars.last, last == "\r" || last == "\n" { line.unicodeScalars.removeLast() }
        return String(line)
    }
}

extension Duration {
    /// Whole milliseconds, rounded down.
    package var milliseconds: Int {
        let (seconds, attoseconds) = components
        return Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
    }
}
