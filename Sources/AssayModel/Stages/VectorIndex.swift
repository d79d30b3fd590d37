/// A kind of vector index: builds files from vectors and opens them.
///
/// The index only proposes candidates: the retriever rescores them from the vector file with one kernel and applies the order that
/// holds everywhere, so exact kinds agree bit for bit.
public protocol VectorIndexKind: Component {
    /// Whether candidates are the true nearest ones (up to rounding), given enough of them.
    static var isExact: Bool { get }

    /// Builds the index of the rows `rows` of `vectors` and writes it to `path`; ordinal i is `rows[i]`.
    ///
    /// - Parameters:
    ///   - vectors: All vectors of the embedder, unit length.
    ///   - rows: Row of each ordinal.
    ///   - path: File to write; the caller renames it into place.
    /// - Throws: `AssayError` when it cannot be built or written.
    func build(_ vectors: VectorMatrix, rows: [Int32], to path: String) throws

    /// Opens what `build` wrote.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - vectors: All vectors of the embedder.
    ///   - rows: Row of each ordinal.
    /// - Returns: The index.
    /// - Throws: `AssayError` "index.damaged" when the file is not what it should be.
    func open(_ path: String, vectors: VectorMatrix, rows: [Int32]) throws -> any VectorIndex
}

/// An opened vector index: immutable, for any number of threads.
public protocol VectorIndex: Sendable {
    /// Number of ordinals.
    var count: Int { get }

    /// Ordinals near `query`, in any order, without repetition.
    ///
    /// - Parameters:
    ///   - query: A unit vector.
    ///   - k: How many to propose; less when fewer exist or the kind is approximate, more when its codes are so coarse that only the
    ///     caller's rescoring tells.
    ///   - allowed: Only members may be proposed; nil allows all. A kind that cannot filter returns nil instead of a list, and the
    ///     caller scans the allowed rows exactly.
    /// - Returns: The proposals, or nil.
    /// - Throws: `AssayError` when the search fails.
    func candidates(_ query: [Float], k: Int, allowed: IdSet?) throws -> [Int32]?
}
