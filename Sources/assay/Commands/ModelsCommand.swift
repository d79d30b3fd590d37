import ArgumentParser
import AssayModel
import AssayPipeline
import FoundationEssentials

/// `assay models list|pull|verify`.
struct ModelsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "Lists, fetches and verifies the models of models.yaml.",
        subcommands: [List.self, Pull.self, Verify.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists the models.")

        @Flag(help: "Print JSON.")
        var json = false

        @OptionGroup var place: WorkspaceOptions

        func run() async throws {
            do {
                let models = try ModelStore(place.project(of: "."))
                let lines = models.file.entries.map { entry in
                    Line(
                        name: entry.name,
                        kind: entry.kind.rawValue,
                        licence: entry.licence,
                        sha256: entry.sha256,
                        path: FileManager.default.fileExists(atPath: models.path(entry)) ? models.path(entry) : nil
                    )
                }
                if json { return print(try canonicalJSON(lines, pretty: true)) }
                for line in lines {
                    print(
                        "\(line.name)  \(line.kind)  \(line.licence)  \(line.path ?? "not here: assay models pull \(line.name)")"
                    )
                }
            } catch {
                throw fail(error)
            }
        }

        private struct Line: Encodable {
            var name: String
            var kind: String
            var licence: String
            var sha256: String
            var path: String?
        }
    }

    struct Pull: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pull",
            abstract: "Fetches models and checks their SHA-256; all of them without a name."
        )

        @Argument(help: "Names in models.yaml.")
        var names: [String] = []

        @OptionGroup var place: WorkspaceOptions

        func run() async throws {
            let code = try await Interrupt.cancelling { () -> ExitCode in
                do {
                    let project = place.project(of: ".")
                    let models = try ModelStore(project)
                    let entries = try names.isEmpty ? models.file.entries : names.map { try models.file.entry($0) }
                    for entry in entries { try await models.pull(entry) { note($0) } }
                    return .success
                } catch {
                    return fail(error)
                }
            }
            if code != .success { throw code }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "verify",
            abstract: "Hashes the models that are here again and compares."
        )

        @OptionGroup var place: WorkspaceOptions

        func run() async throws {
            do {
                let models = try ModelStore(place.project(of: "."))
                var bad = false
                for entry in models.file.entries where FileManager.default.fileExists(atPath: models.path(entry)) {
                    do {
                        try models.verify(entry)
                        print("\(entry.name): SHA-256 as expected")
                    } catch {
                        bad = true
                        print("\(entry.name): \((error as? AssayError)?.description ?? "\(error)")")
                    }
                }
                if bad { throw Exit.failed }
            } catch let code as ExitCode {
                throw code
            } catch {
                throw fail(error)
            }
        }
    }
}
