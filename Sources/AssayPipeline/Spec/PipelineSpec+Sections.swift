import AssayEval
import AssayModel

// The sections of a pipeline file, each with its defaults.

extension PipelineSpec {
    static func check(_ retrieve: Retrieve, _ answer: Answer?, embed: Named?, keywords: ConfigNode?) throws {
        if let answer, answer.context > retrieve.depth {
            throw AssayError(
                "plan.context",
                "answer.context is \(answer.context) but retrieve.depth is \(retrieve.depth); the context is taken from the list",
                at: answer.enginePlace,
                remedy: "raise retrieve.depth or lower answer.context"
            )
        }
    }

    static func retrieve(_ node: ConfigNode?, hasEmbedder: Bool, place: Place) throws -> Retrieve {
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

    static func answer(_ node: ConfigNode) throws -> Answer {
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

    static func evaluate(_ node: ConfigNode, folder: String) throws -> Evaluate {
        var options = try OptionReader(node, owner: "evaluate", place: node.place)
        let evalset = try options.string("evalset")
        let split = try options.string("split", default: "all", oneOf: ["all", "dev", "test", "train"])
        let list = options.node("metrics")
        let define = options.node("define")
        let judgeNode = options.node("judge")
        let judging = try judgeNode.map { try JudgingSpec($0) }
        let attribution = options.node("attribution")
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
            define: define,
            judge: judging?.members.first?.name,
            judging: judging,
            judgePlace: judgeNode?.place ?? node.place,
            failureLimits: try attribution.map { try FailureLimits($0, metrics: list.elements.map(\.metricName)) }
        )
    }
}
