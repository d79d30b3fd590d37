package import AssayModel

/// One line of the table of metrics: what a metric is and how it is made.
package struct MetricEntry: Sendable {
    /// Name in pipeline files, without cut.
    package let name: String
    /// Raised when the formula or a prompt changes.
    package let version: Int
    /// One sentence for listings.
    package let summary: String
    /// The formula in one line, with its source.
    package let formula: String
    /// Lowest and highest value.
    package let range: ClosedRange<Double>
    /// What it needs.
    package let needs: Set<MetricNeed>
    /// The cuts that it takes.
    package let cuts: [MetricCut.Form]
    /// Formulas of the modes other than `corrected`; empty for a metric that has one mode only.
    package let compat: [MetricMode: String]
    /// Whether a larger value is better.
    package let higherIsBetter: Bool
    let make: @Sendable (MetricCut, inout OptionReader) throws -> Scoring
    /// What the effective options change in the definition, for example the range.
    let refine: Refinement

    /// Changes a definition by the effective options.
    package typealias Refinement = @Sendable (inout MetricDefinition, [String: JSONValue]) -> Void

    /// How a sample to which the metric applies is scored.
    package typealias Scoring = @Sendable (Sample, MetricTools) async throws -> MetricResult

    /// Creates a line whose metric reads options.
    ///
    /// - Parameters:
    ///   - name: Name in pipeline files, without cut.
    ///   - version: Raised when the formula or a prompt changes.
    ///   - summary: One sentence for listings.
    ///   - formula: The formula in one line, with its source.
    ///   - range: Lowest and highest value.
    ///   - needs: What a sample must have; a sample that lacks it is never handed to the scoring.
    ///   - cuts: The cuts that it takes.
    ///   - compat: Formulas of the modes other than `corrected`.
    ///   - higherIsBetter: Whether a larger value is better.
    ///   - refine: What the effective options change in the definition.
    ///   - make: Reads the options and gives the scoring.
    package init(
        name: String,
        version: Int = 1,
        summary: String,
        formula: String,
        range: ClosedRange<Double> = 0...1,
        needs: Set<MetricNeed>,
        cuts: [MetricCut.Form] = [.none],
        compat: [MetricMode: String] = [:],
        higherIsBetter: Bool = true,
        refine: @escaping Refinement = { _, _ in },
        make: @escaping @Sendable (MetricCut, inout OptionReader) throws -> Scoring
    ) {
        self.name = name
        self.version = version
        self.summary = summary
        self.formula = formula
        self.range = range
        self.needs = needs
        self.cuts = cuts
        self.compat = compat
        self.higherIsBetter = higherIsBetter
        self.refine = refine
        self.make = make
    }

    /// A line whose metric is a function of the sample and the cut alone.
    static func pure(
        _ name: String,
        version: Int = 1,
        summary: String,
        formula: String,
        needs: Set<MetricNeed>,
        cuts: [MetricCut.Form] = [.none],
        score: @escaping @Sendable (Sample, MetricCut) -> MetricResult
    ) -> MetricEntry {
        MetricEntry(name: name, version: version, summary: summary, formula: formula, needs: needs, cuts: cuts) {
            cut,
            _ in
            { sample, _ in score(sample, cut) }
        }
    }

    /// The names that the pipeline file may use, for messages: `recall@K`.
    package var forms: String {
        cuts.map { form in
            switch form {
            case .none: name
            case .rank: "\(name)@K"
            case .tokens: "\(name)@Ntok"
            }
        }.joined(separator: ", ")
    }
}
