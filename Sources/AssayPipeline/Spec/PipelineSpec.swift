package import AssayEval
package import AssayModel
import FoundationEssentials

/// A pipeline file after parsing: every section with its defaults and the lines it stands on.
///
/// Components are named, not made: `PipelineParts` makes them.
package struct PipelineSpec: Sendable {
    /// A component by name with its options.
    package struct Named: Sendable, Equatable {
        /// Name in the stage's table.
        package var name: String
        /// Its mapping without the name.
        package var options: ConfigNode
        /// Where it stands.
        package var place: Place
    }

    /// `retrieve:`.
    package struct Retrieve: Sendable {
        /// One list that is retrieved.
        package struct Source: Sendable, Equatable {
            /// `dense` or `bm25`.
            package var kind: String
            /// Hits asked for.
            package var top: Int
        }

        /// The lists, in the order of the file.
        package var from: [Source]
        /// How they are fused; nil for a single list.
        package var fuse: Named?
        /// Options of maximal marginal relevance, nil without it.
        package var mmr: ConfigNode?
        /// Metadata values that a document must have.
        package var filter: [String: String]
        /// Hits that are kept and scored.
        package var depth: Int
    }

    /// `answer:`.
    package struct Answer: Sendable {
        /// Engine's name in `engines.yaml`.
        package var engine: String
        /// Where it stands.
        package var enginePlace: Place
        /// Built-in prompt or path.
        package var prompt: String
        /// Passages put into the prompt.
        package var context: Int
        /// Tokens to generate at most.
        package var maxTokens: Int
        /// Temperature.
        package var temperature: Double
        /// Texts that end an answer.
        package var stop: [String]
        /// Seed of the sampler.
        package var seed: Int
        /// Questions to answer, stratified by kind; nil answers all.
        package var sample: Int?
        /// Seed of the sample.
        package var sampleSeed: Int
    }

    /// `evaluate:`.
    package struct Evaluate: Sendable {
        /// Where the evalset is named.
        package var place: Place
        /// Path of the evalset's folder or file, absolute.
        package var evalset: String
        /// As the file has it.
        package var evalsetName: String
        /// `dev`, `test` or `all`.
        package var split: String
        /// The list of metrics as the file has it.
        package var metrics: ConfigNode
        /// Metrics that the file declares.
        package var define: ConfigNode?
        /// The judge's engine; of a panel the first.
        package var judge: String?
        /// By whom and how judged metrics are judged, nil without a judge.
        package var judging: JudgingSpec?
        /// Where it stands.
        package var judgePlace: Place
        /// When an answer is called wrong; nil for the standard limits.
        package var failureLimits: FailureLimits?
    }

    /// The file.
    package let file: String
    /// File name without ending; with the variant in a sweep.
    package var name: String
    /// Path of the corpus, absolute.
    package let corpus: String
    /// As the file has it.
    package let corpusName: String
    /// Where the corpus is named.
    package let corpusPlace: Place
    /// `chunk:`.
    package let chunk: Named
    /// `embed:`, nil for keyword-only pipelines.
    package let embed: Named?
    /// Kind of the vector index.
    package let vectors: Named
    /// Options of the keyword index.
    package let keywords: ConfigNode?
    /// `rewrite:`, nil where a question is searched for as it is.
    package let rewrite: Named?
    /// `retrieve:`.
    package let retrieve: Retrieve
    /// `answer:`.
    package let answer: Answer?
    /// `evaluate:`.
    package let evaluate: Evaluate?
    /// `serve:`.
    package let serve: ServeSpec?
    /// `gate:`.
    package let gate: GateRules?
    /// `expect:`.
    package let expect: Expectations?

    /// Reads a pipeline file.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - overrides: Values of a sweep's variant by dotted key, for example `chunk.tokens`.
    /// - Throws: `AssayError` with file and line for anything that is wrong with the file alone.
    package init(_ path: String, overrides: [(key: String, value: ConfigNode)] = []) throws {
        var root = try YAMLFile.read(path)
        for change in overrides { root = try root.setting(change.key, to: change.value) }
        try self.init(root, path: path)
    }

    init(_ node: ConfigNode, path: String) throws {
        let place = Place(file: path, line: 1)
        let folder = parent(of: absolutePath(path))
        var root = try OptionReader(node, owner: "pipeline", place: place)
        _ = try root.int("assay", in: 1...1)
        file = path
        name = baseName(path).components(".yaml")[0].components(".yml")[0]
        corpusPlace = root.node("corpus")?.place ?? place
        corpusName = try root.string("corpus")
        corpus = absolutePath(corpusName, relativeTo: folder)
        chunk = try Self.named(root.node("chunk"), key: "by", default: "headings", owner: "chunk", place: place)
        let embedNode = root.node("embed")
        embed = try embedNode.map { try Self.named($0, key: "by", default: "bert", owner: "embed", place: place) }
        var index = try OptionReader(root.node("index"), owner: "index", place: place)
        vectors = try Self.namedOrText(
            index.node("vectors"),
            default: "auto",
            owner: "index.vectors",
            place: index.place
        )
        keywords = index.node("keywords")
        try index.finish()
        rewrite = try root.node("rewrite").map {
            try Self.named($0, key: "by", default: "standalone", owner: "rewrite", place: place)
        }
        retrieve = try Self.retrieve(root.node("retrieve"), hasEmbedder: embed != nil, place: place)
        answer = try root.node("answer").map { try Self.answer($0) }
        evaluate = try root.node("evaluate").map { try Self.evaluate($0, folder: folder) }
        serve = try root.node("serve").map { try ServeSpec($0) }
        let measuredMetrics = evaluate?.metrics.elements.map(\.metricName) ?? []
        gate = try root.node("gate").map { try GateSpec.rules($0, metrics: measuredMetrics) }
        expect = try root.node("expect").map { try Expectations($0) }
        try root.finish()
        try Self.check(retrieve, answer, embed: embed, keywords: keywords)
    }
}
