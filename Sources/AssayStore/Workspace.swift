import AssayModel
import FoundationEssentials

/// The folder in which a project's finished work lives, `.assay` beside its pipelines.
///
/// `assay.db` is the only truth; everything else can be made again from it or from the corpus.
package struct Workspace: Sendable, Equatable {
    /// The folder.
    package let path: String

    /// Names a workspace; nothing is created yet.
    package init(path: String) {
        self.path = path
    }

    /// The database.
    package var database: String { path + "/assay.db" }
    /// Vector files, one an embedder.
    package var vectors: String { path + "/vectors" }
    /// Index generations.
    package var indexes: String { path + "/indexes" }
    /// Exported runs.
    package var runs: String { path + "/runs" }
    /// Lock files.
    package var locks: String { path + "/locks" }
    /// Output of supervised servers.
    package var logs: String { path + "/logs" }

    /// Makes the folders that are missing.
    ///
    /// - Throws: `AssayError` "workspace.create" when the disk refuses.
    package func create() throws {
        for folder in [path, vectors, indexes, runs, locks, logs] {
            do {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            } catch {
                throw AssayError(
                    "workspace.create",
                    "cannot create the workspace folder \(folder)",
                    remedy: "check rights and free space, or name another folder with --workspace"
                )
            }
        }
    }
}
