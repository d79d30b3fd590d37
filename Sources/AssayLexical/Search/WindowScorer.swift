import AssayModel

/// Scores the documents of one segment, window by window, and offers the best.
///
/// The score of a document is the sum of weight × impact over the terms in the order of the cursors (falling weight), in single
/// precision. In each window the terms are split: those whose bounds together stay below the threshold (a tail of the order)
/// are looked up only for documents that the other terms brought near the threshold. Because the tail comes last in
/// the sum too, the result is the same to the last bit whether or not anything was left out.
@safe final class WindowScorer {
    private static let window = IndexLayout.window
    /// With fewer postings than this, candidates are found by going over the postings again, not over the window.
    private static let sparse = 512

    /// Postings that are always added rather than looked up.
    private static let cheap = 256

    private let sums: UnsafeMutablePointer<Float>
    /// Documents of the window, with room for one more than can be.
    private let candidates: UnsafeMutablePointer<UInt16>
    private let scores: UnsafeMutablePointer<Float>
    private var candidateCount = 0
    /// Cursors that have the current window, and for each the most that it and those after it can add.
    private var present: [Int] = []
    private var rest: [Double] = []
    /// For tests: scores everything.
    private let prunes: Bool

    init(prunes: Bool = true) {
        self.prunes = prunes
        unsafe sums = UnsafeMutableRawPointer.allocate(byteCount: Self.window * 4, alignment: 64)
            .initializeMemory(as: Float.self, repeating: 0, count: Self.window)
        unsafe candidates = .allocate(capacity: Self.window + 1)
        unsafe scores = .allocate(capacity: Self.window + 1)
    }

    deinit {
        unsafe sums.deallocate()
        unsafe candidates.deallocate()
        unsafe scores.deallocate()
    }

    /// What stays the same in one segment.
    struct Target {
        let segment: InvertedIndexSegment
        let number: Int
        let impacts: ImpactTable
        let filter: LiveFilter
    }

    /// Scores all windows of a segment.
    func score(
        _ target: Target,
        _ cursors: inout [TermCursor],
        into top: inout TopHits,
        order: TopHits.Order
    ) throws(Damage) {
        let windows = target.segment.layout.windows
        for index in unsafe cursors.indices { try unsafe cursors[index].advance(windows: windows) }
        while let window = unsafe cursors.map({ unsafe $0.window }).min(), window != Int.max {
            unsafe gather(window, cursors, target.impacts)
            if !target.filter.excludes(window: window) {
                try unsafe score(window, target, &cursors, top.threshold)
                try offer(window, target, &top, order)
            }
            for index in present { try unsafe cursors[index].advance(windows: windows) }
        }
    }

    private func gather(_ window: Int, _ cursors: [TermCursor], _ impacts: ImpactTable) {
        present.removeAll(keepingCapacity: true)
        for index in unsafe cursors.indices where unsafe cursors[index].window == window { present.append(index) }
        rest.removeAll(keepingCapacity: true)
        rest.append(0)
        for index in present.reversed() {
            let bound = unsafe Double(cursors[index].weight) * impacts.bound(cursors[index].entry)
            rest.append(rest[rest.count - 1] + bound)
        }
        rest.reverse()
    }

    /// Leaves in `candidates` and `scores` all documents of the window whose score may reach the threshold.
    private func score(
        _ window: Int,
        _ target: Target,
        _ cursors: inout [TermCursor],
        _ threshold: Float
    ) throws(Damage) {
        candidateCount = 0
        // Rounding of a sum of n terms stays below n · 2⁻²⁴ of it; twice that, and some, is left as a margin.
        let least = Double(threshold) / (1 + Double(present.count + 8) * 0x1p-23)
        guard !prunes || rest[0] >= least else { return }
        var split = prunes ? rest.firstIndex { $0 < least } ?? present.count : present.count
        let codes = unsafe target.segment.codes + window * Self.window
        var postings = 0
        for index in present[0..<split] {
            unsafe add(&cursors[index], codes, target.impacts)
            postings += unsafe cursors[index].range.count
        }
        // A term that costs no more than all before it is worth adding: fewer candidates are left for the others.
        while split < present.count, unsafe cursors[present[split]].range.count <= max(Self.cheap, postings) {
            unsafe add(&cursors[present[split]], codes, target.impacts)
            postings += unsafe cursors[present[split]].range.count
            split += 1
        }
        let cutoff = Float(least - rest[split]).nextDown
        let floor = max(cutoff, .leastNonzeroMagnitude)
        if postings < Self.sparse {
            for index in present[0..<split] { unsafe collect(from: cursors[index], floor) }
        } else {
            collectFromWindow(floor)
        }
        for place in split..<present.count where candidateCount > 0 {
            unsafe complete(&cursors[present[place]], codes, target.impacts, Float(least - rest[place + 1]).nextDown)
        }
    }

    /// Adds a term to the sums of its documents.
    private func add(_ cursor: inout TermCursor, _ codes: UnsafePointer<UInt16>, _ impacts: ImpactTable) {
        guard let postings = unsafe cursor.lists.postings.baseAddress else { return }
        let weight = unsafe cursor.weight
        let rows = unsafe impacts.rows
        let sums = unsafe self.sums
        var index = unsafe cursor.range.lowerBound
        let end = unsafe cursor.range.upperBound
        while index < end {
            let posting = Int(unsafe postings[index])
            let document = posting >> 4
            let slot = unsafe Int(codes[document]) &<< 4 | (posting & 15)
            unsafe sums[document] += weight * rows[slot]
            index &+= 1
        }
        if unsafe cursor.hasLargeCounts { unsafe addLarge(&cursor, codes, impacts) }
    }

