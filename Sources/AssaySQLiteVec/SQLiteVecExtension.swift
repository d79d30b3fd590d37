import AssayModel
import FoundationEssentials
import GRDB
import GRDBSQLite

/// The loadable library of sqlite-vec.
struct SQLiteVecExtension: Sendable {
    /// The variable that names the library's file.
    static let variable = "ASSAY_SQLITE_VEC"

    let path: String

    /// Finds the library: the variable first, then the model `sqlite-vec`.
    ///
    /// - Parameter resources: Where the model is looked up.
    /// - Throws: `AssayError` "sqlite-vec.missing" with what to do.
    init(resources: Resources) throws {
        var path: String
        if let given = ProcessInfo.processInfo.environment[Self.variable], !given.isEmpty {
            path = given
        } else if let model = try? resources.model("sqlite-vec") {
            path = model.path
        } else {
            throw Self.missing("sqlite-vec's library vec0.so is not known")
        }
        var isFolder = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder { path += "/vec0.so" }
        guard FileManager.default.fileExists(atPath: path) else { throw Self.missing("there is no file \(path)") }
        self.path = path
    }

    /// Loads the library into a connection and closes the door again: SQL itself must not load anything.
    func load(into database: Database) throws {
        let connection = unsafe database.sqliteConnection
        unsafe sqlite3_enable_load_extension(connection, 1)
        defer { unsafe sqlite3_enable_load_extension(connection, 0) }
        var reason: UnsafeMutablePointer<CChar>?
        let code = unsafe sqlite3_load_extension(connection, path, "sqlite3_vec_init", &reason)
        defer { unsafe sqlite3_free(reason) }
        if code != SQLITE_OK {
            let text = unsafe reason.map { unsafe String(cString: $0) } ?? "code \(code)"
            throw AssayError("sqlite-vec.load", "sqlite-vec cannot be loaded from \(path): \(text)")
        }
    }

    private static func missing(_ message: String) -> AssayError {
        AssayError(
            "sqlite-vec.missing",
            message,
            remedy: "set \(variable) to the file vec0.so of the PyPI wheel sqlite-vec, or use another kind of index"
        )
    }
}
