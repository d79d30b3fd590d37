import AssayModel

#if canImport(Glibc)
import Glibc
#endif

/// The command line that runs llama.cpp's server.
struct LlamaCommand {
    let options: LlamaOptions
    let alias: String
    let slots: Int
    /// Context of one slot.
    let contextTokens: Int
    let mode: EngineConfig.Mode

    /// Variables that the server gets from this process; keys of other engines stay here.
    static let inherited = [
        "PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV",
        "OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES",
    ]

    /// Program and arguments: `llama-server` where there is one, else Python with the launcher.
    ///
    /// - Parameters:
    ///   - port: Port on the loopback interface.
    ///   - environment: Has PATH.
    /// - Returns: The command line; no secret is in it.
    /// - Throws: `AssayError` "engine.start" when neither is there.
    func arguments(port: Int, environment: [String: String]) throws -> [String] {
        let path = environment["PATH"] ?? "/usr/bin:/bin"
        if let server = findProgram(options.serverPath, path: path) {
            return ["/bin/sh", "-c", Self.guardScript, "sh", server] + serverFlags(port: port)
        }
        guard let python = findProgram(options.pythonPath, path: path) else {
            throw AssayError(
                "engine.start",
                "there is neither '\(options.serverPath)' nor '\(options.pythonPath)' to run the engine with",
                remedy: "put llama-server into PATH, or name a Python interpreter that has the package xllamacpp"
            )
        }
        guard !options.launcherPath.isEmpty, unsafe access(options.launcherPath, R_OK) == 0 else {
            throw AssayError("engine.start", "the launcher script '\(options.launcherPath)' cannot be read")
        }
        return [python, "-u", options.launcherPath, launcherOptions(port: port).text]
    }

    func environment(_ environment: [String: String], key: String) -> [String: String] {
        var result = environment.filter { Self.inherited.contains($0.key) }
        result["LLAMA_API_KEY"] = key
        result["PYTHONDONTWRITEBYTECODE"] = "1"
        return result
    }

    private func launcherOptions(port: Int) -> JSONValue {
        [
            "parent": .int(Int(getpid())), "model": .string(options.ggufPath), "alias": .string(alias),
            "port": .int(port), "slots": .int(slots), "context": .int(slots * contextTokens),
            "batch": .int(options.batchTokens), "cache": .bool(mode == .fast),
            "cache_mib": .int(mode == .fast ? 512 : 0), "embedding": .bool(options.embedding),
            "pooling": .string(options.pooling), "threads": .int(options.threads),
        ]
    }

    private func serverFlags(port: Int) -> [String] {
        var flags = [
            "--model", options.ggufPath, "--alias", alias, "--host", "127.0.0.1", "--port", "\(port)",
            "--parallel", "\(slots)", "--ctx-size", "\(slots * contextTokens)",
            "--batch-size", "\(options.batchTokens)", "--ubatch-size", "\(options.batchTokens)",
            "--slots", "--metrics", "--fit", "off",
        ]
        flags += mode == .fast ? ["--cache-prompt", "--cache-ram", "512"] : ["--no-cache-prompt", "--cache-ram", "0"]
        if options.threads > 0 { flags += ["--threads", "\(options.threads)"] }
        if options.embedding { flags.append("--embedding") }
        if !options.pooling.isEmpty { flags += ["--pooling", options.pooling] }
        return flags
    }

    /// Runs a program and ends with it; kills the group when standard input ends, that is when the parent is gone.
    private static let guardScript = """
        exec 3<&0
        "$@" </dev/null 3<&- &
        server=$!
        { while read -r line; do :; done; kill -KILL 0; } <&3 &
        wait "$server"
        status=$?
        kill -KILL $! 2>/dev/null
        exit "$status"
        """
}

/// The path of an executable: `name` itself when it has a slash, else its first place in `path`; nil when there is none.
func findProgram(_ name: String, path: String) -> String? {
    guard !name.isEmpty else { return nil }
    let places = name.contains("/") ? [name] : path.split(separator: ":").map { "\($0)/\(name)" }
    return places.first { place in
        var info = stat()
        return unsafe stat(place, &info) == 0 && info.st_mode & S_IFMT == S_IFREG && access(place, X_OK) == 0
    }
}

/// A port of the loopback interface that is free at this moment.
func freeLoopbackPort() throws -> Int {
    let probe = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
    defer { close(probe) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe bind(probe, $0, length) == 0 && getsockname(probe, $0, &length) == 0
        }
    }
    guard isBound else { throw AssayError("engine.start", "there is no free port: \(systemMessage(errno))") }
    return Int(UInt16(bigEndian: address.sin_port))
}
