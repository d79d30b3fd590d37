import AssayModel
import FoundationEssentials

/// What a key may do.
package enum KeyScope: String, Sendable, Codable, CaseIterable {
    /// Ask, search, embed, say what an answer was worth.
    case query
    /// Add and remove documents.
    case ingest
    /// See scores and measurements.
    case eval
    /// Everything.
    case admin
}

/// The file of API keys: digests only, so that nobody who reads it can use one.
package struct KeyFile: Sendable, Codable, Equatable {
    /// One key.
    package struct Entry: Sendable, Codable, Equatable {
        /// Whose it is; two keys of one name may be valid at a time, so that one can take the other's place.
        package var name: String
        /// First part of the key, to find it; no secret.
        package var id = ""
        /// SHA-256 of the whole key, 64 hexadecimal digits.
        package var sha256 = ""
        /// What it may do.
        package var scopes: [KeyScope]
        /// Whose documents it sees besides the shared ones, nil for the shared ones only.
        package var tenant: String?
        /// When it was made, ISO 8601.
        package var created: String
        /// Requests a minute, nil for no limit.
        package var requestsPerMinute: Int?
        /// Tokens of prompts and answers a minute, nil for no limit; a stream is never cut, the next request is refused.
        package var tokensPerMinute: Int?

        /// A key without id and digest, which `add` fills in.
        package init(
            name: String,
            scopes: [KeyScope],
            tenant: String?,
            created: String,
            requestsPerMinute: Int?,
            tokensPerMinute: Int?
        ) {
            self.name = name
            self.scopes = scopes
            self.tenant = tenant
            self.created = created
            self.requestsPerMinute = requestsPerMinute
            self.tokensPerMinute = tokensPerMinute
        }

        enum CodingKeys: String, CodingKey {
            case name, id, sha256, scopes, tenant, created
            case requestsPerMinute = "requests_per_minute"
            case tokensPerMinute = "tokens_per_minute"
        }
    }

    /// The keys, oldest first.
    package var keys: [Entry]

    /// Keys of one name that are valid at a time.
    package static let perName = 2

    /// A file without keys.
    package init() { keys = [] }

    /// Reads a file; blocks.
    ///
    /// - Throws: `AssayError` "keys.missing" or "keys.file".
    package init(path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw AssayError(
                "keys.missing",
                "there is no file of keys at \(path)",
                remedy: "make one with 'assay keys new NAME --file \(path)'"
            )
        }
        do { self = try JSONDecoder().decode(KeyFile.self, from: data) } catch {
            throw AssayError("keys.file", "the file of keys is damaged", at: Place(file: path))
        }
        for key in keys {
            let isSound =
                key.sha256.utf8.count == 64 && !key.id.isEmpty && Self.isName(key.name)
                && key.tenant.map(Self.isName) ?? true
            guard isSound else {
                throw AssayError("keys.file", "the entry '\(key.name)' is not valid", at: Place(file: path))
            }
        }
    }

    /// Writes the file so that only its owner can read it; blocks.
    package func write(to path: String) throws {
        do {
            let folder = URL(filePath: path).deletingLastPathComponent().path()
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data((try canonicalJSON(self, pretty: true) + "\n").utf8).write(
                to: URL(filePath: path),
                options: .atomic
            )
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        } catch {
            throw AssayError("keys.write", "cannot write \(path)", remedy: "check rights and free space")
        }
    }

    /// Makes a key; of a name's keys the newest two stay valid.
    ///
    /// - Parameters:
    ///   - entry: Name, scopes, tenant and limits; id and digest are filled in.
    ///   - random: 36 random bytes.
    /// - Returns: The key itself, which is kept nowhere, and how many keys of the name became invalid.
    /// - Throws: "keys.name".
    package mutating func add(_ entry: Entry, random: [UInt8]) throws -> (key: String, dropped: Int) {
        for name in [entry.name] + (entry.tenant.map { [$0] } ?? []) where !Self.isName(name) {
            throw AssayError("keys.name", "a name has 1 to 40 letters, digits, '-' and '_'; this one is '\(name)'")
        }
        precondition(random.count == 36, "36 bytes: 4 of the id, 32 of the secret")
        var entry = entry
        entry.id = SHA256.hexadecimal(Array(random[..<4]))
        let key = "assay_\(entry.id)_\(SHA256.hexadecimal(Array(random[4...])))"
        entry.sha256 = SHA256.hex(key)
        keys.append(entry)
        let mine = keys.indices.filter { keys[$0].name == entry.name }
        let old = mine.dropLast(Self.perName)
        for index in old.reversed() { keys.remove(at: index) }
        return (key, old.count)
    }

    /// Removes all keys of a name, or the one with this id.
    ///
    /// - Returns: How many there were.
    package mutating func revoke(_ nameOrID: String) -> Int {
        let before = keys.count
        keys.removeAll { $0.name == nameOrID || $0.id == nameOrID }
        return before - keys.count
    }

    static func isName(_ name: String) -> Bool {
        (1...40).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45 || $0 == 95
            }
    }
}
