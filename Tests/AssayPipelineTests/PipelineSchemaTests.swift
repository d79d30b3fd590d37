import AssayModel
import FoundationEssentials
import Testing

@testable import AssayPipeline

/// The schema takes what the readers take, and refuses what they refuse.
@Suite struct PipelineSchemaTests {
    @Test func takesEveryPipelineOfTheProject() throws {
        let schema = try PipelineSchema.json()
        let folder =
            URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path + "/pipelines"
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }
        #expect(files.count >= 10)
        for file in files {
            let value = try YAMLFile.read(folder + "/" + file).json
            #expect(Self.accepts(schema, value), "\(file)")
        }
    }

    @Test(arguments: [
        "assay: 1", "assay: 2\ncorpus: c", "assay: 1\ncorpus: c\nchunks: {}",
        "assay: 1\ncorpus: c\nchunk: { by: nothing }", "assay: 1\ncorpus: c\nchunk: { tokens: many }",
        "assay: 1\ncorpus: c\nchunk: { by: recursive, heading: 1 }", "assay: 1\ncorpus: c\nembed: { by: server }",
        "assay: 1\ncorpus: c\nindex: { keywords: { stemmer: potter } }",
        "assay: 1\ncorpus: c\nindex: { vectors: round }",
        "assay: 1\ncorpus: c\nretrieve: { from: [] }", "assay: 1\ncorpus: c\nretrieve: { fuse: { rrf: { kk: 1 } } }",
        "assay: 1\ncorpus: c\nanswer: {}", "assay: 1\ncorpus: c\nanswer: { engine: e, temperature: 3 }",
        "assay: 1\ncorpus: c\nevaluate: { evalset: e }",
        "assay: 1\ncorpus: c\nevaluate: { evalset: e, metrics: [ mrr ], split: all_ }",
        "assay: 1\ncorpus: c\ngate: { rules: { mrr: { least: 1 } } }", "assay: 1\nbase: b",
    ])
    func refuses(_ text: String) throws {
        #expect(try !Self.accepts(PipelineSchema.json(), YAMLFile.parse(text, file: "x.yaml").json))
    }

    @Test func namesDefaultsAndRanges() throws {
        let text = try PipelineSchema.json().text
        #expect(text.contains(#""max_tokens":{"default":128,"maximum":32768,"minimum":1,"type":"integer"}"#))
        for name in Components.chunkers.names + Components.embedders.names + Components.vectorIndexes.names {
            #expect(text.contains("\"\(name)\""), "\(name)")
        }
    }

    /// The part of JSON Schema that the schema uses.
    static func accepts(_ schema: JSONValue, _ value: JSONValue) -> Bool {
        if let variants = schema["anyOf"]?.arrayValue, !variants.contains(where: { accepts($0, value) }) {
            return false
        }
        if let constant = schema["const"], constant != value { return false }
        if let allowed = schema["enum"]?.arrayValue, !allowed.contains(value) { return false }
        if let type = schema["type"]?.stringValue, !has(type, value) { return false }
        if let number = value.doubleValue {
            if let least = schema["minimum"]?.doubleValue, number < least { return false }
            if let most = schema["maximum"]?.doubleValue, number > most { return false }
        }
        switch value {
        case .array(let elements):
            if let least = schema["minItems"]?.intValue, elements.count < least { return false }
            if let items = schema["items"] { return elements.allSatisfy { accepts(items, $0) } }
        case .object(let members):
            if let least = schema["minProperties"]?.intValue, members.count < least { return false }
            if let most = schema["maxProperties"]?.intValue, members.count > most { return false }
            let required = schema["required"]?.arrayValue ?? []
            guard required.allSatisfy({ members[$0.stringValue ?? ""] != nil }) else { return false }
            return members.allSatisfy { key, member in
                if let known = schema["properties"]?[key] { return accepts(known, member) }
                guard let rest = schema["additionalProperties"] else { return true }
                return rest != .bool(false) && accepts(rest, member)
            }
        default: break
        }
        return true
    }

    private static func has(_ type: String, _ value: JSONValue) -> Bool {
        switch (type, value) {
        case ("object", .object), ("array", .array), ("string", .string), ("boolean", .bool), ("null", .null),
            ("integer", .int), ("number", .int), ("number", .double):
            true
        default: false
        }
    }
}
