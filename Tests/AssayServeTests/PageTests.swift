import AssayModel
import AssayTestProcess
import Foundation
import Testing

/// What the tests of the page need.
enum Chromium {
    static var hasPython: Bool {
        ["/usr/bin", "/usr/local/bin"].contains { FileManager.default.isExecutableFile(atPath: $0 + "/python3") }
    }
    static var isThere: Bool {
        let folders = ["/usr/bin", "/usr/local/bin", "/snap/bin"]
        func has(_ names: [String]) -> Bool {
            folders.contains { folder in
                names.contains { FileManager.default.isExecutableFile(atPath: "\(folder)/\($0)") }
            }
        }
        return has(["chromium", "chromium-browser", "google-chrome"]) && has(["python3"])
    }
}

/// The page in headless Chromium: ask, stream, citations, feedback, keyboard, narrow, dark.
struct PageTests {
    @Test(
        .enabled(if: ServedProject.isBuilt && Chromium.isThere, "Chromium or python3 is missing"),
        .timeLimit(.minutes(3))
    )
    func thePageWorksInABrowser() async throws {
        let spoken =
            "{ kind: scripted, reply: fixed, text: \"Machine M3 is ochre [1]. It has a shaft [1, 2].\", slots: 2, delay_ms: 100, token_ms: 40 }"
        let project = try ServedProject(engines: ["spoken": spoken])
        let script = String(#filePath.dropLast("PageTests.swift".count)) + "Browser/check.py"
        try await project.serving("spoken") { service in
            let out = project.root + "/page"
            let child = try ChildCommand(
                ["python3", script, service.url, "Which color does machine M3 have?"],
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
