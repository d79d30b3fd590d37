/// Similarities of two texts by edits, in Unicode scalars, as PyPI's `rapidfuzz` computes them; 1 for two empty texts.
enum EditDistance {
    /// 1 − Levenshtein distance / longer length.
    static func levenshtein(_ left: String, _ right: String) -> Double {
        let (a, b) = (Array(left.unicodeScalars), Array(right.unicodeScalars))
        let longer = max(a.count, b.count)
        return longer == 0 ? 1 : 1 - Double(distance(a, b)) / Double(longer)
    }

    /// 1 − places that differ / longer length; places that only one text has differ.
    static func hamming(_ left: String, _ right: String) -> Double {
        let (a, b) = (Array(left.unicodeScalars), Array(right.unicodeScalars))
        let longer = max(a.count, b.count)
        let same = zip(a, b).count { $0 == $1 }
        return longer == 0 ? 1 : 1 - Double(longer - same) / Double(longer)
    }

    /// Jaro 1989: mean of the shares of characters that match within half the longer length, and of matches in order.
    static func jaro(_ left: String, _ right: String) -> Double {
        let (a, b) = (Array(left.unicodeScalars), Array(right.unicodeScalars))
        if a.isEmpty || b.isEmpty { return a.count == b.count ? 1 : 0 }
        let reach = max(0, max(a.count, b.count) / 2 - 1)
        var taken = [Bool](repeating: false, count: b.count)
        var matches: [Unicode.Scalar] = []
        for (index, scalar) in a.enumerated() {
            let low = max(0, index - reach)
            let high = min(b.count, index + reach + 1)
            guard low < high, let place = (low..<high).first(where: { !taken[$0] && b[$0] == scalar }) else { continue }
            taken[place] = true
            matches.append(scalar)
        }
        guard !matches.isEmpty else { return 0 }
        let other = b.indices.filter { taken[$0] }.map { b[$0] }
        let transpositions = zip(matches, other).count { $0 != $1 } / 2
        let m = Double(matches.count)
        return (m / Double(a.count) + m / Double(b.count) + (m - Double(transpositions)) / m) / 3
    }

    /// Winkler 1990: Jaro, raised above 0.7 by a tenth of what lacks for each of up to four equal first characters.
    static func jaroWinkler(_ left: String, _ right: String) -> Double {
        let jaro = jaro(left, right)
        guard jaro > 0.7 else { return jaro }
        let prefix = zip(left.unicodeScalars, right.unicodeScalars).prefix(4).prefix { $0 == $1 }.count
        return min(1, jaro + Double(prefix) * 0.1 * (1 - jaro))
    }

    /// Levenshtein distance, 64 cells of a column at once (Myers 1999, blocks by Hyyrö 2003).
    static func distance<Element: Hashable>(_ left: [Element], _ right: [Element]) -> Int {
        if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
        let blocks = (left.count + 63) / 64
        var places: [Element: [UInt64]] = [:]
        for (index, element) in left.enumerated() {
            places[element, default: [UInt64](repeating: 0, count: blocks)][index / 64] |= 1 << UInt64(index % 64)
        }
        let none = [UInt64](repeating: 0, count: blocks)
        let lastBit: UInt64 = 1 << UInt64((left.count - 1) % 64)
        // Bits of cells one more, and one less, than the cell above.
        var more = [UInt64](repeating: .max, count: blocks)
        var less = none
        var distance = left.count
        for element in right {
            let equal = places[element] ?? none
            // The first row grows by one a column.
            var carry = 1
            for block in 0..<blocks {
                var match = equal[block]
                let vertical = match | less[block]
                if carry < 0 { match |= 1 }
                let diagonal = (((match & more[block]) &+ more[block]) ^ more[block]) | match
                var up = less[block] | ~(diagonal | more[block])
                var down = more[block] & diagonal
                let edge = block == blocks - 1 ? lastBit : 1 << 63
                let next = up & edge != 0 ? 1 : down & edge != 0 ? -1 : 0
                up <<= 1
                down <<= 1
                if carry > 0 { up |= 1 } else if carry < 0 { down |= 1 }
                more[block] = down | ~(vertical | up)
                less[block] = up & vertical
                carry = next
            }
            distance += carry
        }
        return distance
    }
}
