import AssayModel
import FoundationEssentials

/// The manifest of one generation of an index: immutable segments and which of their chunks still count.
struct GenerationManifest: Sendable, Codable, Equatable {
    /// One segment.
    struct SegmentLine: Sendable, Codable, Equatable {
        /// Digest over what the segment holds; also its folder's name.
        var key: String
        /// Chunks in it, the deleted ones included.
        var count: Int
        /// Ordinals that no longer count, ascending.
        var deleted: [Int]
        /// Kind of its vector index, nil without vectors.
        var vectorKind: String?
        /// SHA-256 of its files by name.
        var checksums: [String: String]
    }

    static let currentFormat = 1

    var format = currentFormat
    var number: Int
    /// Fingerprint of the embedder whose vectors it holds, nil for keyword-only indexes.
    var embedder: EmbedderFingerprint?
    /// Tokenizer, stop list and stemmer of its keywords, nil without.
    var keywords: String?
    var segments: [SegmentLine]

    /// Chunks that count.
    var liveCount: Int { segments.reduce(0) { $0 + $1.count - $1.deleted.count } }
}

/// The folder of one index: its generations and segments.
///
/// A generation is published by renaming `CURRENT` into place; readers that opened an older one keep it, since segments are never
/// changed. The two newest generations are kept.
struct IndexFolder: Sendable {
    let path: String

    func segment(_ key: String) -> String { "\(path)/segments/\(key)" }

    /// The published generation, nil when there is none yet.
    func current() throws -> GenerationManifest? {
        guard let name = FileManager.default.contents(atPath: path + "/CURRENT") else { return nil }
        let file = "\(path)/\(String(decoding: name, as: UTF8.self))"
        guard let data = FileManager.default.contents(atPath: file),
            let manifest = try? JSONDecoder().decode(GenerationManifest.self, from: data),
            manifest.format == GenerationManifest.currentFormat
        else {
            throw AssayError(
                "index.damaged",
                "the index manifest \(file) is damaged or of another version",
                remedy: "remove \(path); the next run builds the index anew"
            )
        }
        return manifest
    }

    /// Publishes a generation and removes segments that neither it nor the one before needs.
    func publish(_ manifest: GenerationManifest) throws {
        let before = try? current()
        let digits = "\(manifest.number)"
        let name = "generation-" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits + ".json"
        try writeAtomically(Data(try canonicalJSON(manifest, pretty: true).utf8), to: "\(path)/\(name)")
        try writeAtomically(Data(name.utf8), to: path + "/CURRENT")
        let needed = Set((manifest.segments + (before?.segments ?? [])).map(\.key))
        let folders = (try? FileManager.default.contentsOfDirectory(atPath: path + "/segments")) ?? []
        for folder in folders where !needed.contains(folder) {
            try? FileManager.default.removeItem(atPath: segment(folder))
        }
    }

    /// Compares every file with its checksum.
    ///
    /// - Throws: `AssayError` "index.damaged" naming the first file that differs.
    func verify(_ manifest: GenerationManifest) throws {
        for line in manifest.segments {
            for (name, digest) in line.checksums.sorted(by: { $0.key < $1.key }) {
                let file = segment(line.key) + "/" + name
                guard let found = try? SHA256.hex(file: file), found == digest else {
                    throw AssayError(
                        "index.damaged",
                        "\(file) does not match its checksum",
                        remedy: "remove \(path); the next run builds the index anew"
                    )
                }
            }
        }
    }
}

/// Writes a file beside `path`, syncs it and renames it into place.
func writeAtomically(_ data: Data, to path: String) throws {
    do {
        try FileManager.default.createDirectory(atPath: parent(of: path), withIntermediateDirectories: true)
        try data.write(to: URL(filePath: path), options: .atomic)
    } catch {
        throw AssayError(
            "file.write",
            "cannot write \(path)",
            remedy: "check rights and free space; what was finished is kept"
        )
    }
}
