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
    private let added = Mutex<[String: EngineConfig]>([:])
    private let spending: Spending
    private let replay: String?

    /// Reads the project's engines.
    ///
    /// - Parameters:
    ///   - project: Where they are named.
    ///   - other: A file of engines instead of the project's.
    ///   - budget: Caps on what a run may use.
    ///   - replay: A journal that answers in place of every engine.
    /// - Throws: What is wrong with the project's files.
    init(
        _ project: Project,
        file other: String? = nil,
        budget: Budget = Budget(),
        replay: String? = nil
    ) throws {
        self.project = project
        self.replay = replay
        spending = Spending(budget)
        file = try EnginesFile(other ?? project.enginesFile)
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
            if config.kind == .llama { config.capabilities.isLlama = true }
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

    /// The engine `name` for the calls of a run, which count against its caps.
    ///
    /// - Throws: As `engine`, and "run.max-cost" for an engine without a price when money is capped.
    func budgeted(_ name: String, at place: Place?) throws -> any Engine {
        let engine = try engine(name, at: place)
        guard spending.isLimited else { return engine }
        let config = try config(name, at: place)
        if config.price == nil, config.kind == .openai, spending.limitsCost {
            throw AssayError(
                "run.max-cost",
                "--max-cost cannot be kept: the engine '\(name)' has no price",
                at: place,
                remedy: "add 'price: { input: X, output: Y }' (per million tokens) to its entry in engines.yaml"
            )
        }
        return BudgetedEngine(engine: engine, price: config.price, spending: spending)
    }

    /// Breaks control tokens in what is put into the engine's prompts: the common ones, and those of a local model's own vocabulary.
    ///
    /// - Throws: As `engine`, and "engine.model" for a model file that cannot be read.
    func promptGuard(_ name: String, at place: Place?) throws -> PromptGuard {
        var config = try config(name, at: place)
        // A journal answers without the model, whose file need not be there.
        guard config.kind == .llama, replay == nil else { return PromptGuard() }
        try complete(&config, at: place)
        return PromptGuard(tokens: try GGUFVocabulary.controlTokens(of: config.llama.ggufPath))
    }

    /// The prices of an engine, nil without.
    func price(of name: String, at place: Place?) throws -> EngineConfig.Price? { try config(name, at: place).price }

    /// An engine that no file names, ended with the others.
    func add(_ config: EngineConfig) throws {
        let engine = try makeEngine(config, environment: ProcessInfo.processInfo.environment)
        made.withLock { $0[config.name] = engine }
        added.withLock { $0[config.name] = config }
    }

    private func config(_ name: String, at place: Place?) throws -> EngineConfig {
        try added.withLock { $0[name] } ?? file.config(name, at: place)
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
