import AssayModel
import HTTPTypes
import Hummingbird

/// What a client is told when its request fails: a status and OpenAI's error body.
struct Failure: Error, Equatable {
    var status: HTTPResponse.Status
    /// OpenAI's kinds: `invalid_request_error`, `authentication_error`, `rate_limit_error`, `server_error`, ….
    var type: String
    /// Stable name, for programs.
    var code: String?
    var message: String
    /// The field of the request that is to blame.
    var param: String?
    /// Seconds after which to try again, nil where trying again is pointless or the client may decide.
    var retryAfter: Int?
    /// Tells clients that retry by themselves not to.
    var isFinal = false

    static func badRequest(_ message: String, code: String? = nil, param: String? = nil) -> Failure {
        Failure(status: .badRequest, type: "invalid_request_error", code: code, message: message, param: param)
    }

    static func tooLarge(_ limit: Int) -> Failure {
        Failure(
            status: .contentTooLarge,
            type: "invalid_request_error",
            code: "body_too_large",
            message: "the body has more than \(limit) bytes"
        )
    }

    static func overloaded(_ message: String, code: String, retryAfter: Int) -> Failure {
        Failure(
            status: .tooManyRequests,
            type: "rate_limit_error",
            code: code,
            message: message,
            retryAfter: max(1, retryAfter)
        )
    }

    static func unavailable(_ message: String, code: String, retryAfter: Int) -> Failure {
        Failure(
            status: .serviceUnavailable,
            type: "server_error",
            code: code,
            message: message,
            retryAfter: max(1, retryAfter)
        )
    }

    /// The failure that a client sees of any error: errors of the machine say no more than their code, the log has the rest.
    init(_ error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as AssayError: self = Self.failure(error)
        case let error as HTTPError:
            self = Failure(
                status: error.status,
                type: error.status.kind == .serverError ? "server_error" : "invalid_request_error",
                code: nil,
                message: error.body ?? error.status.reasonPhrase
            )
        case is CancellationError:
            self = Failure(status: .init(code: 499), type: "cancelled", code: "client_left", message: "the client left")
        default:
            self = Failure(status: .internalServerError, type: "server_error", code: nil, message: "internal error")
        }
    }

    private static func failure(_ error: AssayError) -> Failure {
        let code = error.code.rawValue
        if ["ask.question", "ask.history", "document.id"].contains(code) {
            return .badRequest(error.message, code: code)
        }
        if code == "document.size" {
            return Failure(
                status: .contentTooLarge,
                type: "invalid_request_error",
                code: code,
                message: error.message
            )
        }
        if code.hasPrefix("engine.") {
            return Failure(
                status: .badGateway,
                type: "server_error",
                code: code,
                message: "the engine did not answer; the service's log says why",
                retryAfter: 5
            )
        }
        return Failure(
            status: .internalServerError,
            type: "server_error",
            code: code,
            message: "the service failed; its log says why"
        )
    }

    init(
        status: HTTPResponse.Status,
        type: String,
        code: String?,
        message: String,
        param: String? = nil,
        retryAfter: Int? = nil,
        isFinal: Bool = false
    ) {
        self.status = status
        self.type = type
        self.code = code
        self.message = message
        self.param = param
        self.retryAfter = retryAfter
        self.isFinal = isFinal
    }

    /// `{"error": {…}}`.
    var body: JSONValue {
        [
            "error": [
                "message": .string(message), "type": .string(type), "param": param.map { .string($0) } ?? .null,
                "code": code.map { .string($0) } ?? .null,
            ]
        ]
    }

    /// The response.
    var response: Response {
        var response = Response.json(body, status: status)
        if let retryAfter { response.headers[.retryAfter] = "\(retryAfter)" }
        if isFinal, let name = HTTPField.Name("x-should-retry") { response.headers[name] = "false" }
        if status == .unauthorized { response.headers[.wwwAuthenticate] = "Bearer" }
        return response
    }
}

extension Response {
    /// A response with a JSON body.
    static func json(_ value: JSONValue, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: value.bytes))
        )
    }
}
