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
        self.home = home.map { absolutePath($0) } ?? root + "/.assay"
        modelsFile = Self.installedFile("models.yaml", root: root)
    }

    /// The engines file, nil when there is none.
    package var enginesFile: String? { Self.installedFile("engines.yaml", root: root) }

    /// A file of the project, else the one that `make install` put beside the binary (`PREFIX/share/assay`).
    static func installedFile(_ name: String, root: String) -> String? {
        let own = root + "/" + name
        if FileManager.default.fileExists(atPath: own) { return own }
        guard let binary = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
            return nil
        }
        let shared = parent(of: parent(of: binary)) + "/share/assay/" + name
        return FileManager.default.fileExists(atPath: shared) ? shared : nil
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
