import AssayFaiss
import AssayModel
import AssayRetrieve
import AssaySQLiteVec
import FoundationEssentials
import Glibc

/// Times Assay's vector search; driven by `Benchmarks/vectors/compare.py`.
///
/// `bench-vectors KIND VECTORS DIMENSION COUNT QUERIES FOLDER` builds the index of COUNT rows of the raw float file VECTORS, prints one
/// line of JSON, then for each line on stdin answers all queries one by one and prints a line with milliseconds and results. The kind
/// `scan` is the searcher without an index.
@main
struct BenchVectors {
    static let k = 10

    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 7, let dimension = Int(arguments[3]), let count = Int(arguments[4]) else {
            throw AssayError("usage", "usage: bench-vectors KIND VECTORS DIMENSION COUNT QUERIES FOLDER")
        }
        let vectors = try VectorMatrix(mapping: arguments[2], offset: 0, dimension: dimension, count: count)
        let queryBytes = try FileManager.default.attributesOfItem(atPath: arguments[5])[.size] as? Int ?? 0
        let queries = try VectorMatrix(
            mapping: arguments[5],
            offset: 0,
            dimension: dimension,
            count: queryBytes / (4 * dimension)
        )
        let rows = (0..<count).map(Int32.init)
        let segment = try segment(arguments[1], vectors, rows, path: arguments[6] + "/" + arguments[1])
        let searcher = VectorSearcher([segment], vectors: vectors)
        while readLine() != nil { try round(searcher, segment.index, queries) }
    }

    private static func segment(
        _ name: String,
        _ vectors: VectorMatrix,
        _ rows: [Int32],
        path: String
    ) throws -> VectorSegment {
        if name == "scan" {
            say(["kind": .string(name), "build_s": 0, "open_s": 0, "bytes": 0])
            return VectorSegment(rows: rows)
        }
        let place = Place(file: "bench")
        let table = Registry<any VectorIndexKind>(
            kind: "vector index",
            FaissIndexKinds.builtin + SQLiteVecKinds.builtin
        )
        let reader = try OptionReader(nil, owner: "index.vectors", place: place)
        let kind = try table.make(name, options: reader, resources: .none, at: place).product
        var seconds: [Double] = []
        let clock = ContinuousClock()
        var start = clock.now
        try kind.build(vectors, rows: rows, to: path)
        seconds.append((clock.now - start) / .seconds(1))
        start = clock.now
        let index = try kind.open(path, vectors: vectors, rows: rows)
        seconds.append((clock.now - start) / .seconds(1))
        let bytes = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
        let line: JSONValue = [
            "kind": .string(name), "build_s": .double(seconds[0]), "open_s": .double(seconds[1]), "bytes": .int(bytes),
            "faiss": .string(FaissRuntime.variant),
        ]
        say(line)
        return VectorSegment(index: index, isExact: type(of: kind).isExact, rows: rows)
    }

    /// Answers every query; milliseconds of this thread's CPU, since other programs may share the machine.
    private static func round(_ searcher: VectorSearcher, _ index: (any VectorIndex)?, _ queries: VectorMatrix) throws {
        var whole: [JSONValue] = []
        var proposing: [JSONValue] = []
        var results: [JSONValue] = []
        for number in 0..<queries.count {
            let query = queries.row(number)
            var start = threadMilliseconds()
            let hits = try searcher.search(query, k: k) { $0.ordinal > $1.ordinal }
            whole.append(.double(threadMilliseconds() - start))
            if let index {
                start = threadMilliseconds()
                _ = try index.candidates(query, k: k + 4, allowed: nil)
                proposing.append(.double(threadMilliseconds() - start))
            }
            results.append(.array(hits.map { .int(Int($0.position.ordinal)) }))
        }
        let line: JSONValue = [
            "ms": .array(whole), "candidates_ms": .array(proposing), "results": .array(results),
        ]
        say(line)
    }

    /// One line, at once: the reader of the pipe waits for it.
    private static func say(_ line: JSONValue) {
        print(line.text)
        fflush(nil)
    }

    private static func threadMilliseconds() -> Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
    }
}
