import AssayModel
import HTTPTypes
import Hummingbird
import NIOCore

/// What a request carries through the router.
struct ServeContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The client's connection.
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}

extension Request {
    /// The body as JSON.
    ///
    /// - Parameters:
    ///   - limit: Bytes at most.
    ///   - channel: The client's connection; it is closed when the body takes too long, however steadily it drips.
    /// - Returns: An object.
    /// - Throws: `Failure` 400, 413 or 415.
    func json(limit: Int, from channel: any Channel) async throws -> JSONValue {
        // A page of another origin can send text without asking; JSON it cannot.
        let type = headers[.contentType]?.split(separator: ";").first.map { $0.lowercased() } ?? ""
        guard type == "application/json" else {
            throw Failure(
                status: .unsupportedMediaType,
                type: "invalid_request_error",
                code: "content_type",
                message: "the body must be sent as Content-Type: application/json"
            )
        }
        if let announced = headers[.contentLength].flatMap({ Int($0) }), announced > limit {
            throw Failure.tooLarge(limit)
        }
        let patience = channel.eventLoop.scheduleTask(in: .seconds(2 * ServeOptions.idleSeconds)) {
            channel.close(promise: nil)
        }
        defer { patience.cancel() }
        var bytes: [UInt8] = []
        for try await part in body {
            guard bytes.count + part.readableBytes <= limit else { throw Failure.tooLarge(limit) }
            bytes.append(contentsOf: part.readableBytesView)
        }
        let value = try JSONReader.parse(bytes)
        guard case .object = value else {
            throw Failure.badRequest("the body must be a JSON object", code: "invalid_json")
        }
        return value
    }
}
