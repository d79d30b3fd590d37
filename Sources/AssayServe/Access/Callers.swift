import AssayModel
import AssayPipeline
import HTTPTypes
import Synchronization

/// Who sends a request.
struct Caller: Sendable, Equatable {
    /// Name of the key; empty without keys.
    var name: String
    var scopes: Set<KeyScope>
    /// Whose documents may be found.
    var tenant: String?
    var requestsPerMinute: Int?
    var tokensPerMinute: Int?

    /// The machine's own user, where there are no keys.
    static let local = Caller(name: "", scopes: Set(KeyScope.allCases))

    func may(_ scope: KeyScope) -> Bool { scopes.contains(scope) || scopes.contains(.admin) }

    /// What a search of this caller sees.
    var scope: RetrievalScope { tenant.map { .tenant($0) } ?? .shared }
}

/// The valid keys; they are replaced as a whole when the file changes.
final class Callers: Sendable {
    private let path: String?
    private let keys: Mutex<[String: [KeyFile.Entry]]>

    /// Reads the keys.
    ///
    /// - Parameter path: The file; nil serves the machine's own user only.
    /// - Throws: `AssayError` for a file that is missing, damaged or empty.
    init(path: String?) throws {
        self.path = path
        keys = Mutex([:])
        try reload()
    }

    /// Whether keys are asked for.
    var areKeysRequired: Bool { path != nil }

    /// Reads the file again; the old keys stay when it cannot be read.
    func reload() throws {
        guard let path else { return }
        let file = try KeyFile(path: path)
        guard !file.keys.isEmpty else {
            throw AssayError(
                "keys.none",
                "the file of keys has no key",
                at: Place(file: path),
                remedy: "make one with 'assay keys new NAME --file \(path)'"
            )
        }
        let byID = Dictionary(grouping: file.keys, by: \.id)
        keys.withLock { $0 = byID }
    }

    /// The caller that a header names.
    ///
    /// - Parameter authorization: The value of `Authorization`.
    /// - Returns: Who it is.
    /// - Throws: `Failure` 401.
    func caller(_ authorization: String?) throws(Failure) -> Caller {
        guard path != nil else { return .local }
        guard let authorization else { throw Self.refusal("no API key: send Authorization: Bearer KEY") }
        let words = authorization.split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[0].lowercased() == "bearer", words[1].utf8.count <= 200 else {
            throw Self.refusal("the Authorization header is not 'Bearer KEY'")
        }
        let parts = words[1].split(separator: "_")
        let candidates = parts.count == 3 ? keys.withLock { $0[String(parts[1])] ?? [] } : []
        let digest = SHA256.hex(String(words[1]))
        // Every candidate is compared in full: the time says nothing of how much of a digest is right.
        var found: KeyFile.Entry?
        for candidate in candidates where Self.areEqual(candidate.sha256, digest) { found = candidate }
        guard let found else { throw Self.refusal("the API key is not valid") }
        return Caller(
            name: found.name,
            scopes: Set(found.scopes),
            tenant: found.tenant,
            requestsPerMinute: found.requestsPerMinute,
            tokensPerMinute: found.tokensPerMinute
        )
    }

    /// Whether two texts are equal, in a time that depends on their lengths only.
    static func areEqual(_ left: String, _ right: String) -> Bool {
        let left = Array(left.utf8)
        let right = Array(right.utf8)
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for index in left.indices { difference |= left[index] ^ right[index] }
        return difference == 0
    }

    private static func refusal(_ message: String) -> Failure {
        Failure(status: .unauthorized, type: "authentication_error", code: "invalid_api_key", message: message)
    }
}
