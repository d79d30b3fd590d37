import AssayModel
import AssayPipeline

// What the bodies of chat completions and responses have in common.
extension JSONValue {
    /// The answer stage of the model that a body names.
    ///
    /// - Parameters:
    ///   - model: Name of the pipeline.
    ///   - answer: Its answer stage.
    /// - Returns: The answer stage.
    /// - Throws: `Failure` 400 without a name or a stage, 404 for another model.
    func answerStage(of model: String, _ answer: PipelineSpec.Answer?) throws(Failure) -> PipelineSpec.Answer {
        guard let name = self["model"]?.stringValue else {
            throw .badRequest("'model' is missing; this service has '\(model)'", param: "model")
        }
        guard name == model else { throw .noModel(name, known: [model]) }
        guard let answer else {
            throw .badRequest(
                "the pipeline '\(model)' has no answer stage; POST /v1/retrieve gives its passages",
                code: "no_answer_stage",
                param: "model"
            )
        }
        return answer
    }

    /// A member that is true or false; false where it is missing.
    ///
    /// - Parameters:
    ///   - name: Its key.
    ///   - path: Its name in errors where that is another.
    /// - Returns: Its value.
    /// - Throws: `Failure` 400.
    func flag(_ name: String, as path: String? = nil) throws(Failure) -> Bool {
        switch self[name] {
        case nil, .null: return false
        case .bool(let flag): return flag
        default: throw .badRequest("'\(path ?? name)' is true or false", param: path ?? name)
        }
    }
}
