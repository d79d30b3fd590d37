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
        /// The judge's engine; of a panel the first.
        package var judge: String?
        /// By whom and how judged metrics are judged, nil without a judge.
        package var judging: JudgingSpec?
        /// Where it stands.
        package var judgePlace: Place
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
    /// `retrieve:`.
    package let retrieve: Retrieve
    /// `answer:`.
    package let answer: Answer?
    /// `evaluate:`.
    package let evaluate: Evaluate?
    /// `expect:`.
    package let expect: Expectations?
    /// What is measured, with all defaults, for `specHash` and the record; components' own defaults are added when they are made.
    package let effective: JSONValue

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
        retrieve = try Self.retrieve(root.node("retrieve"), hasEmbedder: embed != nil, place: place)
        answer = try root.node("answer").map { try Self.answer($0) }
        evaluate = try root.node("evaluate").map { try Self.evaluate($0, folder: folder) }
        if let gate = root.node("gate") {
            throw AssayError("config.gate", "gates are not implemented yet", at: gate.place, remedy: "take 'gate' out")
        }
        expect = try root.node("expect").map { try Expectations($0) }
        try root.finish()
        try Self.check(retrieve, answer, embed: embed, keywords: keywords)
        var measured = root.effective
        for key in ["expect", "gate"] { measured[key] = nil }
        effective = .object(measured)
    }

    private static func check(_ retrieve: Retrieve, _ answer: Answer?, embed: Named?, keywords: ConfigNode?) throws {
        if let answer, answer.context > retrieve.depth {
            throw AssayError(
                "plan.context",
                "answer.context is \(answer.context) but retrieve.depth is \(retrieve.depth); the context is taken from the list",
                at: answer.enginePlace,
                remedy: "raise retrieve.depth or lower answer.context"
            )
        }
    }

    private static func retrieve(_ node: ConfigNode?, hasEmbedder: Bool, place: Place) throws -> Retrieve {
        var options = try OptionReader(node, owner: "retrieve", place: place)
        let from = try options.node("from").map { try sources($0) }
        let fuseNode = options.node("fuse")
        let depth = try options.int("depth", default: 100, in: 1...10_000)
        let mmr = options.node("mmr")
        var filter: [String: String] = [:]
        if let node = options.node("filter") {
            guard case .mapping(let members) = node.value else {
                throw options.wrong("filter", node, "a mapping of metadata keys to texts")
            }
            for member in members { filter[member.key] = member.value.json.stringValue ?? member.value.json.text }
        }
        try options.finish()
        let lists = from ?? (hasEmbedder ? [.init(kind: "dense", top: depth)] : [.init(kind: "bm25", top: depth)])
        for source in lists where source.kind == "dense" && !hasEmbedder {
            throw AssayError(
                "plan.wiring",
                "retrieve.from has 'dense' but there is no 'embed' section",
                at: options.place,
                remedy: "add embed: { model: all-MiniLM-L6-v2 } or take 'dense' out"
            )
        }
        let fuse = try fuseNode.map { try single($0, owner: "retrieve.fuse") }
        if lists.count > 1 && fuse == nil {
            throw AssayError(
                "plan.wiring",
                "retrieve.from has \(lists.count) lists but there is no 'fuse'",
                at: options.place,
                remedy: "add fuse: { rrf: { k: 60 } }"
            )
        }
        if lists.count == 1, let fuse {
            throw AssayError("plan.wiring", "retrieve.fuse needs at least two lists in retrieve.from", at: fuse.place)
        }
        return Retrieve(from: lists, fuse: fuse, mmr: mmr, filter: filter, depth: depth)
    }

    private static func sources(_ node: ConfigNode) throws -> [Retrieve.Source] {
        guard case .list(let nodes) = node.value, !nodes.isEmpty else {
            throw AssayError(
                "config.value",
                "retrieve.from is \(node.kind); it takes a list like [ { dense: { top: 100 } } ]",
                at: node.place
            )
        }
        return try nodes.map { element in
            let entry = try single(element, owner: "retrieve.from")
            guard ["dense", "bm25"].contains(entry.name) else {
                let near =
                    nearestName(to: entry.name, among: ["dense", "bm25"]).map { " (did you mean '\($0)'?)" } ?? ""
                throw AssayError(
                    "config.unknown-component",
                    "unknown retriever '\(entry.name)'\(near); known: bm25, dense",
                    at: entry.place
                )
            }
            var options = try OptionReader(entry.options, owner: "retrieve.from.\(entry.name)", place: entry.place)
            let top = try options.int("top", default: 100, in: 1...10_000)
            try options.finish()
            return Retrieve.Source(kind: entry.name, top: top)
        }
    }

    private static func answer(_ node: ConfigNode) throws -> Answer {
        var options = try OptionReader(node, owner: "answer", place: node.place)
        let engineNode = options.node("engine")
        let answer = Answer(
            engine: try options.string("engine"),
            enginePlace: engineNode?.place ?? node.place,
            prompt: try options.string("prompt", default: "grounded"),
            context: try options.int("context", default: 4, in: 1...100),
            maxTokens: try options.int("max_tokens", default: 128, in: 1...32_768),
            temperature: try options.double("temperature", default: 0, in: 0...2),
            stop: try options.strings("stop"),
            seed: try options.int("seed", default: 1, in: 0...Int(Int32.max)),
            sample: try options.optionalInt("sample", in: 1...1_000_000),
            sampleSeed: try options.int("sample_seed", default: 1, in: 0...Int(Int32.max))
        )
        try options.finish()
        return answer
    }

    private static func evaluate(_ node: ConfigNode, folder: String) throws -> Evaluate {
        var options = try OptionReader(node, owner: "evaluate", place: node.place)
        let evalset = try options.string("evalset")
        let split = try options.string("split", default: "all", oneOf: ["all", "dev", "test", "train"])
        let list = options.node("metrics")
        let judgeNode = options.node("judge")
        let judging = try judgeNode.map { try JudgingSpec($0) }
        try options.finish()
        guard let list, case .list(let nodes) = list.value, !nodes.isEmpty else {
            throw AssayError(
                "config.missing",
                "evaluate.metrics is missing; it takes a list of metric names",
                at: list?.place ?? node.place,
                remedy: "see 'assay metrics'"
            )
        }
        return Evaluate(
            place: node.place,
            evalset: absolutePath(evalset, relativeTo: folder),
            evalsetName: evalset,
            split: split,
            metrics: list,
            judge: judging?.members.first?.name,
            judging: judging,
            judgePlace: judgeNode?.place ?? node.place
        )
    }

    private static func named(
        _ node: ConfigNode?,
        key: String,
        default standard: String,
        owner: String,
        place: Place
    ) throws -> Named {
        guard let node else { return Named(name: standard, options: ConfigNode(.mapping([]), at: place), place: place) }
        guard case .mapping(let members) = node.value else {
            throw AssayError("config.type", "\(owner) takes a mapping, not \(node.kind)", at: node.place)
        }
        let own = members.first { $0.key == key }
        guard case .string(let name)? = own?.value.value ?? .string(standard) else {
            throw AssayError("config.value", "\(owner).\(key) takes a name", at: own?.place ?? node.place)
        }
        let rest = members.filter { $0.key != key }
        return Named(
            name: name,
            options: ConfigNode(.mapping(rest), at: node.place),
            place: own?.value.place ?? node.place
        )
    }

    /// `name` or `{ name: { options } }`.
    private static func namedOrText(
        _ node: ConfigNode?,
        default standard: String,
        owner: String,
        place: Place
    ) throws -> Named {
        guard let node else { return Named(name: standard, options: ConfigNode(.mapping([]), at: place), place: place) }
        if case .string(let name) = node.value {
            return Named(name: name, options: ConfigNode(.mapping([]), at: node.place), place: node.place)
        }
        return try single(node, owner: owner)
    }

    /// `{ name: { options } }` with exactly one name.
    private static func single(_ node: ConfigNode, owner: String) throws -> Named {
        guard case .mapping(let members) = node.value, members.count == 1, let only = members.first else {
            throw AssayError(
                "config.type",
                "\(owner) takes one name with its options, like { name: { … } }, not \(node.kind)",
                at: node.place
            )
        }
        let options = only.value.value == .null ? ConfigNode(.mapping([]), at: only.place) : only.value
        return Named(name: only.key, options: options, place: only.place)
    }
}

extension ConfigNode {
    /// This tree with the value at a dotted key replaced or added, for sweeps.
    func setting(_ key: String, to new: ConfigNode) throws -> ConfigNode {
        let parts = key.split(separator: ".", maxSplits: 1).map(String.init)
        guard case .mapping(var members) = value else {
            throw AssayError("sweep.key", "'\(key)' does not lead to a mapping", at: new.place)
        }
        let at = members.firstIndex { $0.key == parts[0] }
        let old = at.map { members[$0].value } ?? ConfigNode(.mapping([]), at: new.place)
        let changed = parts.count == 1 ? new : try old.setting(parts[1], to: new)
        if let at {
            members[at].value = changed
        } else {
            members.append(Member(key: parts[0], place: new.place, value: changed))
        }
        return ConfigNode(.mapping(members), at: place)
    }
}
