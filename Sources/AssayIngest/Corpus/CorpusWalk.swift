import AssayModel
import Glibc

/// One walk through a corpus folder: real folders first, then what symbolic links within the root add.
struct CorpusWalk {
    private let root: String
    private let options: CorpusScanner.Options
    private var listing = CorpusListing()
    private var visited: Set<FileIdentity> = []
    private var links: [(path: String, id: String, folders: [FileIdentity])] = []
    private var realRoot = ""

    private struct FileIdentity: Hashable {
        var device: UInt
        var inode: UInt
    }

    private struct Folder {
        var path: String
        var id: String
        /// This folder and those around it.
        var line: [FileIdentity]
    }

    /// Whether the reader of a file holds it whole; rows are read one by one, whatever the size of their file.
    private let isHeldWhole: (String) -> Bool

    init(root: String, options: CorpusScanner.Options, isHeldWhole: @escaping (String) -> Bool) {
        self.root = root
        self.options = options
        self.isHeldWhole = isHeldWhole
    }

    /// Lists the files; see `CorpusScanner.scan`.
    mutating func list() throws -> CorpusListing {
        var status = stat()
        guard unsafe stat(root, &status) == 0, let real = Self.realPath(root) else {
            throw AssayError(
                "corpus.missing",
                "cannot open the corpus: \(systemMessage(errno))",
                at: Place(file: root)
            )
        }
        realRoot = real
        if status.st_mode & S_IFMT == S_IFDIR {
            try walk(Folder(path: root, id: "", line: [Self.identity(status)]))
            try followLinks()
        } else {
            add(path: root, id: root.split(separator: "/").last.map(String.init) ?? root, status)
        }
        listing.files.sort { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }
        return listing
    }

    /// Walks a folder and the real folders in it.
    private mutating func walk(_ start: Folder) throws {
        var waiting = [start]
        while let folder = waiting.popLast() {
            guard let last = folder.line.last, visited.insert(last).inserted else { continue }
            guard let names = names(in: folder) else {
                if folder.id.isEmpty { throw InputFile.failure(errno, path: folder.path) }
                leaveOut(folder.id, "unreadable", "cannot list the folder: \(systemMessage(errno))")
                continue
            }
            for name in names {
                let path = folder.path.hasSuffix("/") ? folder.path + name : "\(folder.path)/\(name)"
                let id = folder.id.isEmpty ? name : "\(folder.id)/\(name)"
                guard listing.files.count < options.maximumFiles else {
                    throw AssayError(
                        "corpus.limit",
                        "the corpus has over \(options.maximumFiles) files",
                        at: Place(file: root)
                    )
                }
                var status = stat()
                guard unsafe lstat(path, &status) == 0 else {
                    leaveOut(id, "vanished", "it went away while the corpus was listed")
                    continue
                }
                switch status.st_mode & S_IFMT {
                case S_IFLNK: links.append((path, id, folder.line))
                case S_IFDIR:
                    if isExcluded(id + "/") {
                        listing.excluded += 1
                        continue
                    }
                    waiting.append(Folder(path: path, id: id, line: folder.line + [Self.identity(status)]))
                default: add(path: path, id: id, status)
                }
            }
        }
    }

    /// Takes in what links lead to, in the order of their ids, as long as it lies within the root.
    private mutating func followLinks() throws {
        while !links.isEmpty {
            let batch = links.sorted { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }
            links = []
            for link in batch {
                if isExcluded(link.id) || isExcluded(link.id + "/") {
                    listing.excluded += 1
                    continue
                }
                var status = stat()
                guard let target = Self.realPath(link.path), unsafe stat(target, &status) == 0 else {
                    let isLoop = errno == ELOOP
                    leaveOut(
                        link.id,
                        isLoop ? "symlink-loop" : "symlink-broken",
                        isLoop ? "the symbolic link leads to itself" : "the symbolic link leads nowhere"
                    )
                    continue
                }
                guard isWithinRoot(target) else {
                    leaveOut(link.id, "symlink-outside", "the symbolic link leads out of the corpus")
                    continue
                }
                guard status.st_mode & S_IFMT == S_IFDIR else {
                    add(path: target, id: link.id, status)
                    continue
                }
                let identity = Self.identity(status)
                if link.folders.contains(identity) {
                    leaveOut(link.id, "symlink-loop", "the symbolic link leads to a folder that it lies in")
                } else if visited.contains(identity) {
                    leaveOut(link.id, "symlink-repeat", "the symbolic link leads to a folder that is read already")
                } else {
                    try walk(Folder(path: target, id: link.id, line: link.folders + [identity]))
                }
            }
        }
    }

    private mutating func add(path: String, id: String, _ status: stat) {
        let isIncluded = options.include.isEmpty || options.include.contains { $0.matches(id) }
        if !isIncluded || isExcluded(id) {
            listing.excluded += 1
        } else if status.st_mode & S_IFMT != S_IFREG {
            leaveOut(id, "not-a-file", "this is a pipe, socket or device")
        } else if status.st_size > options.maximumFileBytes, isHeldWhole(id) {
            listing.leftOut.append(
                LeftOut(file: id, error: Self.sizeError(Int(status.st_size), options.maximumFileBytes))
            )
        } else {
            listing.files.append(SourceFile(path: path, id: id))
        }
    }

    /// Names in a folder without hidden ones, nil when it cannot be listed.
    private mutating func names(in folder: Folder) -> [String]? {
        guard let stream = unsafe opendir(folder.path) else { return nil }
        defer { unsafe _ = closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            guard let name = unsafe fileName(of: entry) else {
                leaveOut(
                    folder.id.isEmpty ? "." : folder.id,
                    "name",
                    "a file in this folder has a name that is not UTF-8"
                )
                continue
            }
            if name == "." || name == ".." { continue }
            if name.hasPrefix(".") { listing.hidden += 1 } else { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private func isExcluded(_ id: String) -> Bool { options.exclude.contains { $0.matches(id) } }

    private func isWithinRoot(_ path: String) -> Bool {
        path == realRoot || path.hasPrefix(realRoot == "/" ? "/" : realRoot + "/")
    }

    private mutating func leaveOut(_ id: String, _ code: String, _ reason: String) {
        listing.leftOut.append(LeftOut(file: id, code: code, reason: "\(id): \(reason)"))
    }

    static func sizeError(_ size: Int, _ limit: Int) -> AssayError {
        AssayError(
            "corpus.too-large",
            "the file has \(size) bytes; the limit is \(limit)",
            remedy: "split it"
        )
    }

    private static func identity(_ status: stat) -> FileIdentity {
        FileIdentity(device: UInt(status.st_dev), inode: UInt(status.st_ino))
    }

    private static func realPath(_ path: String) -> String? {
        guard let real = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(real) }
        return unsafe String(cString: real)
    }
}
