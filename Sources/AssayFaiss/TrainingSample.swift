import AssayModel

/// Sizes and samples for the training of inverted files.
enum TrainingSample {
    /// FAISS asks for this many points a centroid at least (`ClusteringParameters.min_points_per_centroid`).
    static let pointsPerCentroid = 39
    /// Codebooks of product quantizers are trained with no more points than this.
    static let codebookPoints = 16 * 256

    /// Number of inverted lists for `count` vectors.
    ///
    /// 4·√n, the low end of FAISS's guideline of 4·√n to 16·√n ("Guidelines to choose an index"), rounded to the nearest power of
    /// two and made smaller until each centroid has 39 points.
    static func lists(for count: Int) -> Int {
        let ideal = 4 * Double(count).squareRoot()
        var lists = 1
        while Double(lists) * 2.0.squareRoot() < ideal { lists *= 2 }
        while lists > 1, lists * pointsPerCentroid > count { lists /= 2 }
        return lists
    }

    /// Ordinals to train `lists` centroids with, ascending: all of a small set, else a seeded sample of bounded size.
    static func ordinals(count: Int, lists: Int, seed: Int) -> [Int] {
        let size = min(count, max(lists * pointsPerCentroid, 2 * codebookPoints))
        var random = SeededRandom(seed: UInt64(seed))
        var chosen: [Int] = []
        chosen.reserveCapacity(size)
        // Selection sampling (Knuth, TAOCP 2, algorithm S): every subset of the size is equally likely.
        for ordinal in 0..<count where random.index(below: count - ordinal) < size - chosen.count {
            chosen.append(ordinal)
        }
        return chosen
    }
}
