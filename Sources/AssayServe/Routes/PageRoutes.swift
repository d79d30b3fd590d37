import AssayModel
import AssayPipeline
import FoundationEssentials
import HTTPTypes
import Hummingbird

extension Service {
    /// What a page of this service may do: load its own style and script, ask its own service, nothing else.
    static let pagePolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'; require-trusted-types-for 'script'"

    /// One file of the page.
    static func page(_ bytes: [UInt8], type: String) -> Response {
        var headers: HTTPFields = [.contentType: type, .cacheControl: "no-cache"]
        headers[.contentSecurityPolicy] = pagePolicy
        if let name = HTTPField.Name("referrer-policy") { headers[name] = "no-referrer" }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// What the page needs to know before the first question; without a key, so it says nothing of the documents.
    func pageFacts() -> Response {
        .json([
            "model": .string(model), "needs_key": .bool(callers.areKeysRequired),
            "answers": .bool(live.opened.answers), "conversations": .bool(takesConversations),
        ])
    }

    /// The interface as OpenAPI 3.1.
    static func openAPI() -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "application/json", .cacheControl: "no-cache"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: PackageResources.openapi_json))
        )
    }
}
