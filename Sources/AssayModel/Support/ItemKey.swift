/// The key under which a finished item is stored: SHA-256 over everything that decides it.
///
/// Parts are length-prefixed, so no two lists of parts give the same bytes.
public struct ItemKey: Sendable, Hashable, Codable, CustomStringConvertible {
    /// 64 hexadecimal digits.
    public let hex: String

    /// Digest of the stage's name and the parts that decide the item.
    public init(_ stage: String, _ parts: String...) {
        self.init(stage, parts: parts)
    }

    /// Digest of the stage's name and a list of parts.
    public init(_ stage: String, parts: [String]) {
        var digest = KeyDigest(stage)
        for part in parts { digest.add(part) }
        self = digest.key
    }

    /// A key read back from the store.
    public init(hex: String) {
        self.hex = hex
    }

    /// The hexadecimal digits.
    public var description: String { hex }
}

/// A key whose parts come one after the other, for lists that are too long to be held.
public struct KeyDigest: Sendable {
    private var digest = SHA256()

    /// Starts with the stage's name.
    public init(_ stage: String) {
        add(stage)
    }

    /// Adds a part.
    public mutating func add(_ part: String) {
        digest.update(Array("\(part.utf8.count):".utf8))
        digest.update(part.utf8)
    }

    /// The key of the parts so far.
    public var key: ItemKey { ItemKey(hex: SHA256.hexadecimal(digest.finalize())) }
}
