extension SupportModel {
    /// Raised with every training.
    static let version = 0

    /// The model that comes with Assay.
    static let builtin = SupportModel(
        means: [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 3],
        deviations: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
        weights: [1, 1, 1, 1, 1, 1, -1, 1, -1, 1, -1, -1, 0],
        intercept: 0
    )
}
