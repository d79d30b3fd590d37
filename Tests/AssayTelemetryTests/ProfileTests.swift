import AssayModel
import Testing

@testable import AssayTelemetry

struct ProfileTests {
    private static let retrieval = span(
        "assay.retrieve",
        [
            Attribute(TraceKey.documentIDs, .array([.string("a#1"), .string("b#2")])),
            Attribute(TraceKey.documentScores, .array([.double(0.5), .double(0.25)])),
            Attribute(TraceKey.documentTexts, .array([.string("passage one"), .string("second")])),
            Attribute(TraceKey.input, "who?"), Attribute(TraceKey.source, "handbook"),
            Attribute(TraceKey.topK, .int(100)),
        ]
    )
    private static let generation = span(
        "assay.generate",
        [
            Attribute(TraceKey.engine, "local"), Attribute(TraceKey.finish, "stop"),
            Attribute(TraceKey.firstToken, .double(0.2)),
            Attribute(TraceKey.maxTokens, .int(64)),
            Attribute(TraceKey.messages, .array([.string("s"), .string("u")])),
            Attribute(TraceKey.model, "smol"), Attribute(TraceKey.output, "an answer"),
            Attribute(TraceKey.roles, .array([.string("system"), .string("user")])), Attribute(TraceKey.seed, .int(0)),
            Attribute(TraceKey.temperature, .double(0)), Attribute(TraceKey.inputTokens, .int(10)),
            Attribute(TraceKey.outputTokens, .int(3)), Attribute(TraceKey.cachedTokens, .int(4)),
        ]
    )

