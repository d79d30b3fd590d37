import GRDB

/// Numbered, append-only migrations of the workspace's database.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("m001-items") { db in
            try db.execute(
                sql: """
                    CREATE TABLE items (
                        stage TEXT NOT NULL, key BLOB NOT NULL, payload BLOB NOT NULL, created TEXT NOT NULL,
                        PRIMARY KEY (stage, key)
                    ) WITHOUT ROWID;
                    CREATE TABLE documents (
                        hash BLOB PRIMARY KEY, id TEXT NOT NULL, text BLOB NOT NULL, meta BLOB NOT NULL
                    ) WITHOUT ROWID;
                    CREATE TABLE embedders (
                        digest TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, rows INTEGER NOT NULL, canaries BLOB NOT NULL
                    ) WITHOUT ROWID;
                    CREATE TABLE vectors (
                        embedder TEXT NOT NULL, key BLOB NOT NULL, row INTEGER NOT NULL,
                        PRIMARY KEY (embedder, key)
                    ) WITHOUT ROWID;
                    CREATE TABLE runs (
                        id TEXT PRIMARY KEY, pipeline TEXT NOT NULL, spec_hash TEXT NOT NULL, status TEXT NOT NULL,
                        started TEXT NOT NULL, record BLOB
                    ) WITHOUT ROWID;
                    """
            )
        }
        return migrator
    }
}
