import AssayModel

// What was measured, where, and what was left out.

extension HTMLSections {
    /// Files listed by name for each reason.
    private static let listedFiles = 200

    var leftOut: Markup {
        guard !facts.leftOut.isEmpty else { return "" }
        let reasons = facts.leftOut.map { reason -> Markup in
            let files = reason.files.prefix(Self.listedFiles).map { file -> Markup in
                "<li>\(PrintableText.line(file.reason))</li>\n"
            }
            let rest = reason.files.count - Self.listedFiles
            let more: Markup = rest > 0 ? "<li>and \(Format.count(rest)) more</li>" : ""
            return """
                <details><summary>\(PrintableText.line(reason.code)): \(Format.count(reason.files.count, "file"))</summary>
                <ul class="files">\(files)\(more)</ul></details>

                """
        }
        return """
            <section id="left-out">
            <h2>Left out</h2>
            \(reasons)
            </section>
            """
    }

    var sources: Markup {
        let environment = record.environment
        let corpus = results.corpus
        var measured: [(String, String)] = [
            (
                "corpus",
                "\(corpus.name): \(Format.count(corpus.documents, "document")), \(Format.count(corpus.chunks, "chunk")), "
                    + "\(Format.bytes(corpus.bytes)); fingerprint \(Format.digest(corpus.fingerprint))"
            )
        ]
        if let evalset = results.evalset {
            measured.append(
                (
                    "evalset",
                    "\(evalset.name), split \(evalset.split): \(Format.count(evalset.questions, "question")); "
                        + "fingerprint \(Format.digest(evalset.fingerprint))"
                )
            )
        }
        if let engine = results.engine { measured.append(("engine", Self.facts(of: engine))) }
        if let judge = results.judge { measured.append(("judge", Self.facts(of: judge))) }
        measured += results.components.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        let machine: [(String, String)] =
            [
                ("processor", "\(environment.processor), \(Format.count(environment.cores, "core"))"),
                ("memory", "\(Format.fixed(environment.memoryGiB, decimals: 1)) GiB"),
                ("system", environment.system),
                ("started", environment.started),
                ("finished", environment.finished ?? "not finished"),
                ("Assay", environment.assay),
            ] + environment.libraries.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        let spec = (try? canonicalJSON(results.spec, pretty: true)) ?? ""
        return """
            <section id="sources">
            <h2>What was measured, and where</h2>
            <div class="columns">
            \(Self.list(measured))
            \(Self.list(machine))
            </div>
            <details><summary>Specification with every default</summary><pre>\(spec)</pre></details>
            </section>
            """
    }

    static func facts(of engine: EngineIdentity) -> String {
        let digest = engine.modelHash.map { "SHA-256 \(Format.digest($0))" } ?? "not fingerprinted"
        return "\(engine.name): \(engine.model), mode \(engine.mode), \(digest)"
    }

    private static func list(_ facts: [(String, String)]) -> Markup {
        let items = facts.map { "<dt>\(PrintableText.line($0.0))</dt><dd>\(PrintableText.line($0.1))</dd>\n" as Markup }
        return "<dl class=\"facts\">\(items)</dl>"
    }
}
