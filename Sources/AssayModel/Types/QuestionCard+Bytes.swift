// Cards as bytes: a few microseconds for one, where JSON would need a hundred. The first byte is the format's version.

extension QuestionCard {
    /// Version of the bytes.
    static let format: UInt8 = 1
    /// Between the documents of a question: U+001F, which no extracted path holds.
    private static let joint = "\u{1F}"

    /// Cards as bytes.
    public static func encode(_ cards: [QuestionCard]) -> [UInt8] {
        var out = CardWriter()
        out.bytes.append(format)
        out.int(cards.count)
        for card in cards { card.write(to: &out) }
        return out.bytes
    }

    /// Cards from bytes.
    ///
    /// - Throws: `AssayError` "run.cards" for bytes that are not cards or of a newer version.
    public static func decode(_ bytes: [UInt8]) throws -> [QuestionCard] {
        var input = CardReader(bytes)
        guard try input.byte() == format else { throw CardReader.damaged }
        let count = try input.int()
        var cards: [QuestionCard] = []
        cards.reserveCapacity(min(count, bytes.count))
        for _ in 0..<count { cards.append(try QuestionCard(&input)) }
        return cards
    }

    private func write(to out: inout CardWriter) {
        out.string(id)
        out.string(text)
        out.int(tags.count)
        for tag in tags { out.string(tag) }
        // One text: cards of earlier versions have the first document here and are read as they are.
        out.string(sources.joined(separator: Self.joint))
        out.bytes.append(
            (isUnanswerable ? 1 : 0) | (isCut ? 2 : 0) | (failure == nil ? 0 : 4) | (timing == nil ? 0 : 8)
        )
        out.bytes.append(outcome.rawValue)
        out.bytes.append(
            attribution.flatMap { FailureAttribution.allCases.firstIndex(of: $0) }.map { UInt8($0 + 1) } ?? 0
        )
        if let failure { out.string(failure) }
        out.int(scores.count)
        for score in scores { out.score(score) }
        out.int(repeats.count)
        for one in repeats {
            out.int(one.metric)
            out.int(one.count)
            out.bytes.append(one.differ ? 1 : 0)
        }
        if let timing {
            out.double(timing.retrieveMs)
            out.bytes.append(timing.answer == nil ? 0 : 1)
            if let answer = timing.answer {
                out.double(answer.firstTokenMs ?? .nan)
                out.double(answer.totalMs)
            }
        }
    }

    private init(_ input: inout CardReader) throws {
        id = try input.string()
        text = try input.string()
        tags = try input.list { try $0.string() }
        sources = try input.string().split(separator: Self.joint).map(String.init)
        let flags = try input.byte()
        isUnanswerable = flags & 1 != 0
        isCut = flags & 2 != 0
        guard let outcome = Outcome(rawValue: try input.byte()) else { throw CardReader.damaged }
        self.outcome = outcome
        let place = Int(try input.byte())
        guard place <= FailureAttribution.allCases.count else { throw CardReader.damaged }
        attribution = place == 0 ? nil : FailureAttribution.allCases[place - 1]
        failure = flags & 4 != 0 ? try input.string() : nil
        scores = try input.list { try $0.score() }
        repeats = try input.list {
            Repeats(metric: try $0.int(), count: try $0.int(), differ: try $0.byte() != 0)
        }
        timing = nil
        guard flags & 8 != 0 else { return }
        var timing = QuestionTiming(retrieveMs: try input.double())
        if try input.byte() != 0 {
            let first = try input.double()
            timing.answer = CallTimings(firstTokenMs: first.isNaN ? nil : first, totalMs: try input.double())
        }
        self.timing = timing
    }
}

private struct CardWriter {
    var bytes: [UInt8] = []

    mutating func int(_ value: Int) {
        var rest = UInt(bitPattern: value)
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func string(_ value: String) {
        int(value.utf8.count)
        bytes += value.utf8
    }

    mutating func double(_ value: Double) {
        for shift in stride(from: 0, to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> shift))
        }
    }

    mutating func score(_ score: Score?) {
        switch score {
        case nil: bytes.append(0)
        case .scored(let value):
            bytes.append(1)
            double(value)
        case .notScored(let reason):
            bytes.append(2)
            string(reason)
        case .notApplicable(let reason):
            bytes.append(3)
            string(reason)
        }
    }
}

private struct CardReader {
    static var damaged: AssayError {
        AssayError("run.cards", "the stored list of questions cannot be read", remedy: "run the pipeline again")
    }

    private let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func byte() throws -> UInt8 {
        guard place < bytes.count else { throw Self.damaged }
        place += 1
        return bytes[place - 1]
    }

    mutating func int() throws -> Int {
        var value: UInt = 0
        for shift in stride(from: UInt(0), to: 63, by: 7) {
            let part = try byte()
            value |= UInt(part & 0x7F) << shift
            if part < 0x80 { return Int(bitPattern: value) }
        }
        throw Self.damaged
    }

    mutating func string() throws -> String {
        let count = try int()
        guard count >= 0, count <= bytes.count - place else { throw Self.damaged }
        place += count
        return String(decoding: bytes[(place - count)..<place], as: UTF8.self)
    }

    mutating func double() throws -> Double {
        var pattern: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 8) { pattern |= UInt64(try byte()) << shift }
        return Double(bitPattern: pattern)
    }

    mutating func score() throws -> Score? {
        switch try byte() {
        case 0: nil
        case 1: .scored(try double())
        case 2: .notScored(reason: try string())
        case 3: .notApplicable(reason: try string())
        default: throw Self.damaged
        }
    }

    mutating func list<Element>(_ read: (inout CardReader) throws -> Element) throws -> [Element] {
        let count = try int()
        guard count >= 0, count <= bytes.count - place else { throw Self.damaged }
        var items: [Element] = []
        items.reserveCapacity(count)
        for _ in 0..<count { items.append(try read(&self)) }
        return items
    }
}
