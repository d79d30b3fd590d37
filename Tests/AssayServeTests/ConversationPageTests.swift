import AssayModel
import AssayTestProcess
import Foundation
import Testing

/// A conversation on the page in headless Chromium: earlier turns stay, the query is shown, a new conversation begins.
struct ConversationPageTests {
    @Test(
        .enabled(if: ServedProject.isBuilt && Chromium.isThere, "Chromium or python3 is missing"),
        .timeLimit(.minutes(3))
    )
    func theConversationWorksInABrowser() async throws {
        let spoken =
            "{ kind: scripted, reply: fixed, text: \"Machine M3 is ochre [1].\", slots: 2, delay_ms: 100, token_ms: 30 }"
        let project = try ServedProject(engines: ["spoken": spoken])
        let pipeline = try String(contentsOfFile: project.root + "/spoken.yaml", encoding: .utf8)
        try project.write("talk.yaml", pipeline + "rewrite: { by: previous }\n")
        let script = String(#filePath.dropLast("ConversationPageTests.swift".count)) + "Browser/conversation.py"
        try await project.serving("talk") { service in
            let out = project.root + "/page"
            let child = try ChildCommand(
                ["python3", script, service.url, "What is machine M3?", "And which color?"],
                in: project.root,
                output: out,
                errors: out + ".err"
            )
            let status = try await offPool { child.wait() }
            let said = [out, out + ".err"].map { (try? String(contentsOfFile: $0, encoding: .utf8)) ?? "" }
            #expect(status == 0, "\(said.joined())")
        }
    }
}
