/// What a character means for word boundaries: the classes of Unicode's UAX #29 that matter for words of letters and digits.
enum WordClass: UInt8 {
    /// Ends a word.
    case other
    /// ALetter.
    case letter
    /// Hebrew_Letter.
    case hebrew
    /// Numeric.
    case digit
    /// Katakana, which keeps together.
    case katakana
    /// ExtendNumLet: `_` and its kin.
    case connector
    /// MidLetter: within letters only.
    case midLetter
    /// MidNum: within digits only.
    case midNumber
    /// MidNumLet and Single_Quote: within letters and within digits.
    case midBoth
    /// Double_Quote: within Hebrew letters.
    case doubleQuote
    /// Extend, Format, ZWJ: belongs to what stands before.
    case extend
    /// Ideographs and Hiragana: each a word of its own, as in Lucene.
    case single
    /// Scripts without spaces (line-break class SA): a run is one word, as in Lucene.
    case complex

    /// Letters of both kinds (AHLetter).
    var isLetter: Bool { self == .letter || self == .hebrew }
    /// Whether a word can be made of it alone.
    var isWordLike: Bool { isLetter || self == .digit || self == .katakana }

    /// The class of an ASCII byte, `nil` elsewhere.
    static let ascii: [WordClass] = (0..<128).map { byte in
        switch UInt8(byte) {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): .letter
        case UInt8(ascii: "0")...UInt8(ascii: "9"): .digit
        case UInt8(ascii: "_"): .connector
        case UInt8(ascii: ":"): .midLetter
        case UInt8(ascii: ","), UInt8(ascii: ";"): .midNumber
        case UInt8(ascii: "."), UInt8(ascii: "'"): .midBoth
        case UInt8(ascii: "\""): .doubleQuote
        default: .other
        }
    }

    init(_ scalar: Unicode.Scalar) {
        let value = scalar.value
        if value < 128 {
            self = Self.ascii[Int(value)]
        } else if let listed = Self.listed(value) {
            self = listed
        } else {
            self = Self.byProperties(scalar)
        }
    }

    /// Characters that Unicode's WordBreakProperty.txt lists one by one, and scripts.
    private static func listed(_ value: UInt32) -> WordClass? {
        switch value {
        case 0xb7, 0x387, 0x55f, 0x5f4, 0x2027, 0xfe13, 0xfe55, 0xff1a: .midLetter
        case 0x37e, 0x589, 0x60c, 0x60d, 0x7f8, 0x2044, 0xfe10, 0xfe14, 0xfe50, 0xfe54, 0xff0c, 0xff1b: .midNumber
        case 0x2018, 0x2019, 0x2024, 0xfe52, 0xff07, 0xff0e: .midBoth
        case 0x66b: .digit
        case 0x66c: .midNumber
        case 0x202f, 0x203f, 0x2040, 0x2054, 0xfe33, 0xfe34, 0xfe4d...0xfe4f, 0xff3f: .connector
        case 0x5d0...0x5ea, 0x5ef...0x5f2, 0xfb1d, 0xfb1f...0xfb28, 0xfb2a...0xfb4f: .hebrew
        case 0x3031...0x3035, 0x309b, 0x309c, 0x30a0...0x30fa, 0x30fc...0x30ff, 0x31f0...0x31ff, 0x32d0...0x32fe,
            0x3300...0x3357, 0xff66...0xff9d, 0x1b000, 0x1b164...0x1b167:
            .katakana
        case 0x3041...0x3096, 0x309d...0x309f, 0x1b001...0x1b11f, 0x1b150...0x1b152: .single
        case 0x2c2...0x2c5, 0x2d2...0x2d7, 0x2de, 0x2df, 0x2e5...0x2eb, 0x2ed, 0x2ef...0x2ff, 0x55a...0x55c, 0x55e,
            0x58a, 0x5f3, 0xa708...0xa716, 0xa720, 0xa721, 0xa789, 0xa78a, 0xab5b:
            .letter
        case 0x200b: .other
        case 0x200c, 0x200d: .extend
        default: nil
        }
    }

    private static func byProperties(_ scalar: Unicode.Scalar) -> WordClass {
        let properties = scalar.properties
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .spacingMark, .format: return .extend
        case .decimalNumber: return .digit
        case .connectorPunctuation: return .connector
        default: break
        }
        if properties.isGraphemeExtend { return .extend }
        if properties.isIdeographic { return .single }
        if isComplex(scalar.value) { return .complex }
        return properties.isAlphabetic ? .letter : .other
    }

    /// Blocks of Thai, Lao, Myanmar, Khmer, Tai Le, New Tai Lue, Tai Tham and Tai Viet.
    private static func isComplex(_ value: UInt32) -> Bool {
        switch value {
        case 0xe00...0xeff, 0x1000...0x109f, 0x1780...0x17ff, 0x1950...0x19df, 0x1a20...0x1aaf, 0xa9e0...0xa9ff,
            0xaa60...0xaadf:
            true
        default: false
        }
    }
}
