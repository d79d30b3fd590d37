public import AssayModel

/// The vector index kinds that FAISS brings; a new one adds its line here.
public enum FaissIndexKinds {
    /// The lines for the pipeline's table.
    public static let builtin: [Registry<any VectorIndexKind>.Entry] = [
        .entry(FlatKind.self) { $0 },
        .entry(ScalarQuantizerKind.self) { $0 },
        .entry(ProductQuantizerKind.self) { $0 },
        .entry(HNSWKind.self) { $0 },
    ]
}
