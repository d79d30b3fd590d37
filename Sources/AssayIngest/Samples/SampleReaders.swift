package import AssayModel

/// The formats of samples that `assay score` reads, in the order of detection.
package enum SampleReaders {
    /// All formats that come with Assay.
    package static let builtin: [SampleReader] = [.promptfoo, .deepEval, .ragas, .assay]

    /// The format `name`.
    ///
    /// - Parameter name: Name as `--format` has it.
    /// - Returns: The format.
    /// - Throws: `AssayError` "samples.format" with the known names.
    package static func reader(_ name: String) throws -> SampleReader {
        if let found = builtin.first(where: { $0.name == name }) { return found }
        let names = builtin.map(\.name)
        let near = nearestName(to: name, among: names).map { " (did you mean '\($0)'?)" } ?? ""
        throw AssayError(
            "samples.format",
            "unknown format '\(name.prefix(40))'\(near); known: \(names.joined(separator: ", "))"
        )
    }
}

/// One line of the table of formats.
package struct SampleReader: Sendable {
    /// Name for `--format`.
    package let name: String
    /// One sentence for listings.
    package let summary: String
    /// Whether a file whose first row has these keys is of this format.
    let recognises: @Sendable (_ keys: Set<String>) -> Bool
    /// Reads one row; nil for a row that is no sample.
    let read: @Sendable (SampleFields) throws -> ImportedSample?
}

/// What a file of samples may hold at most; whatever is larger is an error with its place.
package struct SampleLimits: Sendable {
    /// Bytes of the file.
    package var fileBytes = 512 << 20
    /// Rows.
    package var rows = 1_000_000
    /// Bytes of one row.
    package var rowBytes = 16 << 20
    /// Bytes of one text.
    package var textBytes = 4 << 20
    /// Elements of one list: contexts, gold ids, retrieved ids, tags, turns.
    package var listed = 10_000
    /// Bad rows that are named; more are only counted.
    package var named = 100

    /// The defaults.
    package init() {}
}

/// The samples of a file.
package struct SampleSet: Sendable {
    /// Name of the format.
    package var format: String
    /// The samples, in the order of the file.
    package var samples: [ImportedSample] = []
    /// The first bad rows, with file and line.
    package var faults: [AssayError] = []
    /// Number of bad rows.
    package var bad = 0
    /// Rows that belong to the format but are no samples.
    package var skipped = 0
    /// SHA-256 of the file.
    package var digest: String

    /// A set without samples, to be filled by readers of files that have no rows.
    ///
    /// - Parameters:
    ///   - format: Name of the format.
    ///   - digest: Digest of the files.
    package init(format: String, digest: String) {
        self.format = format
        self.digest = digest
    }

    /// Reads a file: a bad row is named and counted, the rest goes on.
    ///
    /// - Parameters:
    ///   - path: The file: JSON lines, JSON, or CSV.
    ///   - format: A format, nil to see by the first rows which it is.
    ///   - delimiter: What separates the elements of a list in one CSV cell, nil for the format's own.
    ///   - limits: What is accepted.
    /// - Throws: `AssayError` when the file cannot be read, is of no known format, or has no sample at all.
    package init(
        reading path: String,
        format: SampleReader? = nil,
        delimiter: String? = nil,
        limits: SampleLimits = SampleLimits()
    ) throws {
        let rows = try SampleRows(reading: path, limits: limits)
        digest = rows.digest
        let keys = rows.firstKeys
        guard let reader = format ?? SampleReaders.builtin.first(where: { $0.recognises(keys) }) else {
            throw Self.unknown(path, keys: keys, fault: rows.faults.first)
        }
        self.format = reader.name
        faults = rows.faults
        bad = rows.bad
        var places: [String: Place] = [:]
        for row in rows.rows {
            let fields = SampleFields(row, delimiter: delimiter, limits: limits)
            do {
                guard var sample = try reader.read(fields) else {
                    skipped += 1
                    continue
                }
                sample.place = row.place
                sample.id = sample.id.isEmpty ? "row-\(row.number)" : sample.id
                if let first = places.updateValue(row.place, forKey: sample.id) {
                    places[sample.id] = first
                    throw fields.fault(
                        "samples.duplicate",
                        "the id '\(sample.id.prefix(60))' stands at \(first) already"
                    )
                }
                samples.append(sample)
            } catch let error as AssayError {
                bad += 1
                if faults.count < limits.named { faults.append(error) }
            }
        }
        if samples.isEmpty {
            if let first = faults.first { throw first }
            throw AssayError("samples.empty", "the file has no samples", at: Place(file: path))
        }
    }

    private static func unknown(_ path: String, keys: Set<String>, fault: AssayError?) -> AssayError {
        if keys.isEmpty, let fault { return fault }
        let shown = keys.sorted().prefix(12).map { "'\($0.prefix(30))'" }.joined(separator: ", ")
        return AssayError(
            "samples.format",
            keys.isEmpty ? "the file has no rows" : "the file is of no known format; its first row has \(shown)",
            at: Place(file: path),
            remedy:
                "name one with --format (\(SampleReaders.builtin.map(\.name).joined(separator: ", "))), or rename the "
                + "fields to question, answer, contexts, reference"
        )
    }
}
