import ArgumentParser
import AssayModel
import AssayPipeline
import AssayServe

/// `assay keys`.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "API keys of a service: only their digests are kept.",
        subcommands: [New.self, List.self, Revoke.self]
    )

    struct New: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a key and prints it once; of one name the newest two stay valid."
        )
        @Argument(help: "Whose key it is.")
        var name: String
        @Option(help: "File of keys.")
        var file = "keys.json"
        @Option(help: "What it may do: query, ingest, eval, admin; repeat for several (default: query).")
        var scope: [String] = []
        @Option(help: "Whose documents it sees besides the shared ones.")
        var tenant: String?
        @Option(help: "Requests a minute.")
        var requestsPerMinute: Int?
        @Option(help: "Tokens a minute.")
        var tokensPerMinute: Int?

        func validate() throws {
            for scope in scope where KeyScope(rawValue: scope) == nil {
                let known = KeyScope.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("unknown scope '\(scope)'; known: \(known)")
            }
            for limit in [requestsPerMinute, tokensPerMinute].compactMap(\.self) where limit < 1 {
                throw ValidationError("a limit is at least 1")
            }
        }

        func run() async throws {
            do {
                var keys: KeyFile
                do { keys = try KeyFile(path: file) } catch let error as AssayError where error.code == "keys.missing" {
                    keys = KeyFile()
                }
                var random = SystemRandomNumberGenerator()
                let entry = KeyFile.Entry(
                    name: name,
                    scopes: scope.isEmpty ? [.query] : scope.compactMap { KeyScope(rawValue: $0) },
                    tenant: tenant,
                    created: timestamp(),
                    requestsPerMinute: requestsPerMinute,
                    tokensPerMinute: tokensPerMinute
                )
                let (key, dropped) = try keys.add(entry, random: (0..<36).map { _ in random.next() })
                try keys.write(to: file)
                print(key)
                note("this key is shown only now; a running service reads it after SIGHUP")
                if dropped > 0 { note("the oldest key of '\(name)' is no longer valid") }
            } catch {
                throw fail(error)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists keys without their secrets.")
        @Option(help: "File of keys.")
        var file = "keys.json"
        @Flag(help: "Print JSON.")
        var json = false

        func run() async throws {
            do {
                let keys = try KeyFile(path: file)
                if json {
                    print(try canonicalJSON(keys, pretty: true))
                    return
                }
                for key in keys.keys {
                    let scopes = key.scopes.map(\.rawValue).joined(separator: ",")
                    print(
                        "\(key.id)  \(key.name)  \(scopes)  \(key.tenant.map { "tenant \($0)" } ?? "shared")  \(key.created)"
                    )
                }
            } catch {
                throw fail(error)
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Removes the keys of a name, or one key by its id.")
        @Argument(help: "Name or id.")
        var name: String
        @Option(help: "File of keys.")
        var file = "keys.json"

        func run() async throws {
            do {
                var keys = try KeyFile(path: file)
                guard keys.revoke(name) > 0 else {
                    throw AssayError("keys.unknown", "there is no key '\(name)' in \(file)")
                }
                try keys.write(to: file)
                note("a running service forgets it after SIGHUP")
            } catch {
                throw fail(error)
            }
        }
    }
}
