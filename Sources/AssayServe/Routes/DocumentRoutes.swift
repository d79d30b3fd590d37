import AssayModel
import AssayPipeline
import AssayTelemetry
import HTTPTypes
import Hummingbird

extension Service {
    /// `POST /v1/documents`: `{"id": "guide.md", "text": TEXT, "wait": false}`.
    ///
    /// The document is on disk when this returns; with `wait` the generation that has it answers already.
    func addDocument(_ request: Request, _ context: ServeContext, _ caller: Caller) async throws -> Response {
        let folder = try documentFolder()
        let body = try await request.json(limit: ServeOptions.documentBodyBytes, from: context.channel)
        guard let id = body["id"]?.stringValue, let text = body["text"]?.stringValue else {
            throw Failure.badRequest("'id' and 'text' are needed, both texts", param: "id")
        }
        let name = try await offPool { [tenant = caller.tenant] in try folder.put(id, tenant: tenant, text: text) }
        return try await changed(name, id: id, result: "added", waits: body["wait"] == true)
    }

    /// `DELETE /v1/documents/{id}`, the id percent-encoded; documents of the corpus itself cannot be removed.
    func removeDocument(_ request: Request, _ context: ServeContext, _ caller: Caller) async throws -> Response {
        let folder = try documentFolder()
        let path = (request.head.path ?? "").split(separator: "?", omittingEmptySubsequences: false).first ?? ""
        guard let id = Self.percentDecoded(path.dropFirst("/v1/documents/".count)) else {
            throw Failure.badRequest("the id in the path is not valid", param: "id")
        }
        let waits = request.uri.queryParameters["wait"] == "true"
        let isGone = try await offPool { [tenant = caller.tenant] in try folder.remove(id, tenant: tenant) }
        guard isGone else {
            throw Failure(
                status: .notFound,
                type: "invalid_request_error",
                code: "document_not_found",
                message: "no document with this id was added over HTTP",
                param: "id"
            )
        }
        return try await changed(DocumentFolder.name(id, caller.tenant), id: id, result: "deleted", waits: waits)
    }

    private func documentFolder() throws(Failure) -> DocumentFolder {
        guard let folder = live.session.documents else {
            throw Failure(
                status: .forbidden,
                type: "permission_error",
                code: "documents_off",
                message: "this service takes no documents: it was started without --documents"
            )
        }
        return folder
    }

    private func changed(_ name: String, id: String, result: String, waits: Bool) async throws -> Response {
        let update = Task { [self] in
            do {
                let change = try await live.update(name)
                log("generation \(change.generation) answers now")
                meter.registry.add(ServiceMetrics.ingestedDocuments, 1, change.leftOut == nil ? result : "failed")
                return change
            } catch {
                meter.registry.add(ServiceMetrics.ingestedDocuments, 1, "failed")
                log("the change of '\(id.prefix(60))' is not indexed: \(error)")
                throw error
            }
        }
        guard waits else {
            return .json(["id": .string(id), "document": .string(name), "status": "accepted"], status: .accepted)
        }
        let change = try await update.value
        if let reason = change.leftOut {
            throw Failure(
                status: .unprocessableContent,
                type: "invalid_request_error",
                code: "document_unreadable",
                message: reason,
                param: "text"
            )
        }
        return .json([
            "id": .string(id), "document": .string(name), "status": "indexed", "generation": .int(change.generation),
        ])
    }

    /// Text of percent-encoded bytes, nil when it is not valid.
    static func percentDecoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
