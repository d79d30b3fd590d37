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
        // The questions of a run one by one: a record of 200,000 questions is never in memory as one text. Runs from before have
        // theirs inside `runs.record` and stay as they are.
        migrator.registerMigration("m002-run-rows") { db in
            try db.execute(
                sql: """
                    CREATE TABLE run_rows (
                        run TEXT NOT NULL, number INTEGER NOT NULL, payload BLOB NOT NULL, PRIMARY KEY (run, number)
                    );
                    CREATE TABLE run_cards (
                        run TEXT NOT NULL, first INTEGER NOT NULL, cards BLOB NOT NULL, PRIMARY KEY (run, first)
                    ) WITHOUT ROWID;
                    CREATE TABLE run_heads (
                        run TEXT PRIMARY KEY, rows INTEGER NOT NULL, metrics BLOB NOT NULL
                    ) WITHOUT ROWID;
                    """
            )
        }
        // The order in which runs began: their ids end in a random suffix, and several may begin in one second.
        migrator.registerMigration("m003-run-number") { db in
            try db.execute(
                sql: """
                    ALTER TABLE runs ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
                    UPDATE runs SET number =
                        (SELECT COUNT(*) FROM runs AS r WHERE (r.started, r.id) <= (runs.started, runs.id));
                    """
            )
        }
        return migrator
    }
}
