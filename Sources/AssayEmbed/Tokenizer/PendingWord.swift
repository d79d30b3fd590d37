/// The scalars of a word that is being gone through, in canonical order, with their places in the text.
///
/// It keeps one scalar more than a word may have: longer words are `[UNK]` whatever they hold.
struct PendingWord {
    private var scalars: [UInt32] = []
    private var starts: [Int] = []
    private var ends: [Int] = []
    private var classes: [UInt8] = []
    // Where the run of marks begins that canonical ordering sorts.
    private var runStart = 0
    /// Number of scalars, those not kept included.
    private(set) var count = 0
    /// First byte in the text.
    private(set) var start = 0
    /// Byte after the last one.
    private(set) var end = 0

    /// Adds a scalar; a mark goes before the marks of higher class in its run (The Unicode Standard, D109).
    mutating func add(_ value: UInt32, _ first: Int, _ last: Int, combiningClass: UInt8) {
        if count == 0 { start = first }
        end = last
        count += 1
        if scalars.count > WordPieces.characterLimit { return }
        var place = scalars.count
        if combiningClass != 0 {
            while place > runStart, classes[place - 1] > combiningClass { place -= 1 }
        }
        scalars.insert(value, at: place)
        starts.insert(first, at: place)
        ends.insert(last, at: place)
        classes.insert(combiningClass, at: place)
        if combiningClass == 0 { runStart = scalars.count }
    }

    /// Ends the run of marks.
    mutating func endRun() { runStart = scalars.count }

    /// Begins a new word.
    mutating func clear() {
        scalars.removeAll(keepingCapacity: true)
        starts.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        classes.removeAll(keepingCapacity: true)
        runStart = 0
        count = 0
    }

    /// Writes the word as UTF-8 with the place of every byte; returns the number of bytes.
    func encode(into pieces: WordPieces) -> Int {
        var length = 0
        for (index, value) in scalars.enumerated() {
            let first = length
            if value < 0x80 {
                unsafe pieces.bytes[length] = UInt8(truncatingIfNeeded: value)
                length += 1
            } else {
                let more = value < 0x800 ? 1 : value < 0x10000 ? 2 : 3
                let lead: UInt32 = more == 1 ? 0xc0 : more == 2 ? 0xe0 : 0xf0
                unsafe pieces.bytes[length] = UInt8(truncatingIfNeeded: lead | value >> UInt32(6 * more))
                for step in 1...more {
                    let bits = value >> UInt32(6 * (more - step)) & 0x3f
                    unsafe pieces.bytes[length + step] = UInt8(truncatingIfNeeded: 0x80 | bits)
                }
                length += more + 1
            }
            for byte in first..<length {
                unsafe pieces.sourceStarts[byte] = starts[index]
                unsafe pieces.sourceEnds[byte] = ends[index]
            }
        }
        return length
    }
}

/// Buffers for one word and its split into pieces.
@safe struct WordPieces {
    /// Characters of a word at most; longer ones are `[UNK]`.
    static let characterLimit = 100
    private static let capacity = (characterLimit + 1) * 4

    /// The normalised word.
    let bytes: UnsafeMutablePointer<UInt8>
    /// Places in the text of the scalar that each byte came from.
    let sourceStarts: UnsafeMutablePointer<Int>
    let sourceEnds: UnsafeMutablePointer<Int>
    /// Pieces: id, and the byte after the last one.
    let ids: UnsafeMutablePointer<UInt32>
    let ends: UnsafeMutablePointer<UInt32>
    private let hashes: UnsafeMutablePointer<UInt64>

    init() {
        unsafe bytes = .allocate(capacity: Self.capacity)
        unsafe sourceStarts = .allocate(capacity: Self.capacity)
        unsafe sourceEnds = .allocate(capacity: Self.capacity)
        unsafe ids = .allocate(capacity: Self.capacity)
        unsafe ends = .allocate(capacity: Self.capacity)
        unsafe hashes = .allocate(capacity: Self.capacity)
    }

    func deallocate() {
        unsafe bytes.deallocate()
        unsafe sourceStarts.deallocate()
        unsafe sourceEnds.deallocate()
        unsafe ids.deallocate()
        unsafe ends.deallocate()
        unsafe hashes.deallocate()
    }

    /// Longest match first over the first `length` bytes; returns the number of pieces, 0 when there is no split.
    func split(_ length: Int, _ vocabulary: borrowing WordPieceVocabulary) -> Int {
        var from = 0
        var found = 0
        while from < length {
            let piece =
                from == 0
                ? longest(from, length, vocabulary.beginnings) : longest(from, length, vocabulary.continuations)
            guard let piece else { return 0 }
            unsafe ids[found] = piece.id
            unsafe ends[found] = UInt32(truncatingIfNeeded: piece.end)
            found += 1
            from = piece.end
        }
        return found
    }

    /// The longest token at `from`; tokens are whole scalars, so no match can end inside one.
    @inline(__always)
    private func longest(_ from: Int, _ length: Int, _ table: borrowing TokenTable) -> (id: UInt32, end: Int)? {
        let last = min(length, from + table.longest)
        var hash = TokenTable.seed
        for position in from..<last {
            hash = unsafe TokenTable.add(bytes[position], to: hash)
            unsafe hashes[position] = hash
        }
        var end = last
        while end > from {
            if let id = unsafe table.id(of: bytes + from, count: end - from, hash: hashes[end - 1]) { return (id, end) }
            end -= 1
        }
        return nil
    }
}
