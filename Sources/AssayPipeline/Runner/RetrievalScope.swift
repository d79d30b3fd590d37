/// Whose documents a search may see.
///
/// Every retrieval names one; it is applied inside the index, never to its results.
/// A document belongs to the tenant that its metadata value `tenant` names, or to everybody without one.
package enum RetrievalScope: Sendable, Hashable {
    /// All documents: evaluation and the command line, whose user owns the files anyway.
    case everything
    /// Documents without a tenant.
    case shared
    /// Documents of this tenant, and those without one.
    case tenant(String)

    /// The metadata key that names a document's tenant.
    static let key = "tenant"

    /// Whether a document with these metadata values may be seen.
    func admits(_ metadata: [String: String]) -> Bool {
        guard self != .everything, let owner = metadata[Self.key] else { return true }
        return self == .tenant(owner)
    }
}
