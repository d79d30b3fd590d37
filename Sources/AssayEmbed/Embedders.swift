public import AssayModel

/// The embedders that run inside this process.
public enum Embedders {
    /// The table of the stage; a program adds its own with `adding`.
    public static let builtin = Registry<any Embedder>(
        kind: "embedder",
        [
            .entry(BertEncoder.self) { $0 },
            .entry(HashedEmbedder.self) { $0 },
        ]
    )
}
