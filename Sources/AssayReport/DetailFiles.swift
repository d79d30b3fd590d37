import AssayModel
package import FoundationEssentials

/// Writes the rows of a run as script files beside a page: a page opened as a file may load a script, but nothing else.
///
/// Each file calls `assayRows(first row, rows)` with the rows' own JSON; one file's rows are in memory at a time.
package struct DetailFiles: Sendable {
    /// Rows in each file.
    package static let rowsPerFile = 500

    private let folder: String
    private var pending = Data()
    private var count = 0

    /// Makes the folder: `report.html` gets `report.details`.
    ///
    /// - Throws: `AssayError` "file.write".
    package init(besidePage page: String) throws {
        folder = Self.path(besidePage: page)
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw AssayError("file.write", "cannot make the folder \(folder): \(error)")
        }
    }

    /// What a page needs to know of the files beside it.
    package static func folder(besidePage page: String) -> DetailFolder {
        let path = path(besidePage: page)
        return DetailFolder(
            name: path.split(separator: "/").last.map(String.init) ?? path,
            rowsPerFile: rowsPerFile
        )
    }

    private static func path(besidePage page: String) -> String {
        (page.hasSuffix(".html") ? String(page.dropLast(5)) : page) + ".details"
    }

    /// Adds the next row as JSON.
    package mutating func add(_ number: Int, _ json: Data) throws {
        precondition(number == count, "rows come in their order")
        if count.isMultiple(of: Self.rowsPerFile) {
            pending.append(contentsOf: "assayRows(\(count),[\n".utf8)
        } else {
            pending.append(contentsOf: ",\n".utf8)
        }
        pending.append(json)
        count += 1
        if count.isMultiple(of: Self.rowsPerFile) { try flush() }
    }

    /// Writes what is left.
    package mutating func finish() throws {
        if !count.isMultiple(of: Self.rowsPerFile) { try flush() }
    }

    private mutating func flush() throws {
        pending.append(contentsOf: "\n])\n".utf8)
        let path = "\(folder)/\((count - 1) / Self.rowsPerFile).js"
        do {
            try pending.write(to: URL(filePath: path))
        } catch {
            throw AssayError("file.write", "cannot write \(path): \(error)")
        }
        pending.removeAll(keepingCapacity: true)
    }
}
