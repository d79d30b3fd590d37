package import AssayModel

/// The vector index kinds that sqlite-vec brings.
package enum SQLiteVecKinds {
    /// The lines for the pipeline's table.
    package static let builtin: [Registry<any VectorIndexKind>.Entry] = [
        .entry(SQLiteVecKind.self) { $0 }
    ]
}
