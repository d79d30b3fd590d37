public import AssayModel

/// The chunkers that come with Assay.
///
/// All take `tokens: N` or `characters: N` (Unicode scalars), `tokens: 200` when neither is given; `overlap`, in the same unit and less
/// than half of the size; and `oversize: error | split | truncate` for chunks over the embedder's limit, `split` by default. A size in tokens is the
/// whole of what is embedded: special tokens and heading path included.
public enum Chunkers {
    /// The table of chunkers, by the names that pipeline files use.
    public static let builtin = Registry<any Chunker>(
        kind: "chunker",
        [
            .entry(TokenChunker.self) { $0 },
            .entry(SentenceChunker.self) { $0 },
            .entry(RecursiveChunker.self) { $0 },
            .entry(HeadingChunker.self) { $0 },
            .entry(DocumentChunker.self) { $0 },
        ]
    )
}
