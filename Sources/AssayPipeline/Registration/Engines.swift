import AssayEngines
import AssayModel
import AssayStore
import FoundationEssentials
import Glibc
import Synchronization

/// The engines of a project, made when they are first named and ended together.
final class Engines: Sendable {
    let file: EnginesFile
    private let models: ModelStore
    private let project: Project
    private let made = Mutex<[String: any Engine]>([:])
    private let replay: String?

    /// Reads the project's engines.
    ///
    /// - Parameters:
    ///   - project: Where they are named.
    ///   - replay: A journal that answers in place of every engine.
    init(_ project: Project, replay: String? = nil) throws {
        self.project = project
        self.replay = replay
        file = try EnginesFile(project.enginesFile)
        models = try ModelStore(project)
    }

    /// What components may ask for.
    var resources: Resources {
        Resources(
            model: { [models] in try models.resolve($0) },
            engine: { [self] in try engine($0, at: nil) }
        )
    }

    /// The engine `name`; nothing is started before it is asked.
    func engine(_ name: String, at place: Place?) throws -> any Engine {
        if let known = made.withLock({ $0[name] }) { return known }
        var config = try file.config(name, at: place)
        if let replay {
            config.kind = .replay
            config.journalPath = absolutePath(replay)
        }
        if config.kind == .llama { try complete(&config, at: place) }
        let environment = ProcessInfo.processInfo.environment
        let engine = try makeEngine(config, environment: environment)
        return made.withLock { engines in
            if let first = engines[name] { return first }
            engines[name] = engine
            return engine
        }
    }

    private func complete(_ config: inout EngineConfig, at place: Place?) throws {
        let model = try models.resolve(config.model, at: place)
        config.llama.ggufPath = model.path
        config.llama.ggufSHA256 = model.sha256
        let installed = project.home + "/venv/bin/python"
        for candidate in [ProcessInfo.processInfo.environment["ASSAY_LLAMA_PYTHON"], installed].compactMap(\.self)
        where FileManager.default.isExecutableFile(atPath: candidate) {
            config.llama.pythonPath = candidate
            break
        }
        config.llama.launcherPath =
            Project.installedFile("scripts/llama-launcher.py", root: project.root)
            ?? Project.installedFile("llama-launcher.py", root: project.root) ?? ""
        config.llama.logPath = "\(project.workspace.logs)/\(config.name).log"
    }

    /// Ends every engine that was started.
    func shutdown() async {
        let engines = made.withLock { made in
            defer { made = [:] }
            return made.sorted { $0.key < $1.key }.map(\.value)
        }
        for engine in engines { await engine.shutdown() }
    }
}
