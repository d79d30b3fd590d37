/// What HuggingFace's BertNormalizer and BertPreTokenizer do to single scalars, as a two-stage table.
struct BertNormalization: Sendable {
    /// What happens to a scalar.
    struct Entry: Equatable {
        enum Kind: UInt32 {
            /// Stays as it is.
            case keep
            /// Ends a word.
            case space
            /// Stays and is a word of its own.
            case punctuation
            /// Goes away.
            case drop
            /// Goes away, but ends a run of marks that canonical ordering sorts.
            case dropStarter
            /// Falls apart into its jamo.
            case hangul
            /// Becomes the scalar `payload`.
            case mapped
            /// Becomes the sequence number `payload`.
            case sequence
        }

        var bits: UInt32

        init(bits: UInt32) { self.bits = bits }

        init(_ kind: Kind, ideograph: Bool = false, payload: UInt32 = 0) {
            bits = kind.rawValue | (ideograph ? 8 : 0) | payload << 8
        }

        var kind: Kind { Kind(rawValue: bits & 7) ?? .keep }
        /// Chinese characters are words of their own.
        var isIdeograph: Bool { bits & 8 != 0 }
        var payload: UInt32 { bits >> 8 }
        /// Canonical combining class of a scalar that is kept; 0 for nearly all.
        var combiningClass: UInt8 { kind == .keep ? UInt8(truncatingIfNeeded: payload) : 0 }
    }

    /// The table of `scripts/bert-tables`.
    static let uncased = BertNormalization(bertNormalizationTable)

    private var pages = [UInt16](repeating: 0, count: 0x1100)
    private var entries = [UInt32](repeating: 0, count: 256)
    private var sequences: [[UInt32]] = []

    /// The entry of a scalar value below 0x110000.
    @inline(__always)
    subscript(scalar: UInt32) -> Entry {
        Entry(bits: entries[Int(pages[Int(scalar >> 8)]) << 8 | Int(scalar & 0xff)])
    }

    /// The scalars of a sequence entry.
    func sequence(_ entry: Entry) -> [UInt32] { sequences[Int(entry.payload)] }

    private init(_ table: StaticString) {
        // Pages that hold one entry throughout, by that entry.
        var uniform: [UInt32: UInt16] = [:]
        for record in "\(table)".split(whereSeparator: \.isWhitespace) {
            let parts = record.split(separator: ":")
            let span = parts[0].split(separator: "/")
            let ends = span[0].split(separator: "-").compactMap { UInt32($0, radix: 16) }
            precondition(parts.count == 2 && !ends.isEmpty, "the normalization table is broken")
            let last = ends.last ?? ends[0]
            let make = rule(parts[1])
            var scalar = ends[0]
            while scalar <= last {
                if span.count == 1, scalar & 0xff == 0, scalar + 255 <= last, make(scalar) == make(scalar + 1) {
                    let page = uniform[make(scalar).bits] ?? addPage(filledWith: make(scalar).bits)
                    uniform[make(scalar).bits] = page
                    pages[Int(scalar >> 8)] = page
                    scalar += 256
                } else {
                    if pages[Int(scalar >> 8)] == 0 { pages[Int(scalar >> 8)] = addPage(filledWith: 0) }
                    entries[Int(pages[Int(scalar >> 8)]) << 8 | Int(scalar & 0xff)] = make(scalar).bits
                    scalar += span.count == 1 ? 1 : 2
                }
            }
        }
    }

    private mutating func addPage(filledWith bits: UInt32) -> UInt16 {
        entries.append(contentsOf: repeatElement(bits, count: 256))
        return UInt16(entries.count / 256 - 1)
    }

    /// What a code of the table makes of a scalar.
    private mutating func rule(_ code: Substring) -> (UInt32) -> Entry {
        let ideograph = code.first == "C"
        let letters = ideograph ? code.dropFirst() : code
        let payload = letters.dropFirst()
        let fixed: Entry
        switch letters.first {
        case "M":
            let distance = Int32(payload, radix: 16) ?? 0
            return { Entry(.mapped, ideograph: ideograph, payload: UInt32(bitPattern: Int32($0) + distance)) }
        case "S":
            sequences.append(payload.split(separator: ",").compactMap { UInt32($0, radix: 16) })
            fixed = Entry(.sequence, payload: UInt32(sequences.count - 1))
        case "R": fixed = Entry(.keep, payload: UInt32(payload, radix: 16) ?? 0)
        case "W": fixed = Entry(.space)
        case "P": fixed = Entry(.punctuation)
        case "D": fixed = Entry(.drop)
        case "B": fixed = Entry(.dropStarter)
        case "H": fixed = Entry(.hangul)
        default: fixed = Entry(.keep, ideograph: ideograph)
        }
        return { _ in fixed }
    }
}
