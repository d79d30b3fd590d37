import AssayModel

extension PipelineSpec {
    /// A pipeline that only reads and cuts a folder of documents, for commands that take a corpus instead of a pipeline.
    ///
    /// - Parameters:
    ///   - folder: The corpus.
    ///   - embedder: A model of models.yaml, `hashed`, or nil for none.
    /// - Returns: The pipeline.
    /// - Throws: `AssayError` when the values cannot stand in a pipeline file.
    package static func corpus(_ folder: String, embedder: String?) throws -> PipelineSpec {
        let place = Place(file: folder)
        func node(_ value: ConfigNode.Value) -> ConfigNode { ConfigNode(value, at: place) }
        func mapping(_ members: [(String, ConfigNode)]) -> ConfigNode {
            node(.mapping(members.map { ConfigNode.Member(key: $0.0, place: place, value: $0.1) }))
        }
        var members = [
            ("assay", node(.int(1))), ("corpus", node(.string(absolutePath(folder)))),
            ("chunk", mapping([("by", node(.string("headings"))), ("characters", node(.int(1_200)))])),
            ("retrieve", mapping([("from", node(.list([mapping([("bm25", mapping([]))])])))])),
        ]
        if let embedder {
            let isHashed = embedder == "hashed"
            members.append(
                ("embed", mapping([isHashed ? ("by", node(.string("hashed"))) : ("model", node(.string(embedder)))]))
            )
        }
        return try PipelineSpec(mapping(members), path: folder + "/pipeline.yaml")
    }
}