    private func addLarge(_ cursor: inout TermCursor, _ codes: UnsafePointer<UInt16>, _ impacts: ImpactTable) {
        let base = unsafe cursor.window * Self.window
        let large = unsafe cursor.largeCounts()
        for index in large.indices {
            let item = unsafe large[index]
            let document = Int(item.document) - base
            let impact = unsafe impacts.impact(occurrences: Int(item.occurrences), lengthCode: Int(codes[document]))
            unsafe sums[document] += cursor.weight * impact
        }
    }

    /// Moves documents of a term that reach `floor` to the candidates and clears its sums.
    private func collect(from cursor: TermCursor, _ floor: Float) {
        guard let postings = unsafe cursor.lists.postings.baseAddress else { return }
        let (sums, candidates, scores) = unsafe (self.sums, self.candidates, self.scores)
        var count = candidateCount
        for index in unsafe cursor.range {
            let document = unsafe postings[index] >> 4
            let sum = unsafe sums[Int(document)]
            unsafe sums[Int(document)] = 0
            // A document that is here already has the sum 0 now; it must not write behind the last candidate either.
            guard sum >= floor else { continue }
            unsafe candidates[count] = document
            unsafe scores[count] = sum
            count &+= 1
        }
        candidateCount = count
    }

    /// Moves all documents that reach `floor` to the candidates and clears the window.
    private func collectFromWindow(_ floor: Float) {
        let step = 16
        let limit = SIMD16<Float>(repeating: floor)
        let (sums, candidates, scores) = unsafe (self.sums, self.candidates, self.scores)
        var count = candidateCount
        var start = 0
        while start < Self.window {
            let block = unsafe UnsafeMutableRawPointer(sums + start).assumingMemoryBound(to: SIMD16<Float>.self)
            if any(unsafe block.pointee .>= limit) {
                // Without a branch, as half of them may get in: what does not is overwritten by the next.
                for document in start..<start &+ step {
                    let sum = unsafe sums[document]
                    unsafe candidates[count] = UInt16(truncatingIfNeeded: document)
                    unsafe scores[count] = sum
                    count &+= sum >= floor ? 1 : 0
                }
            }
            unsafe block.pointee = SIMD16(repeating: 0)
            start &+= step
        }
        candidateCount = count
    }

    /// Adds a term to the candidates only, and keeps those that reach `floor`.
    private func complete(
        _ cursor: inout TermCursor,
        _ codes: UnsafePointer<UInt16>,
        _ impacts: ImpactTable,
        _ floor: Float
    ) {
        let count = unsafe cursor.range.count
        let depth = Int.bitWidth - count.leadingZeroBitCount
        let scatters = candidateCount * depth > count
        if scatters { unsafe add(&cursor, codes, impacts) }
        var kept = 0
        for index in 0..<candidateCount {
            let document = Int(unsafe candidates[index])
            let more = unsafe scatters ? sums[document] : contribution(&cursor, document, codes, impacts)
            let sum = unsafe scores[index] + more
            unsafe candidates[kept] = UInt16(truncatingIfNeeded: document)
            unsafe scores[kept] = sum
            kept &+= sum >= floor ? 1 : 0
        }
        candidateCount = kept
        guard scatters else { return }
        for index in unsafe cursor.range { unsafe sums[Int(cursor.lists.postings[index]) >> 4] = 0 }
    }

    /// What a term adds to a document, 0 when the document does not have it.
    private func contribution(
        _ cursor: inout TermCursor,
        _ document: Int,
        _ codes: UnsafePointer<UInt16>,
        _ impacts: ImpactTable
    ) -> Float {
        let target = document &<< 4
        var low = unsafe cursor.range.lowerBound
        var count = unsafe cursor.range.count
        while count > 0 {
            let half = count / 2
            let isBefore = unsafe Int(cursor.lists.postings[low &+ half]) < target
            low = isBefore ? low &+ half &+ 1 : low
            count = isBefore ? count &- half &- 1 : half
        }
        guard unsafe low < cursor.range.upperBound else { return 0 }
        let posting = Int(unsafe cursor.lists.postings[low])
        guard posting >> 4 == document else { return 0 }
        let code = Int(unsafe codes[document])
        if posting & 15 != 0 { return unsafe cursor.weight * impacts.rows[code &<< 4 | posting & 15] }
        let ordinal = unsafe cursor.window * Self.window + document
        guard let large = unsafe cursor.largeCounts().first(where: { Int($0.document) == ordinal }) else { return 0 }
        return unsafe cursor.weight * impacts.impact(occurrences: Int(large.occurrences), lengthCode: code)
    }

    private func offer(
        _ window: Int,
        _ target: Target,
        _ top: inout TopHits,
        _ order: TopHits.Order
    ) throws(Damage) {
        for index in 0..<candidateCount {
            let score = unsafe scores[index]
            guard score >= top.threshold else { continue }
            let ordinal = window * Self.window + Int(unsafe candidates[index])
            guard ordinal < target.segment.documentCount else { throw Damage("a posting names no document") }
            guard target.filter.contains(ordinal) else { continue }
            top.offer(score: score, segment: target.number, ordinal: ordinal, order: order)
        }
    }
}
