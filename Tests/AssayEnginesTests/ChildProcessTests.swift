import AssayModel
import FoundationEssentials
import Testing

@testable import AssayEngines

#if canImport(Glibc)
import Glibc
#endif

struct ChildProcessTests {
    private func folder() throws -> String {
        let path = FileManager.default.temporaryDirectory.path + "/assay-child-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    @Test func reportsOutputAndExit() async throws {
        let output = OutputRing(logPath: try folder() + "/log")
        let script = "echo one; echo two >&2; echo \"$WORD\"; exit 3"
        let child = try await ChildProcess.start(["/bin/sh", "-c", script], environment: ["WORD": "w"], output: output)
        await child.waitForEnd()
        #expect(child.exit == "exit status 3" && child.pid == 0)
        #expect(output.lastLines(10) == ["one", "two", "w"])
        #expect(output.lastLines(1) == ["w"])
        child.kill()
    }

    @Test func killsTheWholeGroup() async throws {
        let output = OutputRing(logPath: nil)
        let child = try await ChildProcess.start(
            ["/bin/sh", "-c", "sleep 1000 & echo $!; wait"],
            environment: ["PATH": "/usr/bin:/bin"],
            output: output
        )
        #expect(try await waits { !output.lastLines(1).isEmpty })
        let grandchild = try #require(Int32(output.lastLines(1)[0]))
        let leader = child.pid
        child.kill()
        await child.waitForEnd()
        #expect(child.exit == "signal 9" && !isRunning(leader))
        #expect(try await waits { !isRunning(grandchild) })
    }

    @Test func leaderThatEndsTakesItsGroupAlong() async throws {
        let output = OutputRing(logPath: nil)
        let child = try await ChildProcess.start(
            ["/bin/sh", "-c", "sleep 1000 & echo $!; exit 0"],
            environment: ["PATH": "/usr/bin:/bin"],
            output: output
        )
        await child.waitForEnd()
        let grandchild = try #require(Int32(output.lastLines(1)[0]))
        #expect(try await waits { !isRunning(grandchild) })
    }

    @Test func missingProgramIsAnError() async throws {
        let code = await errorCode {
            _ = try await ChildProcess.start(["/nonexistent"], environment: [:], output: OutputRing(logPath: nil))
        }
        #expect(code == "engine.start")
    }

    @Test func keepsABoundedTail() async throws {
        let log = try folder() + "/log"
        let output = OutputRing(logPath: log)
        for index in 0..<20_000 { output.append(Array("line \(index)\n".utf8)[...]) }
        #expect(output.lastLines(2) == ["line 19998", "line 19999"])
        #expect(output.lastLines(100_000).count < 4000)
        #expect(FileManager.default.contents(atPath: log)?.count ?? 0 > 200_000)
    }

    /// A `llama-server` in PATH runs under a shell that ends with it, and kills it when the pipe from this process ends.
    @Test func nativeServerEndsWithItsGuard() async throws {
        let folder = try folder()
        let server = folder + "/llama-server"
        try Data("#!/bin/sh\necho \"$$ $*\"\nexec sleep 1000\n".utf8).write(to: URL(filePath: server))
        unsafe chmod(server, 0o755)
        var options = LlamaOptions()
        options.ggufPath = "m.gguf"
        let command = LlamaCommand(options: options, alias: "m", slots: 2, contextTokens: 512, mode: .fast)
        let path = folder + ":/usr/bin:/bin"
        let arguments = try command.arguments(port: 8123, environment: ["PATH": path])
        let output = OutputRing(logPath: nil)
        let child = try await ChildProcess.start(arguments, environment: ["PATH": path], output: output)
        #expect(try await waits { !output.lastLines(1).isEmpty })
        let words = output.lastLines(1)[0].split(separator: " ").map { String($0) }
        #expect(words.contains("--ctx-size") && words.contains("1024") && words.contains("8123"))
        let pid = try #require(Int32(words[0]))
        #expect(isRunning(pid))
        child.closeLifeline()
        await child.waitForEnd()
        #expect(try await waits { !isRunning(pid) })

        let second = try await ChildProcess.start(
            arguments,
            environment: ["PATH": path],
            output: OutputRing(logPath: nil)
        )
        try await Task.sleep(for: .milliseconds(200))
        #expect(second.exit == nil)
        second.kill()
        await second.waitForEnd()

        try Data("#!/bin/sh\nexit 7\n".utf8).write(to: URL(filePath: server))
        let third = try await ChildProcess.start(
            arguments,
            environment: ["PATH": path],
            output: OutputRing(logPath: nil)
        )
        await third.waitForEnd()
        #expect(third.exit == "exit status 7")
    }

    @Test func passesNoForeignKeysOn() {
        let command = LlamaCommand(options: LlamaOptions(), alias: "m", slots: 1, contextTokens: 512, mode: .strict)
        let environment = command.environment(["PATH": "/bin", "OPENAI_API_KEY": "s"], key: "k")
        #expect(
            environment["OPENAI_API_KEY"] == nil && environment["PATH"] == "/bin" && environment["LLAMA_API_KEY"] == "k"
        )
    }

    @Test func fingerprintIsRememberedUntilTheFileChanges() throws {
        let folder = try folder()
        let (model, cache) = (folder + "/m.gguf", folder + "/m.json")
        try Data("one".utf8).write(to: URL(filePath: model))
        #expect(try ModelFingerprint.sha256(of: model, cache: cache) == SHA256.hex("one"))
        let known = String(decoding: try Data(contentsOf: URL(filePath: cache)), as: UTF8.self)
        let forged = known.replacing(SHA256.hex("one"), with: String(repeating: "a", count: 64))
        try Data(forged.utf8).write(to: URL(filePath: cache))
        #expect(try ModelFingerprint.sha256(of: model, cache: cache) == String(repeating: "a", count: 64))
        try Data("two!".utf8).write(to: URL(filePath: model))
        #expect(try ModelFingerprint.sha256(of: model, cache: cache) == SHA256.hex("two!"))
        #expect(try ModelFingerprint.sha256(of: model, cache: nil) == SHA256.hex("two!"))
        try Data("broken".utf8).write(to: URL(filePath: cache))
        #expect(try ModelFingerprint.sha256(of: model, cache: cache) == SHA256.hex("two!"))
        #expect(throws: AssayError.self) { try ModelFingerprint.sha256(of: folder, cache: nil) }
    }
}
