import Synchronization

/// The working memory of one text on its way through the encoder, made once and used for many texts.
@safe final class BertScratch {
    /// Token vectors, [tokens, hidden].
    let hidden: UnsafeMutablePointer<Float>
    /// Queries, keys and values side by side, [tokens, 3 · hidden].
    let attention: UnsafeMutablePointer<Float>
    /// Scores of one head, [tokens, `scoreStride`].
    let scores: UnsafeMutablePointer<Float>
    /// What the heads give, [tokens, hidden].
    let context: UnsafeMutablePointer<Float>
    /// What a block adds to the token vectors, [tokens, hidden].
    let update: UnsafeMutablePointer<Float>
    /// [tokens, intermediate].
    let intermediate: UnsafeMutablePointer<Float>

    init(_ configuration: BertConfiguration, tokens: Int) {
        let width = configuration.hidden
        unsafe hidden = Self.allocate(tokens * width)
        unsafe attention = Self.allocate(tokens * width * 3)
        unsafe scores = Self.allocate(tokens * Self.scoreStride(tokens))
        unsafe context = Self.allocate(tokens * width)
        unsafe update = Self.allocate(tokens * width)
        unsafe intermediate = Self.allocate(tokens * configuration.intermediate)
    }

    deinit {
        unsafe hidden.deallocate()
        unsafe attention.deallocate()
        unsafe scores.deallocate()
        unsafe context.deallocate()
        unsafe update.deallocate()
        unsafe intermediate.deallocate()
    }

    /// Numbers from one row of scores to the next: whole vectors of 16.
    static func scoreStride(_ tokens: Int) -> Int { (tokens + 15) / 16 * 16 }

    private static func allocate(_ count: Int) -> UnsafeMutablePointer<Float> {
        let bytes = UnsafeMutableRawPointer.allocate(byteCount: count * MemoryLayout<Float>.stride, alignment: 64)
        let numbers = unsafe bytes.bindMemory(to: Float.self, capacity: count)
        unsafe numbers.initialize(repeating: 0, count: count)
        return unsafe numbers
    }
}
