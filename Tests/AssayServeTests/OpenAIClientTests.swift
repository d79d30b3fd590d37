import AssayModel
import AssayTestProcess
import Foundation
import Testing

/// Where the Python with OpenAI's client is.
enum OpenAIClient {
    private static let root = String(#filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 })
    static let python =
        ProcessInfo.processInfo.environment["ASSAY_OPENAI_PYTHON"] ?? root + "/.assay/venv-openai/bin/python"
    static var isThere: Bool { FileManager.default.isExecutableFile(atPath: python) }
}

/// OpenAI's own Python client, unchanged; `scripts/openai-client` installs it.
@Suite(.enabled(if: ServedProject.isBuilt && OpenAIClient.isThere, "scripts/openai-client installs OpenAI's client"))
struct OpenAIClientTests {
    @Test(.timeLimit(.minutes(2)))
    func theClientWorksUnchanged() async throws {
        let project = try ServedProject()
        let script = String(#filePath.dropLast("OpenAIClientTests.swift".count)) + "Clients/openai_client.py"
        try await project.serving { service in
            try await project.serving("slow", ["--deadline", "1"]) { slow in
                let out = project.root + "/client"
                let child = try ChildCommand(
                    [OpenAIClient.python, script, service.url, "scripted", slow.url],
                    in: project.root,
                    output: out,
                    errors: out + ".err"
                )
                let status = try await offPool { child.wait() }
                let errors = (try? String(contentsOfFile: out + ".err", encoding: .utf8)) ?? ""
                #expect(status == 0, "\(errors)")
            }
        }
    }
    @Test(.timeLimit(.minutes(2)))
    func responsesAndConversationsWorkUnchanged() async throws {
        let project = try ServedProject()
        let pipeline = try String(contentsOfFile: project.root + "/scripted.yaml", encoding: .utf8)
        try project.write("talk.yaml", pipeline + "rewrite: { by: previous }\n")
        let script = String(#filePath.dropLast("OpenAIClientTests.swift".count)) + "Clients/openai_responses.py"
        try await project.serving("talk") { service in
            try await project.serving("slow", ["--deadline", "1"]) { slow in
                let out = project.root + "/client"
                let child = try ChildCommand(
                    [OpenAIClient.python, script, service.url, "talk", slow.url, "slow"],
                    in: project.root,
                    output: out,
                    errors: out + ".err"
                )
                let status = try await offPool { child.wait() }
                let errors = (try? String(contentsOfFile: out + ".err", encoding: .utf8)) ?? ""
                #expect(status == 0, "\(errors)")
            }
        }
    }
}
