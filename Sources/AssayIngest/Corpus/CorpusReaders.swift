package import AssayModel

/// The readers of corpus files.
package enum CorpusReaders {
    /// The table.
    package static let builtin = Registry<any CorpusReader>(
        kind: "reader",
        [
            .entry(MarkdownReader.self) { $0 },
            .entry(HTMLReader.self) { $0 },
            .entry(TextReader.self) { $0 },
            .entry(JSONLReader.self) { $0 },
            .entry(PDFReader.self) { $0 },
        ]
    )

    /// All readers of a table with the options that a pipeline gives some of them.
    ///
    /// - Parameters:
    ///   - options: A mapping from reader names to their options; nil for all defaults.
    ///   - registry: The table.
    ///   - place: Where to point when `options` is nil.
    /// - Returns: The readers in the order of the table.
    /// - Throws: `AssayError` for unknown readers and wrong options.
    package static func configured(
        _ options: ConfigNode? = nil,
        from registry: Registry<any CorpusReader> = builtin,
        at place: Place = Place(file: "corpus")
    ) throws -> [Configured<any CorpusReader>] {
        var mapping = try OptionReader(options, owner: "readers", place: place)
        let readers = try registry.names.map { name in
            let node = mapping.node(name)
            return try registry.make(
                name,
                options: OptionReader(node, owner: "readers.\(name)", place: place),
                resources: .none,
                at: node?.place ?? place
            )
        }
        try mapping.finish()
        return readers
    }
}
