/// What `vectors: auto` means.
public enum VectorIndexChoice {
    /// Up to this many vectors comparing all of them takes two or three milliseconds (384 numbers each).
    public static let flatLimit = 20_000

    /// The name of the kind for an index.
    ///
    /// - Parameters:
    ///   - count: Vectors to index.
    ///   - filtered: Whether queries will be narrowed to allowed documents.
    ///   - dimension: Numbers in a vector; product codes need a multiple of 4.
    /// - Returns: `flat`, `ivf_sq8` or `ivf_pq`.
    public static func auto(count: Int, filtered: Bool, dimension: Int = 4) -> String {
        if count <= flatLimit { return "flat" }
        return filtered || dimension % 4 != 0 ? "ivf_sq8" : "ivf_pq"
    }
}
