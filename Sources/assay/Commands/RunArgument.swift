import AssayModel
import AssayPipeline
import AssayStore
import FoundationEssentials

/// Finds the run that an argument names.
struct RunArgument {
    let project: Project
    let store: Store

    /// What a name leads to.
    enum Found {
        case record(RunRecord)
        case baseline(Baseline)

        /// The run's id.
        var id: String {
            switch self {
            case .record(let record): record.id
            case .baseline(let baseline): baseline.identity.run
            }
        }
    }

    /// The results of several runs, baselines among them.
    ///
    /// - Parameter names: As `find(_:)` reads them.
    /// - Returns: What each run is to be called, and its results. A file or `latest` is called by the run's id.
    /// - Throws: `AssayError` "run.…" or "baseline.…".
    func results(_ names: [String]) async throws -> [(name: String, results: RunResults)] {
        var found: [(name: String, run: Found)] = []
        for name in names { found.append((name, try await find(name))) }
        // A baseline holds scores without questions: those come from a run of the same evalset.
        let questions = found.compactMap { name, run -> [Question]? in
            guard case .record(let record) = run else { return nil }
            return record.results.questions.map(\.sample.question)
        }
        guard let asked = questions.first else {
            throw AssayError(
                "run.baselines",
                "baselines alone cannot be compared: they hold no questions",
                remedy: "give a run of the same evalset as well"
            )
        }
        return found.map { name, run in
            let label = name.contains("/") || name.hasPrefix("latest") ? run.id : name
            switch run {
            case .record(let record): return (label, record.results)
            case .baseline(let baseline): return (label, baseline.results(over: asked))
            }
        }
    }

    /// The run or baseline of a name.
    ///
    /// - Parameter name: A baseline's name; a run's id or the unique beginning of one; `latest`, or `latest~N` for the N-th successful
    ///   run before it; a `record.json`, or the folder that holds one.
    /// - Returns: The record or the baseline.
    /// - Throws: `AssayError` "run.unknown", "run.ambiguous", "run.unfinished", "run.file", or "baseline.…".
    func find(_ name: String) async throws -> Found {
        if let file = file(name) { return .record(try read(file)) }
        let baselines = BaselineFile(project)
        if baselines.names.contains(name), let stored = try baselines.read(name) { return .baseline(stored) }
        return .record(try await stored(try await id(name)))
    }

    /// Where the run of a name is, without reading its questions.
    ///
    /// - Parameter name: As `find(_:)` reads it.
    /// - Returns: Where it is.
    /// - Throws: As `find(_:)`.
    func source(_ name: String) async throws -> RunSource {
        if let file = file(name) { return .record(try read(file)) }
        let baselines = BaselineFile(project)
        if baselines.names.contains(name), let stored = try baselines.read(name) { return .baseline(stored) }
        return .stored(try await id(name))
    }

    /// The id that a name means.
    private func id(_ name: String) async throws -> String {
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
            return done[back].id
        }
        if lines.contains(where: { $0.id == name }) { return name }
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
            throw AssayError("run.unknown", "there is no run, no baseline and no file '\(name)'", remedy: remedy)
        }
        return line.id
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
