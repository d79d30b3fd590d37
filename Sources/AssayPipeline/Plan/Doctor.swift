import AssayFaiss
import AssayModel
import FoundationEssentials

/// Looks at the machine: libraries, models, engines.
package enum Doctor {
    /// One thing that was looked at.
    package struct Finding: Sendable, Equatable {
        /// Whether it is as it should be.
        package var isGood: Bool
        /// What was found, with the remedy where it is missing.
        package var text: String
    }

    /// Examines everything a run could need.
    ///
    /// - Parameter project: The project.
    /// - Returns: Findings in a fixed order.
    /// - Throws: `AssayError` when models.yaml or engines.yaml is malformed.
    package static func examine(_ project: Project) throws -> [Finding] {
        let machine = Machine.environment(started: "")
        var findings = [
            Finding(
                isGood: true,
                text: "\(machine.processor), \(machine.cores) cores, \(machine.memoryGiB) GiB, \(machine.system)"
            ),
            Finding(isGood: true, text: "FAISS \(FaissRuntime.variant)"),
        ]
        let pdf = ["/usr/bin/pdftotext", "/usr/local/bin/pdftotext"].contains {
            FileManager.default.isExecutableFile(atPath: $0)
        }
        findings.append(
            Finding(
                isGood: pdf,
                text: pdf ? "pdftotext (PDF documents)" : "pdftotext: apt-get install poppler-utils (PDF documents)"
            )
        )
        let models = try ModelStore(project)
        for entry in models.file.entries {
            do {
                _ = try models.resolve(entry.name)
                findings.append(Finding(isGood: true, text: "model \(entry.name)"))
            } catch {
                findings.append(Finding(isGood: false, text: (error as? AssayError)?.description ?? "\(error)"))
            }
        }
        let engines = try Engines(project)
        for name in engines.file.names {
            do {
                let engine = try engines.engine(name, at: nil)
                findings.append(
                    Finding(isGood: true, text: "engine \(name): \(engine.identity.model), \(engine.identity.mode)")
                )
            } catch {
                findings.append(
                    Finding(isGood: false, text: "engine \(name): \((error as? AssayError)?.description ?? "\(error)")")
                )
            }
        }
        return findings
    }
}
