import AssayModel
import AssayPipeline
import AssayStore
import FoundationEssentials

/// Finds the run that an argument names.
struct RunArgument {
    let project: Project
    let store: Store

    /// The record of a run.
    ///
    /// - Parameter name: An id or the unique beginning of one; `latest`, or `latest~N` for the N-th successful run before it; a
    ///   `record.json`, or the folder that holds one.
    /// - Returns: The record.
    /// - Throws: `AssayError` "run.unknown", "run.ambiguous", "run.unfinished" or "run.file".
    func record(_ name: String) async throws -> RunRecord {
        if let file = file(name) { return try read(file) }
        let lines = try await store.runs()
        if name == "latest" || name.hasPrefix("latest~") {
            let back = name == "latest" ? 0 : Int(name.dropFirst("latest~".count))
            let done = lines.filter { $0.status == RunStatus.success.rawValue }
            guard let back, back >= 0, back < done.count else {
                throw AssayError(
                    "run.unknown",
                    "there is no run '\(name)': \(done.count) runs succeeded",
                    remedy: remedy
                )
            }
            return try await stored(done[back].id)
        }
        if lines.contains(where: { $0.id == name }) { return try await stored(name) }
        let found = name.isEmpty ? [] : lines.filter { $0.id.hasPrefix(name) }
        if found.count > 1 {
            let ids = found.prefix(3).map(\.id).joined(separator: ", ")
            throw AssayError(
                "run.ambiguous",
                "\(found.count) runs begin with '\(name)': \(ids)",
                remedy: "give the whole id"
            )
        }
        guard let line = found.first else {
            throw AssayError("run.unknown", "there is no run and no file '\(name)'", remedy: remedy)
        }
        return try await stored(line.id)
    }

    private var remedy: String { "'assay report' without an id lists the runs" }

    private func stored(_ id: String) async throws -> RunRecord {
        guard let record = try await store.run(id) else {
            throw AssayError("run.unfinished", "the run '\(id)' has no record: it did not finish", remedy: remedy)
        }
        return record
    }

    /// The file that the name leads to, nil when it is no path.
    private func file(_ name: String) -> String? {
        guard name.contains("/") || name.hasSuffix(".json") else { return nil }
        var isFolder = false
        guard FileManager.default.fileExists(atPath: name, isDirectory: &isFolder) else { return nil }
        return isFolder ? name + "/record.json" : name
    }

    private func read(_ path: String) throws -> RunRecord {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw AssayError("run.file", "the record cannot be read", at: Place(file: path))
        }
        do {
            return try JSONDecoder().decode(RunRecord.self, from: data)
        } catch {
            throw AssayError(
                "run.file",
                "this is no record of a run",
                at: Place(file: path),
                remedy: "give the 'record.json' of a run's folder, or a run's id"
            )
        }
    }
}
