import FoundationEssentials

/// The commit of the repository that a folder is in, read from its files: no program is started.
enum SourceCommit {
    /// Finds the commit.
    ///
    /// - Parameter folder: A folder, absolute.
    /// - Returns: The object id that HEAD points to, nil without a repository or a commit.
    static func find(above folder: String) -> String? {
        var folder = folder
        while true {
            if let git = gitFolder(folder + "/.git") { return commit(git) }
            if folder == "/" || folder.isEmpty { return nil }
            folder = parent(of: folder)
        }
    }

    /// `.git`, or where a `.git` file of a work tree or submodule points to.
    private static func gitFolder(_ path: String) -> String? {
        var isFolder = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return nil }
        if isFolder { return path }
        guard let text = read(path), text.hasPrefix("gitdir: ") else { return nil }
        return absolutePath(String(text.dropFirst("gitdir: ".count)), relativeTo: parent(of: path))
    }

    private static func commit(_ git: String) -> String? {
        guard let head = read(git + "/HEAD") else { return nil }
        guard head.hasPrefix("ref: ") else { return objectID(head) }
        let name = String(head.dropFirst("ref: ".count))
        guard !name.split(separator: "/").contains("..") else { return nil }
        // A work tree has its own HEAD; branches are the repository's.
        let common = read(git + "/commondir").map { absolutePath($0, relativeTo: git) } ?? git
        if let id = read(common + "/" + name).flatMap(objectID) { return id }
        guard let packed = read(common + "/packed-refs") else { return nil }
        for line in packed.split(separator: "\n") where line.hasSuffix(" " + name) {
            return line.split(separator: " ").first.flatMap { objectID(String($0)) }
        }
        return nil
    }

    private static func read(_ path: String) -> String? {
        guard let data = FileManager.default.contents(atPath: path), data.count <= 64 << 20 else { return nil }
        return trimmed(String(decoding: data, as: UTF8.self))
    }

    /// `text` when it is an object id (SHA-1 or SHA-256), else nil.
    private static func objectID(_ text: String) -> String? {
        [40, 64].contains(text.utf8.count) && text.allSatisfy(\.isHexDigit) ? text : nil
    }
}
