import AssayModel
import AssayPipeline
import AssayTelemetry
import HTTPTypes
import Hummingbird

extension Service {
    /// `POST /v1/feedback`: `{"id": ID OF AN ANSWER, "rating": "up" | "down", "comment": TEXT}`, kept in the workspace with what was asked.
    func feedback(_ request: Request, _ context: ServeContext, _ caller: Caller) async throws -> Response {
        let body = try await request.json(limit: 16 << 10, from: context.channel)
        let rating: Int
        switch body["rating"] {
        case "up", 1: rating = 1
        case "down", -1: rating = -1
        default: throw Failure.badRequest("'rating' is \"up\" or \"down\"", param: "rating")
        }
        let comment = body["comment"]?.stringValue ?? ""
        guard comment.utf8.count <= 4_000 else {
            throw Failure.badRequest("'comment' has at most 4,000 bytes", param: "comment")
        }
        let id = body["id"]?.stringValue ?? ""
        // An answer is rated by the key that got it; to others it does not exist.
        guard let answer = served[id], answer.key == caller.name else {
            throw Failure(
                status: .notFound,
                type: "invalid_request_error",
                code: "answer_not_found",
                message: "there is no answer with this id, or it was given too long ago",
                param: "id"
            )
        }
        try await live.session.keep(
            Feedback(
                answer: id,
                rating: rating,
                comment: comment,
                key: caller.name,
                question: answer.question,
                text: answer.text,
                passages: answer.passages,
                generation: answer.generation,
                specHash: live.session.parts.specHash,
                time: now(),
                pipeline: model
            )
        )
        answer.trace?.judged("user_feedback", rating > 0 ? 1 : 0, by: "HUMAN", reason: comment)
        meter.registry.add(ServiceMetrics.feedback, 1, rating > 0 ? "up" : "down")
        return .json(["id": .string(id), "status": "kept"])
    }
}
