public import AssayModel

/// Makes one ranked list of several.
///
/// Law: the result holds every id of the lists once, cut to `depth`; it does not depend on anything but the lists and their order; sums
/// run in the order of the lists.
public protocol Fusion: Component {
    /// Fuses `lists`.
    ///
    /// - Parameters:
    ///   - lists: One or more lists; no id stands twice in one of them.
    ///   - depth: Hits to keep.
    /// - Returns: The fused list.
    /// - Throws: `AssayError` "fusion.weights" when weights were given for another number of lists.
    func fuse(_ lists: [RankedList], depth: Int) throws -> RankedList
}

/// The fusions that there are; a new one adds its line here.
public enum Fusions {
    /// The lines for the pipeline's table.
    public static let builtin: [Registry<any Fusion>.Entry] = [
        .entry(ReciprocalRankFusion.self) { $0 },
        .entry(ConvexFusion.self) { $0 },
    ]
}

/// Weights of the lists of a fusion; without any, each list has weight 1.
struct FusionWeights: Sendable, Equatable {
    /// One weight a list, in the order of `from`; empty for equal ones.
    let values: [Double]

    /// Reads `weights`, a list of numbers from 0 to 1,000,000 of which at least one is above 0.
    init(_ options: inout OptionReader) throws {
        let allowed = "a list of numbers from 0 to 1000000, not all of them 0"
        guard let node = options.node("weights") else {
            values = []
            return
        }
        guard case .list(let items) = node.value else { throw options.wrong("weights", node, allowed) }
        values = try items.map { item in
            guard let value = item.json.doubleValue, (0...1_000_000).contains(value) else {
                throw options.wrong("weights", item, allowed)
            }
            return value
        }
        guard values.contains(where: { $0 > 0 }) else { throw options.wrong("weights", node, allowed) }
    }

    /// One weight for each of `count` lists.
    func weights(for count: Int) throws -> [Double] {
        if values.isEmpty { return [Double](repeating: 1, count: count) }
        guard values.count == count else {
            throw AssayError(
                "fusion.weights",
                "there are \(values.count) weights for \(count) lists",
                remedy: "give one weight for each entry of 'from', in its order"
            )
        }
        return values
    }
}

/// Adds up what each list gives to an id.
///
/// - Parameters:
///   - lists: One array of (id, contribution) a list.
///   - depth: Hits to keep.
/// - Returns: The sums as a ranked list.
func summed(_ lists: [[(id: String, value: Double)]], depth: Int) -> RankedList {
    var place: [String: Int] = [:]
    var hits: [Hit] = []
    for (id, value) in lists.joined() {
        if let index = place[id] {
            hits[index].score += value
        } else {
            place[id] = hits.count
            hits.append(Hit(id: id, score: value))
        }
    }
    return RankedList(hits, depth: depth)
}
