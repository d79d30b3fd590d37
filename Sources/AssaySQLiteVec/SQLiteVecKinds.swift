public import AssayModel

/// The vector index kinds that sqlite-vec brings.
public enum SQLiteVecKinds {
    /// The lines for the pipeline's table.
    public static let builtin: [Registry<any VectorIndexKind>.Entry] = [
        .entry(SQLiteVecKind.self) { $0 }
    ]
}
