import AssayModel
import CFaiss

/// The FAISS that this program is linked with.
public enum FaissRuntime {
    /// How it was compiled: `avx2` or `generic`.
    public static var variant: String { unsafe String(cString: cfaiss_variant()) }

    /// Refuses a CPU that lacks the instructions FAISS was compiled for.
    ///
    /// - Throws: `AssayError` "faiss.cpu" with what to do.
    public static func check() throws {
        try unsafe call("FAISS") { unsafe cfaiss_check_cpu($0) }
    }

    /// Sets the OpenMP threads of each later call; 1 from the start, so that built files are reproducible.
    ///
    /// More than one thread makes HNSW graphs differ from build to build.
    public static func setThreads(_ count: Int) {
        cfaiss_set_threads(Int32(clamping: count))
    }

    /// XXH64 of a list of rows, kept with an index to know the vectors that it was built from.
    static func hash(_ rows: [Int32]) -> UInt64 {
        unsafe rows.withUnsafeBytes { unsafe cfaiss_hash($0.baseAddress, $0.count) }
    }

    /// Runs a call of the shim and turns its status into an error.
    ///
    /// - Parameters:
    ///   - what: What is being done, for the message: "FAISS", "the index file index.bin".
    ///   - body: The call.
    /// - Throws: `AssayError` "faiss.cpu", "faiss.memory", "index.damaged", "index.file" or "faiss.failed".
    static func call(_ what: String, _ body: (CFaissMessage) -> CFaissStatus) throws {
        var text = [CChar](repeating: 0, count: 512)
        let status = unsafe text.withUnsafeMutableBufferPointer {
            unsafe body(CFaissMessage(text: $0.baseAddress, capacity: $0.count))
        }
        if status == CFAISS_OK { return }
        let reason = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        switch status {
        case CFAISS_CPU:
            throw AssayError("faiss.cpu", reason, remedy: "run scripts/faiss on this machine and build again")
        case CFAISS_DAMAGED: throw FaissRuntime.damaged(what, reason)
        case CFAISS_IO: throw AssayError("index.file", "\(what): \(reason)")
        case CFAISS_MEMORY: throw AssayError("faiss.memory", "\(what): \(reason)")
        default: throw AssayError("faiss.failed", "\(what): \(reason)")
        }
    }

    /// The error for a file that is not what `build` wrote.
    static func damaged(_ what: String, _ reason: String) -> AssayError {
        AssayError("index.damaged", "\(what) cannot be used: \(reason)", remedy: "build the index again")
    }
}
