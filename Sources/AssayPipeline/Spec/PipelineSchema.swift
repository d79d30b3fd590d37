import AssayEval
import AssayLexical
package import AssayModel
import AssayRetrieve

/// JSON Schema (draft 2020-12) of a pipeline file, for editors.
///
/// It is made by running the readers of every section and of every component in the tables under an `OptionRecorder`, so it says
/// what they ask for. What depends on other parts of the file (depths, labels, models) only `assay plan` finds.
package enum PipelineSchema {
    /// A file in which every section stands, so that every reader runs.
    private static let outline = """
        assay: 1
        corpus: corpus
        chunk: {}
        embed: {}
        index: {}
        rewrite: {}
        retrieve: { from: [ { dense: {} }, { bm25: {} } ], fuse: { rrf: {} } }
        answer: { engine: name }
        evaluate: { evalset: evalset, metrics: [ mrr ], judge: { engine: name }, attribution: {} }
        serve: { fallback: name, online: { share: 1, metrics: [ faithfulness ], judge: { engine: name } } }
        gate: { rules: { mrr: { min: 0, max: 1, drop: 1 } } }
        """

    /// The schema.
    ///
    /// - Throws: Errors of the readers themselves, which is a defect of the program.
    package static func json() throws -> JSONValue {
        let recorder = OptionRecorder()
        return try OptionRecorder.$current.withValue(recorder) {
            _ = try PipelineSpec(try YAMLFile.parse(outline, file: "outline"), path: "outline.yaml")
            var sections = properties(recorder, "pipeline")
            sections["assay"] = ["const": 1]
            sections["chunk"] = chosen(Components.chunkers, key: "by", standard: "headings", owner: "chunk")
            sections["embed"] = chosen(Components.embedders, key: "by", standard: "bert", owner: "embed")
            sections["index"] = try index(recorder)
            sections["rewrite"] = chosen(Components.rewriters, key: "by", standard: "standalone", owner: "rewrite")
            sections["retrieve"] = try retrieve(recorder)
            sections["answer"] = object(recorder, "answer")
            sections["evaluate"] = evaluate(recorder)
            sections["serve"] = serve(recorder)
            sections["gate"] = gate(recorder)
            sections["expect"] = [
                "type": "object", "additionalProperties": ["type": "number"],
                "properties": [
                    "corpus": ["type": "string"], "documents": ["type": "integer"], "chunks": ["type": "integer"],
                ],
            ]
            let sweep: [String: JSONValue] = [
                "assay": ["const": 1], "base": ["type": "string"], "expect": ["type": "object"],
                "vary": ["type": "object", "additionalProperties": ["type": "array", "minItems": 1]],
            ]
            return [
                "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Assay pipeline or sweep",
                "anyOf": [
                    closed(sections, required: ["assay", "corpus"]),
                    closed(sweep, required: ["assay", "base", "vary"]),
                ],
            ]
        }
    }

    // MARK: sections

    private static func index(_ recorder: OptionRecorder) throws -> JSONValue {
        var reader = try OptionReader(nil, owner: "index.keywords", place: Place(file: "outline"))
        _ = try LexicalOptions(options: &reader)
        let vectors: JSONValue = [
            "anyOf": .array([
                ["enum": .array((Components.vectorIndexes.names + ["auto"]).sorted().map { .string($0) })],
                named(Components.vectorIndexes, owner: "index.vectors"),
            ])
        ]
        return object(
            recorder,
            "index",
            with: ["vectors": vectors, "keywords": object(recorder, "index.keywords")]
        )
    }

    private static func retrieve(_ recorder: OptionRecorder) throws -> JSONValue {
        var reader = try OptionReader(nil, owner: "retrieve.mmr", place: Place(file: "outline"))
        _ = try MaximalMarginalRelevance(options: &reader, resources: .none)
        let sources = ["dense", "bm25"].map { kind in single(kind, object(recorder, "retrieve.from.\(kind)")) }
        return object(
            recorder,
            "retrieve",
            with: [
                "from": ["type": "array", "minItems": 1, "items": ["anyOf": .array(sources)]],
                "fuse": named(Components.fusions, owner: "retrieve.fuse"),
                "mmr": object(recorder, "retrieve.mmr"),
                "filter": ["type": "object"],
            ]
        )
    }

    /// A metric of a list.
    private static var metric: JSONValue {
        let names = Metrics.builtin.entries.map { JSONValue.string($0.name) }
        return [
            "anyOf": [
                ["enum": .array(names)], ["type": "string"],
                ["type": "object", "maxProperties": 1, "minProperties": 1],
            ],
            "description": "A metric by name, with @k or @Ntok where it takes a cut, or one 'name: { options }'",
        ]
    }

    private static func serve(_ recorder: OptionRecorder) -> JSONValue {
        let online = object(
            recorder,
            "serve.online",
            with: [
                "metrics": ["type": "array", "minItems": 1, "items": metric],
                "judge": ["anyOf": [["type": "string"], object(recorder, "serve.online.judge")]],
            ],
            required: ["metrics"]
        )
        return object(recorder, "serve", with: ["online": online])
    }

    private static func evaluate(_ recorder: OptionRecorder) -> JSONValue {
        let limits: JSONValue = ["type": "object", "additionalProperties": ["type": "number"]]
        return object(
            recorder,
            "evaluate",
            with: [
                "metrics": ["type": "array", "minItems": 1, "items": metric],
                "define": ["type": "object"],
                "judge": ["anyOf": [["type": "string"], object(recorder, "evaluate.judge")]],
                "attribution": object(
                    recorder,
                    "evaluate.attribution",
                    with: ["judged": limits, "likeness": limits]
                ),
            ],
            required: ["metrics"]
        )
    }

    private static func gate(_ recorder: OptionRecorder) -> JSONValue {
        let bounds: JSONValue = [
            "type": "object", "minProperties": 1, "additionalProperties": false,
            "properties": [
                "min": ["type": "number"], "max": ["type": "number"], "drop": ["type": "number", "minimum": 0],
            ],
        ]
        let rules: JSONValue = ["type": "object", "additionalProperties": bounds]
        return object(
            recorder,
            "gate",
            with: ["rules": rules, "slices": ["type": "object", "additionalProperties": rules]]
        )
    }

    // MARK: components

    /// `{ key: NAME, options… }`, where the standard component may go without its name.
    private static func chosen<Product>(
        _ table: Registry<Product>,
        key: String,
        standard: String,
        owner: String
    ) -> JSONValue {
        let variants = table.entries.map { entry -> JSONValue in
            let fields = options(of: entry.name, in: table, owner: owner)
            var members = Dictionary(fields.map { ($0.key, $0.json) }) { first, _ in first }
            members[key] = ["const": .string(entry.name), "description": .string(entry.summary)]
            let required = fields.filter(\.isRequired).map(\.key) + (entry.name == standard ? [] : [key])
            return closed(members, required: required)
        }
        return ["anyOf": .array(variants)]
    }

    /// `{ NAME: { options… } }`.
    private static func named<Product>(_ table: Registry<Product>, owner: String) -> JSONValue {
        let variants = table.entries.map { entry -> JSONValue in
            let fields = options(of: entry.name, in: table, owner: "\(owner).\(entry.name)")
            let members = Dictionary(fields.map { ($0.key, $0.json) }) { first, _ in first }
            return single(entry.name, closed(members, required: fields.filter(\.isRequired).map(\.key)))
        }
        return ["anyOf": .array(variants)]
    }

    /// What a component asks for when it is made; models and engines are not looked up.
    private static func options<Product>(
        of name: String,
        in table: Registry<Product>,
        owner: String
    ) -> [OptionRecorder.Field] {
        let recorder = OptionRecorder()
        OptionRecorder.$current.withValue(recorder) {
            // A component that wants a model fails without one, after it has read its options.
            _ = try? table.make(
                name,
                options: OptionReader(nil, owner: owner, place: Place(file: "outline")),
                resources: .none,
                at: nil
            )
        }
        return recorder.fields(of: owner)
    }

    // MARK: shapes

    private static func properties(_ recorder: OptionRecorder, _ owner: String) -> [String: JSONValue] {
        Dictionary(recorder.fields(of: owner).map { ($0.key, $0.json) }) { first, _ in first }
    }

    private static func object(
        _ recorder: OptionRecorder,
        _ owner: String,
        with more: [String: JSONValue] = [:],
        required: [String] = []
    ) -> JSONValue {
        let needed = recorder.fields(of: owner).filter(\.isRequired).map(\.key) + required
        return closed(properties(recorder, owner).merging(more) { $1 }, required: needed)
    }

    private static func closed(_ members: [String: JSONValue], required: [String]) -> JSONValue {
        [
            "type": "object", "properties": .object(members), "additionalProperties": false,
            "required": .array(required.sorted().map { .string($0) }),
        ]
    }

    private static func single(_ name: String, _ options: JSONValue) -> JSONValue {
        closed([name: ["anyOf": [["type": "null"], options]]], required: [name])
    }
}
