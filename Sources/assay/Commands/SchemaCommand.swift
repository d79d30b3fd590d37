import ArgumentParser
import AssayModel
import AssayPipeline

/// `assay schema`.
struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Prints the JSON Schema of pipeline files, for editors.",
        discussion: """
            With the YAML language server, put this in the first line of a pipeline file:
              # yaml-language-server: $schema=assay.schema.json
            """
    )

    func run() throws {
        do {
            print(try canonicalJSON(PipelineSchema.json(), pretty: true))
        } catch {
            throw fail(error)
        }
    }
}
