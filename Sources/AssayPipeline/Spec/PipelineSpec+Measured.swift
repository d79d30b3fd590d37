import AssayModel

extension PipelineSpec {
    /// What is measured, with the defaults of the file; the defaults of components are added when they are made.
    ///
    /// Made of the values that were read, not of the text: a default that is written out, or another way to the same folder, measures
    /// the same. Corpus and evalset stand with their folders' names; what they hold has fingerprints of its own in the record.
    var measured: [String: JSONValue] {
        var members: [String: JSONValue] = [
            "corpus": .string(baseName(corpus)),
            "chunk": chunk.measured,
            "vectors": vectors.measured,
            "retrieve": retrieve.measured,
        ]
        if let embed { members["embed"] = embed.measured }
        // Absent by default, so that files without it keep their hashes.
        if let rewrite { members["rewrite"] = rewrite.measured }
        if let answer { members["answer"] = answer.measured }
        if let evaluate { members["evaluate"] = evaluate.measured }
        return members
    }
}

extension PipelineSpec.Named {
    fileprivate var measured: JSONValue { ["by": .string(name), "options": options.json] }
}

extension PipelineSpec.Retrieve {
    fileprivate var measured: JSONValue {
        var members: [String: JSONValue] = [
            "from": .array(from.map { .object([$0.kind: ["top": .int($0.top)]]) }),
            "filter": .object(filter.mapValues { .string($0) }),
            "depth": .int(depth),
        ]
        if let fuse { members["fuse"] = fuse.measured }
        if let mmr { members["mmr"] = mmr.json }
        return .object(members)
    }
}

extension PipelineSpec.Answer {
    fileprivate var measured: JSONValue {
        var members: [String: JSONValue] = [
            "engine": .string(engine),
            "context": .int(context),
            "max_tokens": .int(maxTokens),
            "temperature": .double(temperature),
            "stop": .array(stop.map { .string($0) }),
            "seed": .int(seed),
        ]
        if let sample { members["sample"] = ["count": .int(sample), "seed": .int(sampleSeed)] }
        return .object(members)
    }
}

extension PipelineSpec.Evaluate {
    fileprivate var measured: JSONValue {
        var members: [String: JSONValue] = ["evalset": .string(baseName(evalset)), "split": .string(split)]
        if let judging { members["judge"] = judging.measured }
        // Absent by default, so that files without it keep their hashes.
        if let failureLimits { members["attribution"] = failureLimits.measured }
        return .object(members)
    }
}

extension JudgingSpec {
    fileprivate var measured: JSONValue {
        [
            "engines": .array(members.map { .string($0.name) }),
            "ask": .string(ask.rawValue),
            "repeats": .int(repeats),
            "temperature": .double(temperature),
            "combine": .string(combine.rawValue),
        ]
    }
}
