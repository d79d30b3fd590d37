import AssayModel
package import AssayStore
import FoundationEssentials

/// The folder that pipelines, engines and models belong to, and the workspace in it.
package struct Project: Sendable {
    /// The folder with `engines.yaml` or `models.yaml`.
    package let root: String
    /// Where finished work lives.
    package let workspace: Workspace
    /// Where models and the local engine live; shared by all workspaces.
    package let home: String
    /// The models file: the project's own, else the one installed beside the binary.
    package let modelsFile: String?

    /// Finds the project of a file: the nearest folder above it with `engines.yaml`, `models.yaml` or `.assay`, else the file's own.
    ///
    /// - Parameters:
    ///   - path: A pipeline file, or a folder.
    ///   - workspace: Where finished work lives instead of `ROOT/.assay`.
    ///   - home: Where models and the local engine live instead of `ROOT/.assay`.
    package init(containing path: String, workspace: String?, home: String? = nil) {
        let full = absolutePath(path)
        var isFolder = false
        let exists = FileManager.default.fileExists(atPath: full, isDirectory: &isFolder)
        let start = exists && isFolder ? full : parent(of: full)
        var folder = start
        var found: String?
        while found == nil {
            for name in ["engines.yaml", "models.yaml", ".assay"]
            where FileManager.default.fileExists(atPath: folder + "/" + name) {
                found = folder
            }
            if folder == "/" || folder.isEmpty { break }
            folder = parent(of: folder)
        }
        root = found ?? start
        self.workspace = Workspace(path: workspace.map { absolutePath($0) } ?? root + "/.assay")
        self.home = home.map { absolutePath($0) } ?? Self.home(root)
        modelsFile = Self.installedFile("models.yaml", root: root)
    }

    /// The engines file, nil when there is none.
    package var enginesFile: String? { Self.installedFile("engines.yaml", root: root) }

    /// A file of the project, else the one beside the program.
    static func installedFile(_ name: String, root: String) -> String? {
        ([root] + installations).map { $0 + "/" + name }.first { FileManager.default.fileExists(atPath: $0) }
    }

    /// Where models and engine are: the project's own, else the ones that the program was set up with.
    private static func home(_ root: String) -> String {
        if FileManager.default.fileExists(atPath: root + "/models.yaml") { return root + "/.assay" }
        for folder in installations where FileManager.default.fileExists(atPath: folder + "/models.yaml") {
            guard let noted = FileManager.default.contents(atPath: folder + "/home") else { return folder + "/.assay" }
            return trimmed(String(decoding: noted, as: UTF8.self))
        }
        return root + "/.assay"
    }

    /// Folders beside the program that may hold its data: `PREFIX/share/assay`, or the checkout that it was built in.
    private static var installations: [String] {
        guard var folder = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
            return []
        }
        folder = parent(of: folder)
        var found = [parent(of: folder) + "/share/assay"]
        for _ in 0..<5 where folder != "/" {
            found.append(folder)
            folder = parent(of: folder)
        }
        return found
    }
}

/// `path` made absolute against the working folder, without `.` and `..`.
func absolutePath(_ path: String, relativeTo base: String? = nil) -> String {
    let start = path.hasPrefix("/") ? path : (base ?? FileManager.default.currentDirectoryPath) + "/" + path
    var parts: [Substring] = []
    for part in start.split(separator: "/") where part != "." {
        if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
}

/// The folder that holds `path`.
func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
    return String(path[..<slash])
}

/// The last part of `path`.
func baseName(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
}
