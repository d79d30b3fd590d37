import AssayModel
import CStemmer

/// A Snowball stemmer; for one thread at a time.
@safe final class Stemmer {
    private let handle: OpaquePointer?

    /// - Throws: `AssayError` "lexical.stemmer" when the library does not have the algorithm.
    init(_ choice: LexicalOptions.Stemmer) throws {
        guard choice != .none else {
            unsafe handle = nil
            return
        }
        guard let made = unsafe sb_stemmer_new(choice.rawValue, "UTF_8") else {
            throw AssayError(
                "lexical.stemmer",
                "libstemmer has no stemmer '\(choice.rawValue)'",
                remedy: "install Debian's libstemmer0d or choose 'stemmer: none'"
            )
        }
        unsafe handle = made
    }

    deinit {
        if let handle = unsafe handle { unsafe sb_stemmer_delete(handle) }
    }

    /// Calls `body` with the stem of `word`; an empty stem means the word itself.
    func withStem<Result>(
        of word: UnsafeBufferPointer<UInt8>,
        _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
    ) rethrows -> Result {
        guard let handle = unsafe handle, let start = word.baseAddress,
            let stem = unsafe sb_stemmer_stem(handle, start, Int32(word.count))
        else { return try unsafe body(word) }
        let length = Int(unsafe sb_stemmer_length(handle))
        guard length > 0 else { return try unsafe body(word) }
        return try unsafe body(UnsafeBufferPointer(start: stem, count: length))
    }
}
