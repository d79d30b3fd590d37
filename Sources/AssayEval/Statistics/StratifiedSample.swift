package import AssayModel

/// A sample of questions in which each kind (first tag) has its share.
package enum StratifiedSample {
    /// Chooses questions.
    ///
    /// Places go to the kinds by largest remainder, ties to the kind of the smaller name. Within a kind the questions with
    /// the smallest digest of seed and id are taken: the choice does not depend on their order, and a question that is added
    /// to the evalset or taken from it displaces at most one of its kind at a given allocation.
    ///
    /// - Parameters:
    ///   - questions: The evalset; ids are unique.
    ///   - count: How many to choose; all when it is not less than there are.
    ///   - seed: Seed of the choice.
    /// - Returns: The chosen questions, in the order of the evalset.
    package static func choose(_ questions: [Question], count: Int, seed: UInt64) -> [Question] {
        if count >= questions.count { return questions }
        if count <= 0 { return [] }
        let kinds = Dictionary(grouping: questions) { $0.tags.first ?? "" }
            .sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        var places = kinds.map { count * $0.value.count / questions.count }
        let byRemainder = kinds.indices.sorted { one, two in
            let remainders = (
                count * kinds[one].value.count % questions.count, count * kinds[two].value.count % questions.count
            )
            return remainders.0 == remainders.1 ? one < two : remainders.0 > remainders.1
        }
        for kind in byRemainder.prefix(count - places.reduce(0, +)) { places[kind] += 1 }
        var chosen: Set<String> = []
        for (kind, places) in zip(kinds, places) {
            let ranked = kind.value.map { (digest: ItemKey("sample", "\(seed)", $0.id).hex, id: $0.id) }
                .sorted { ($0.digest, $0.id) < ($1.digest, $1.id) }
            chosen.formUnion(ranked.prefix(places).map(\.id))
        }
        return questions.filter { chosen.contains($0.id) }
    }
}
