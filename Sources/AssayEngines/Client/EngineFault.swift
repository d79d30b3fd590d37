import AssayHTTP
import AssayModel

/// An error object of an engine: `{"error": {"message", "type", "code"}}`, or what resembles it.
struct EngineFault: Error {
    /// Characters of an engine's own words that errors repeat.
    static let maxMessage = 300

    var message: String
    var type: String
    var code: String

    init(_ error: JSONValue) {
        let text = error.stringValue ?? error["message"]?.stringValue ?? ""
        message = Self.printable(text)
        type = error["type"]?.stringValue ?? ""
        code = error["code"]?.stringValue ?? error["code"]?.intValue.map { "\($0)" } ?? ""
    }

    /// Reads the body of a response with an error status.
    init(body: String) {
        let json = try? JSONValue(parsing: body)
        if let error = json?["error"] ?? json?["detail"] ?? json {
            self.init(error)
        } else {
            self.init(.string(body))
        }
    }

    /// The status in a fault that came inside of a stream, 0 when it has none.
    var status: Int { Int(code) ?? 0 }

    /// Whether prompt and answer do not fit the model's context.
    var isContextExceeded: Bool {
        type == "exceed_context_size_error" || code == "context_length_exceeded"
            || message.contains("maximum context length") || message.contains("available context size")
    }

    /// The error for a reply with this status.
    ///
    /// - Parameters:
    ///   - status: Of the response, or of the fault itself.
    ///   - engine: Name in `engines.yaml`.
    ///   - key: Taken out of the engine's words.
    /// - Returns: "engine.context-exceeded", "engine.refused", "engine.unavailable" (429 and from 500 on) or "engine.http".
    func error(status: Int, engine: String, key: String?) -> AssayError {
        var words = message
        if let key, !key.isEmpty {
            words = words.split(separator: key, omittingEmptySubsequences: false).joined(separator: "***")
        }
        let said = words.isEmpty ? "" : ": \(words)"
        if isContextExceeded {
            return AssayError(
                "engine.context-exceeded",
                "the prompt does not fit the context of engine '\(engine)'\(said)",
                remedy: "use fewer or shorter passages, or an engine with more context"
            )
        }
        if status == 401 || status == 403 {
            return AssayError(
                "engine.refused",
                "engine '\(engine)' refuses the request with status \(status)\(said)",
                remedy: "check the key and its rights"
            )
        }
        let code: AssayError.Code = status == 429 || status >= 500 ? "engine.unavailable" : "engine.http"
        return AssayError(code, "engine '\(engine)' answered with status \(status)\(said)")
    }

    private static func printable(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars.prefix(maxMessage) {
            let isControl = scalar.value < 32 || (127..<160).contains(scalar.value)
            result.unicodeScalars.append(isControl ? " " : scalar)
        }
        return text.unicodeScalars.count > maxMessage ? result + "…" : result
    }
}

/// The engine's error for an HTTP client's error.
func engineError(_ error: AssayError, engine: String) -> AssayError {
    let code: AssayError.Code =
        switch error.code {
        case "http.unreachable": "engine.unreachable"
        case "http.timeout": "engine.timeout"
        case "http.connection": "engine.connection"
        case "http.too-large": "engine.too-large"
        case "http.tls": "engine.tls"
        case "http.stopped": "engine.stopped"
        case let code where code.rawValue.hasPrefix("engine."): code
        default: "engine.request"
        }
    let message = code == error.code ? error.message : "engine '\(engine)': \(error.message)"
    return AssayError(code, message, remedy: error.remedy)
}
