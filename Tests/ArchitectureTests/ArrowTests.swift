import AssayTestProcess
import Foundation
import Testing

/// Holds the arrows between targets: what is not listed here may not be imported.
struct ArrowTests {
    /// Allowed dependencies; products of other packages by name.
    private static let allowed: [String: Set<String>] = [
        "CFaiss": ["CFaissLibrary"],
        "AssayModel": [],
        "AssayIngest": ["AssayModel", "CLibXML2"],
        "AssayEmbed": ["AssayModel", "CBLAS", "CEncoderKernels"],
        "AssayLexical": ["AssayModel", "CStemmer"],
        "AssayFaiss": ["AssayModel", "CFaiss"],
        "AssaySQLiteVec": ["AssayModel", "GRDB", "GRDBSQLite"],
        "AssayRetrieve": ["AssayModel"],
        "AssayEval": ["AssayModel"],
        "AssayReport": ["AssayModel"],
        "AssayHTTP": ["AssayModel", "CLibCurl"],
        "AssayEngines": ["AssayModel", "AssayHTTP", "Instrumentation"],
        "AssayStore": ["AssayModel", "GRDB"],
        "AssayTelemetry": ["AssayModel", "AssayHTTP", "Tracing"],
        "AssayPipeline": [
            "AssayModel", "AssayIngest", "AssayEmbed", "AssayLexical", "AssayFaiss", "AssaySQLiteVec", "AssayRetrieve",
            "AssayEval", "AssayReport", "AssayHTTP", "AssayEngines", "AssayStore", "Tracing", "Yams",
        ],
        "AssayServe": [
            "AssayModel", "AssayPipeline", "AssayTelemetry", "Hummingbird", "HummingbirdCore", "HTTPTypes", "Logging",
            "NIOCore", "NIOPosix",
        ],
        "simulate": ["AssayModel", "AssayEval"],
        "bench-telemetry": ["AssayModel", "AssayTelemetry", "Tracing"],
        "assay": [
            "AssayModel", "AssayPipeline", "AssayEval", "AssayReport", "AssayServe", "AssayStore", "AssayTelemetry",
            "ArgumentParser", "Instrumentation",
        ],
    ]

    @Test func everyTargetHasOnlyItsArrows() throws {
        let targets = try Self.manifest()
        for (name, dependencies) in targets.sorted(by: { $0.key < $1.key }) {
            let allowed = Self.allowed[name] ?? []
            #expect(dependencies.isSubset(of: allowed), "\(name) → \(dependencies.subtracting(allowed).sorted())")
        }
        #expect(Set(Self.allowed.keys).isSubset(of: targets.keys), "a target of the table is gone")
    }

    @Test func everyImportIsDeclared() throws {
        let targets = try Self.manifest()
        for (name, dependencies) in targets {
            let folder = Self.root.appending(path: "Sources/\(name)")
            guard let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil) else {
                continue
            }
            for case let file as URL in files where file.pathExtension == "swift" {
                for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                    guard let module = line.wholeMatch(of: /(?:(?:public|package|internal) )?import (\w+)/)?.1 else {
                        continue
                    }
                    let known = dependencies.union(Self.system).union(Self.implied)
                    #expect(known.contains(String(module)), "\(file.lastPathComponent) imports \(module)")
                }
            }
        }
    }

    private static let system: Set<String> = [
        "Foundation", "FoundationEssentials", "Glibc", "Darwin", "Dispatch", "Synchronization",
    ]
    /// Modules that come with a product of another name.
    private static let implied: Set<String> = ["ServiceContextModule"]

    private static var root: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    }

    /// Dependencies of every target that is neither a system library nor a test.
    private static func manifest() throws -> [String: Set<String>] {
        let output = FileManager.default.temporaryDirectory.appending(path: "dump-\(UUID().uuidString).json").path()
        defer { try? FileManager.default.removeItem(atPath: output) }
        let child = try ChildCommand(
            ["swift", "package", "--scratch-path", scratch, "dump-package"],
            in: root.path(),
            output: output,
            errors: "/dev/null"
        )
        try #require(child.wait() == 0)
        let data = try Data(contentsOf: URL(filePath: output))
        let package = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        var targets: [String: Set<String>] = [:]
        for target in try #require(package["targets"] as? [[String: Any]]) {
            guard let name = target["name"] as? String, let type = target["type"] as? String else { continue }
            if type == "system" || type == "test" || name.hasPrefix("AssayTest") { continue }
            var names: Set<String> = []
            for case let dependency as [String: Any] in (target["dependencies"] as? [Any]) ?? [] {
                for value in dependency.values {
                    if let first = (value as? [Any])?.first as? String { names.insert(first) }
                }
            }
            targets[name] = names
        }
        return targets
    }

    /// A folder of its own: the build's is locked while tests run.
    private static let scratch = FileManager.default.temporaryDirectory.appending(path: "assay-dump-package").path()
}
