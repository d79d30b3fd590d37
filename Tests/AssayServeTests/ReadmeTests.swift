import AssayModel
import AssayTestProcess
import Foundation
import Testing

/// The examples of the README, run as they stand but for the port.
@Suite(.enabled(if: ServedProject.isBuilt))
struct ReadmeTests {
    private static let readme =
        String(#filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }) + "/README.md"

    /// The code blocks of the section on the service, in a language.
    private func examples(_ language: String) throws -> [String] {
        let text = try String(contentsOfFile: Self.readme, encoding: .utf8)
        let section = try #require(text.components(separatedBy: "\n## ").first { $0.hasPrefix("As a service") })
        return section.components(separatedBy: "```\(language)\n").dropFirst().compactMap {
            $0.components(separatedBy: "\n```").first
        }
    }

    private func run(_ program: [String], _ code: String, ending: String) async throws -> String {
        let project = try ServedProject(engines: ["handbook": "{ kind: scripted, reply: extract, slots: 2 }"])
        return try await project.serving("handbook") { service in
            try project.write("example.\(ending)", code.replacing("http://127.0.0.1:8080", with: service.url))
            let out = project.root + "/example"
            let child = try ChildCommand(
                program + ["example.\(ending)"],
                in: project.root,
                output: out,
                errors: out + ".err"
            )
            let status = try await offPool { child.wait() }
            let errors = (try? String(contentsOfFile: out + ".err", encoding: .utf8)) ?? ""
            #expect(status == 0, "\(errors)")
            return try String(contentsOfFile: out, encoding: .utf8)
        }
    }

    @Test func theCurlExamplesWork() async throws {
        let code = try #require(try examples("bash").first)
        let output = try await run(["bash", "-e"], code, ending: "sh")
        #expect(output.contains(#""object":"chat.completion""#) && output.contains(#""object":"list""#), "\(output)")
        #expect(!output.contains(#""error""#))
    }

    @Test(.enabled(if: OpenAIClient.isThere, "scripts/openai-client installs OpenAI's client"))
    func thePythonExampleWorks() async throws {
        let code = try #require(try examples("python").first)
        let output = try await run([OpenAIClient.python], code, ending: "py")
        #expect(output.contains("[1]"), "\(output)")
    }
}