    @Test func genaiNamesAreTheConventions() {
        let shaping = SpanShaping(.genai, capturesContent: true)
        let retrieval = shaping.shape(Self.retrieval)
        #expect(retrieval.name == "retrieval handbook")
        #expect(
            retrieval.sorted == [
                Attribute("gen_ai.data_source.id", "handbook"), Attribute("gen_ai.operation.name", "retrieval"),
                Attribute("gen_ai.request.top_k", .int(100)),
                Attribute(
                    "gen_ai.retrieval.documents",
                    #"[{"id":"a#1","score":0.5,"content":"passage one"},{"id":"b#2","score":0.25,"content":"second"}]"#
                ),
                Attribute("gen_ai.retrieval.query.text", "who?"),
            ]
        )
        let generation = shaping.shape(Self.generation)
        #expect(generation.name == "chat smol" && generation.kind == .client)
        #expect(
            generation.sorted == [
                Attribute(
                    "gen_ai.input.messages",
                    #"[{"role":"system","parts":[{"type":"text","content":"s"}]},{"role":"user","parts":[{"type":"text","content":"u"}]}]"#
                ),
                Attribute("gen_ai.operation.name", "chat"),
                Attribute(
                    "gen_ai.output.messages",
                    #"[{"role":"assistant","parts":[{"type":"text","content":"an answer"}],"finish_reason":"stop"}]"#
                ),
                Attribute("gen_ai.provider.name", "local"), Attribute("gen_ai.request.max_tokens", .int(64)),
                Attribute("gen_ai.request.model", "smol"), Attribute("gen_ai.request.seed", .int(0)),
                Attribute("gen_ai.request.temperature", .double(0)),
                Attribute("gen_ai.response.finish_reasons", .array([.string("stop")])),
                Attribute("gen_ai.response.time_to_first_chunk", .double(0.2)),
                Attribute("gen_ai.usage.cache_read.input_tokens", .int(4)),
                Attribute("gen_ai.usage.input_tokens", .int(10)),
                Attribute("gen_ai.usage.output_tokens", .int(3)),
            ]
        )
    }

    @Test func openInferenceNamesAreItsOwn() {
        let shaping = SpanShaping(.openinference, capturesContent: true)
        #expect(
            shaping.shape(Self.retrieval).sorted == [
                Attribute("assay.data_source", "handbook"), Attribute("assay.top_k", .int(100)),
                Attribute("input.mime_type", "text/plain"), Attribute("input.value", "who?"),
                Attribute("openinference.span.kind", "RETRIEVER"),
                Attribute("retrieval.documents.0.document.content", "passage one"),
                Attribute("retrieval.documents.0.document.id", "a#1"),
                Attribute("retrieval.documents.0.document.score", .double(0.5)),
                Attribute("retrieval.documents.1.document.content", "second"),
                Attribute("retrieval.documents.1.document.id", "b#2"),
                Attribute("retrieval.documents.1.document.score", .double(0.25)),
            ]
        )
        let names = shaping.shape(Self.generation).attributes
        #expect(names.contains(Attribute("openinference.span.kind", "LLM")))
        #expect(names.contains(Attribute("llm.model_name", "smol")))
        #expect(names.contains(Attribute("llm.token_count.total", .int(13))))
        #expect(
            names.contains(Attribute("llm.invocation_parameters", #"{"max_tokens":64,"seed":0,"temperature":0.0}"#))
        )
        #expect(names.contains(Attribute("llm.input_messages.1.message.content", "u")))
        #expect(names.contains(Attribute("llm.output_messages.0.message.content", "an answer")))
        let scores = shaping.shape(ExporterTests.scored).attributes
        #expect(scores.contains(Attribute("evaluations.0.evaluation.score", .double(0.5))))
        #expect(scores.contains(Attribute("evaluations.1.evaluation.label", "not_scored")))
    }

    @Test(arguments: AttributeProfile.allCases)
    func textsStayInUnlessTheyAreWanted(profile: AttributeProfile) {
        let shaping = SpanShaping(profile, capturesContent: false)
        for span in [Self.retrieval, Self.generation, ExporterTests.scored] {
            let text = "\(shaping.shape(span).attributes)"
            for content in ["passage one", "second", "who?", "an answer", "the judge was silent", "\"u\"", "\"s\""] {
                #expect(!text.contains(content), "\(span.name) exports '\(content)'")
            }
        }
    }

    @Test func everyKeyOfTheTableIsKnown() {
        for profile in AttributeProfile.allCases {
            #expect(profile.names.keys.allSatisfy { $0.hasPrefix("assay.") })
        }
        #expect(Set(ProfileTable.operations.keys).allSatisfy { $0.hasPrefix("assay.") })
        #expect(AttributeProfile.openinference.versioned == "openinference/2026-10")
    }

    @Test(arguments: [
        ("write to ann.lee@example.org, please", "write to [redacted address], please"),
        ("(ann@example.org).", "([redacted address])."), ("user@host is no address", "user@host is no address"),
        ("key sk-abcdefghij0123456789 here", "key [redacted key] here"),
        ("Authorization: Bearer abc123def456", "Authorization: Bearer [redacted token]"),
        ("card 4111 1111 1111 1111 ok", "card [redacted number] ok"),
        ("card 4111-1111-1111-1112 ok", "card 4111-1111-1111-1112 ok"), ("in 2024 12 of 34", "in 2024 12 of 34"),
        ("Authorization: Bearer abcdefghijk", "Authorization: Bearer [redacted token]"),
        ("key\u{a0}sk-abcdefghij0123456789\u{3000}end", "key\u{a0}[redacted key]\u{3000}end"),
        ("é\u{2014}a,b;\r\nc 日本語 🙂 a@b", "é\u{2014}a,b;\r\nc 日本語 🙂 a@b"),
        ("eyJhbGciOi.eyJzdWIiOi.SflKxwRJSM5", "[redacted token]"), ("naïve 1 text\n\ttwo", "naïve 1 text\n\ttwo"),
    ])
    func secretsAreTakenOut(text: String, wanted: String) {
        #expect(Redaction().redact(text) == wanted)
    }

    private static func span(_ name: String, _ attributes: [Attribute]) -> SpanRecord {
        SpanRecord(
            identity: SpanIdentity(trace: TraceID(high: 1, low: 2), span: 3),
            name: name,
            start: 10,
            end: 20,
            attributes: attributes.sorted { $0.key < $1.key }
        )
    }
}

extension SpanRecord {
    fileprivate var sorted: [Attribute] { attributes.sorted { $0.key < $1.key } }
}
