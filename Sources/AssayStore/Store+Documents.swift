package import AssayModel
import FoundationEssentials
import GRDB

extension Document {
    /// SHA-256 over everything that later stages see of the document.
    package var contentHash: String {
        get throws {
            ItemKey("document", id, title, text, try canonicalJSON(DocumentMeta(self))).hex
        }
    }
}

/// All of a document but id and text.
private struct DocumentMeta: Codable {
    var title: String
    var headings: [Heading]
    var pages: [PageMark]
    var sourceMap: SourceMap
    var metadata: [String: String]
    var stripped: StrippedCharacters

    init(_ document: Document) {
        title = document.title
        headings = document.headings
        pages = document.pages
        sourceMap = document.sourceMap
        metadata = document.metadata
        stripped = document.stripped
    }
}

extension Store {
    /// Commits documents under their content hashes; blocks, for use off the cooperative pool.
    package func putNow(documents: [(hash: String, document: Document)]) throws {
        do {
            try pool.write { db in
                let statement = try db.cachedStatement(
                    sql: "INSERT OR IGNORE INTO documents (hash, id, text, meta) VALUES (?, ?, ?, ?)"
                )
                for (hash, document) in documents {
                    let meta = try canonicalJSON(DocumentMeta(document))
                    try statement.execute(arguments: [
                        Data(hexBytes(hash)), document.id, Data(document.text.utf8), Data(meta.utf8),
                    ])
                }
            }
        } catch let error as DatabaseError {
            throw Self.readable(error, doing: "store documents")
        }
    }

    /// The document with the content hash `hash`, nil when it is not stored.
    package func document(_ hash: String) async throws -> Document? {
        try await readable("read a document") { [pool] in
            try await pool.read { db in
                let statement = try db.cachedStatement(sql: "SELECT id, text, meta FROM documents WHERE hash = ?")
                guard let row = try Row.fetchOne(statement, arguments: [Data(hexBytes(hash))]) else { return nil }
                let id: String = row[0]
                let text: Data = row[1]
                let meta = try JSONDecoder().decode(DocumentMeta.self, from: row[2] as Data)
                return Document(
                    id: id,
                    title: meta.title,
                    text: String(decoding: text, as: UTF8.self),
                    headings: meta.headings,
                    pages: meta.pages,
                    sourceMap: meta.sourceMap,
                    metadata: meta.metadata,
                    stripped: meta.stripped
                )
            }
        }
    }
}
