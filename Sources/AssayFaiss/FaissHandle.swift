import AssayModel
import CFaiss

/// A loaded FAISS index; freed with its last user.
@safe final class FaissHandle: Sendable {
    // FAISS indexes may be searched by any number of threads as long as none changes them; `set` runs before sharing.
    nonisolated(unsafe) private let index: OpaquePointer

    init(_ index: OpaquePointer) {
        unsafe self.index = unsafe index
    }

    deinit { unsafe cfaiss_free(index) }

    /// Sets a search parameter; only before the index is shared.
    func set(_ name: String, _ value: Int) throws {
        try unsafe FaissRuntime.call("FAISS") { unsafe cfaiss_set(index, name, Double(value), $0) }
    }

    /// At most `k` ordinals near `query`.
    func search(_ query: [Float], k: Int, allowed: IdSet?) throws -> [Int32] {
        try unsafe proposals(k) { ordinals, found, message in
            if let words = allowed?.words {
                unsafe cfaiss_search(index, query, k, words, ordinals, found, message)
            } else {
                unsafe cfaiss_search(index, query, k, nil, ordinals, found, message)
            }
        }
    }
}

/// Collects what a search of the shim writes into the caller's buffer.
///
/// - Parameters:
///   - k: Size of the buffer.
///   - body: The call: ordinals, their number, message.
/// - Returns: The ordinals.
/// - Throws: `AssayError` when the call fails.
func proposals(
    _ k: Int,
    _ body: (UnsafeMutablePointer<Int32>?, UnsafeMutablePointer<Int>, CFaissMessage) -> CFaissStatus
) throws -> [Int32] {
    try unsafe [Int32](unsafeUninitializedCapacity: max(1, k)) { buffer, count in
        var found = 0
        try unsafe FaissRuntime.call("the search") { unsafe body(buffer.baseAddress, &found, $0) }
        count = found
    }
}
