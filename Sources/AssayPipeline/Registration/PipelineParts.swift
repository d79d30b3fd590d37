import AssayEmbed
import AssayEngines
import AssayEval
import AssayFaiss
import AssayIngest
import AssayLexical
package import AssayModel
import AssayRetrieve
import AssaySQLiteVec

/// The tables of every stage: the only place that names all stages' components.
package enum Components {
    /// Kinds of vector indexes.
    package static let vectorIndexes = Registry<any VectorIndexKind>(
        kind: "vector index",
        FaissIndexKinds.builtin + SQLiteVecKinds.builtin
    )
    /// Embedders, servers included.
    package static let embedders = Embedders.builtin.adding([.entry(EmbeddingServer.self) { $0 }])
    /// Chunkers.
    package static let chunkers = Chunkers.builtin
    /// Query rewriters.
    package static let rewriters = Registry<any QueryRewriter>(kind: "query rewriter", Rewriters.builtin)
    /// Fusion methods.
    static let fusions = Registry<any Fusion>(kind: "fusion", Fusions.builtin)
}

/// The components of a pipeline, made from its file.
package struct PipelineParts: Sendable {
    /// The file.
    package let spec: PipelineSpec
    /// Cuts documents.
    package let chunker: Configured<any Chunker>
    /// Embeds texts, nil for keyword-only pipelines.
    package let embedder: Configured<any Embedder>?
    /// Makes queries of the questions of a conversation, nil where questions are searched for as they are.
    package let rewriter: Configured<any QueryRewriter>?
    /// Options of the keyword index, nil when no retriever uses it.
    let lexical: LexicalOptions?
    /// Fuses lists, nil for a single list.
    let fusion: Configured<any Fusion>?
    /// Moves near-repetitions down, nil without it.
    let mmr: MaximalMarginalRelevance?
    /// The metrics, in the order of the file.
    package let metrics: [any Metric]
    /// The metrics of `serve.online`, empty without it.
    package let online: [any Metric]
    /// The prompt of the answers, nil without an answer stage.
    package let template: PromptTemplate?
    private let resources: Resources
    private let filtered: Bool

    /// Makes all components of a pipeline; nothing is computed.
    ///
    /// - Parameters:
    ///   - spec: The pipeline file.
    ///   - resources: Models and engines.
    /// - Throws: `AssayError` with file and line.
    package init(_ spec: PipelineSpec, resources: Resources) throws {
        self.spec = spec
        self.resources = resources
        func options(_ named: PipelineSpec.Named, owner: String) throws -> OptionReader {
            try OptionReader(named.options, owner: owner, place: named.place)
        }
        chunker = try Components.chunkers.make(
            spec.chunk.name,
            options: try options(spec.chunk, owner: "chunk"),
            resources: resources,
            at: spec.chunk.place
        )
        embedder = try spec.embed.map {
            try Components.embedders.make(
                $0.name,
                options: try options($0, owner: "embed"),
                resources: resources,
                at: $0.place
            )
        }
        rewriter = try spec.rewrite.map {
            try Components.rewriters.make(
                $0.name,
                options: try options($0, owner: "rewrite"),
                resources: resources,
                at: $0.place
            )
        }
        if spec.retrieve.from.contains(where: { $0.kind == "bm25" }) {
            var reader = try OptionReader(spec.keywords, owner: "index.keywords", place: Place(file: spec.file))
            lexical = try LexicalOptions(options: &reader)
            try reader.finish()
        } else {
            lexical = nil
        }
        fusion = try spec.retrieve.fuse.map {
            try Components.fusions.make(
                $0.name,
                options: try options($0, owner: "retrieve.fuse.\($0.name)"),
                resources: resources,
                at: $0.place
            )
        }
        let asking = spec.evaluate?.judging?.ask.asking ?? .json
        metrics =
            try spec.evaluate.map {
                try DeclaredTable.make($0.define, folder: parent(of: absolutePath(spec.file))).make(list: $0.metrics)
                    .map { $0.asked(by: asking) }
            } ?? []
        online = try OnlineMetrics.make(spec, hasEmbedder: spec.embed != nil)
        mmr = try spec.retrieve.mmr.map { node in
            var reader = try OptionReader(node, owner: "retrieve.mmr", place: node.place)
            let mmr = try MaximalMarginalRelevance(options: &reader, resources: resources)
            try reader.finish()
            return mmr
        }
        template = try spec.answer.map {
            try PromptTemplate($0.prompt, folder: parent(of: absolutePath(spec.file)), at: $0.enginePlace)
        }
        filtered = !spec.retrieve.filter.isEmpty
        if spec.vectors.name != "auto" { _ = try Self.kind(spec.vectors, resources: resources) }
    }

    /// The embedder's tokenizer.
    var tokenizer: (any TextTokenizer)? { embedder?.product.tokenizer }

    /// What of the embedder decides where chunks are cut.
    var tokenizerIdentity: String {
        guard let embedder, tokenizer != nil else { return "none" }
        let print = embedder.product.fingerprint
        return "\(print.files) \(print.version) \(print.maxTokens)"
    }

    /// The kind of vector index for a segment of `count` chunks.
    func vectorKind(count: Int) -> Configured<any VectorIndexKind> {
        let name =
            spec.vectors.name == "auto"
            ? VectorIndexChoice.auto(
                count: count,
                filtered: filtered,
                dimension: embedder?.product.fingerprint.dimension ?? 4
            ) : spec.vectors.name
        if let kind = try? vectorKind(named: name) { return kind }
        preconditionFailure("the kind '\(name)' was checked when the parts were made")
    }

    /// A kind of vector index by name, with the file's options where the file names it.
    func vectorKind(named name: String) throws -> Configured<any VectorIndexKind> {
        let place = spec.vectors.place
        let named =
            name == spec.vectors.name
            ? spec.vectors : .init(name: name, options: ConfigNode(.mapping([]), at: place), place: place)
        return try Self.kind(named, resources: resources)
    }

    private static func kind(
        _ named: PipelineSpec.Named,
        resources: Resources
    ) throws -> Configured<any VectorIndexKind> {
        if !Components.vectorIndexes.names.contains(named.name) {
            let known = (Components.vectorIndexes.names + ["auto"]).sorted()
            let near = nearestName(to: named.name, among: known).map { " (did you mean '\($0)'?)" } ?? ""
            throw AssayError(
                "config.unknown-component",
                "unknown vector index '\(named.name)'\(near); known: \(known.joined(separator: ", "))",
                at: named.place
            )
        }
        return try Components.vectorIndexes.make(
            named.name,
            options: try OptionReader(named.options, owner: "index.vectors.\(named.name)", place: named.place),
            resources: resources,
            at: named.place
        )
    }

    /// What is measured, with every default, for the record.
    package var effectiveSpec: JSONValue {
        var members = spec.measured
        members["chunk"] = .object(["by": .string(chunker.name), "options": chunker.options])
        if let embedder { members["embed"] = .object(["by": .string(embedder.name), "options": embedder.options]) }
        if let rewriter { members["rewrite"] = .object(["by": .string(rewriter.name), "options": rewriter.options]) }
        if let lexical { members["keywords"] = .string(lexical.identity) }
        if let fusion { members["fuse"] = .object(["by": .string(fusion.name), "options": fusion.options]) }
        if let template { members["prompt"] = .string(template.identity) }
        members["metrics"] = .array(metrics.map { .string($0.definition.hash) })
        members["versions"] = .object(versions.mapValues { .string($0) })
        return .object(members)
    }

    /// Digest of what is measured.
    package var specHash: String {
        ItemKey("spec", effectiveSpec.text, embedder?.product.fingerprint.digest ?? "").hex
    }

    /// Digest of what decides an answer: `specHash` without what only evaluations read.
    package var servedHash: String {
        guard case .object(var members) = effectiveSpec else { return specHash }
        members["evaluate"] = nil
        members["metrics"] = nil
        return ItemKey("served", JSONValue.object(members).text, embedder?.product.fingerprint.digest ?? "").hex
    }

    /// Name and version of each stage's component.
    var versions: [String: String] {
        var versions = ["chunk": "\(chunker.name)/\(chunker.version)"]
        if let embedder { versions["embed"] = "\(embedder.name)/\(embedder.version)" }
        if let rewriter { versions["rewrite"] = "\(rewriter.name)/\(rewriter.version)" }
        if let fusion { versions["fuse"] = "\(fusion.name)/\(fusion.version)" }
        if let template { versions["prompt"] = "\(template.name)/\(template.version) \(template.layout.identity)" }
        return versions
    }

    /// What the index of this pipeline depends on, besides the corpus.
    var indexIdentity: String {
        ItemKey(
            "index",
            chunker.identity,
            tokenizerIdentity,
            embedder?.product.fingerprint.digest ?? "-",
            lexical?.analysisIdentity ?? "-",
            spec.vectors.name,
            spec.vectors.options.json.text,
            "\(filtered)",
            ChunkTable.version,
            Components.vectorIndexes.entries.map { "\($0.name)/\($0.version)" }.joined(separator: " ")
        ).hex
    }
}
