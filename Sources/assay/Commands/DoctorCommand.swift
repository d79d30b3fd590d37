import ArgumentParser
import AssayModel
import AssayPipeline

/// `assay doctor`.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Says what of this machine Assay can use, and what is missing."
    )

    @OptionGroup var place: WorkspaceOptions

    func run() async throws {
        do {
            let findings = try Doctor.examine(place.project(of: "."))
            for finding in findings {
                print((finding.isGood ? "ok       " : "missing  ") + PlainText.line(finding.text))
            }
            if findings.contains(where: { !$0.isGood }) { throw Exit.failed }
        } catch let code as ExitCode {
            throw code
        } catch {
            throw fail(error)
        }
    }
}
