import AssayLexical
import AssayModel
import FoundationEssentials

#if canImport(Glibc)
import Glibc
#endif

// Measures the keyword index on one thread: bench-lexical DOCUMENTS QUERIES INDEX-FILE HITS-FILE [K]
// DOCUMENTS and QUERIES hold one text a line. Prints one JSON object; HITS-FILE gets the ordinals of each query's hits.

func lines(_ path: String) throws -> [String] {
    let data = try Data(contentsOf: URL(filePath: path))
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
}

func seconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
}

/// Processor time of this process so far.
func cpuSeconds() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

func percentile(_ sorted: [Double], _ share: Double) -> Double {
    sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
}

func run(_ arguments: [String]) throws {
    guard arguments.count >= 5 else {
        print("usage: bench-lexical DOCUMENTS QUERIES INDEX-FILE HITS-FILE [K]")
        return
    }
    let texts = try lines(arguments[1])
    let queries = try lines(arguments[2])
    let k = arguments.count > 5 ? Int(arguments[5]) ?? 10 : 10
    let options = LexicalOptions()
    let clock = ContinuousClock()

    let cpuBefore = cpuSeconds()
    let adding = try clock.measure {
        let builder = try InvertedIndexBuilder(options: options)
        for text in texts { builder.add(text) }
        try builder.write(to: arguments[3])
    }
    let cpu = cpuSeconds() - cpuBefore
    var opened: KeywordIndex?
    let opening = try clock.measure {
        let segment = try InvertedIndexSegment(arguments[3])
        opened = try KeywordIndex(segments: [(segment: segment, deleted: nil)], options: options)
    }
    guard let index = opened else { return }

    var hits = ""
    for query in queries {
        let found = try index.search(query, k: k) { $0.ordinal < $1.ordinal }
        hits += found.map { "\($0.ordinal)" }.joined(separator: " ") + "\n"
    }
    try Data(hits.utf8).write(to: URL(filePath: arguments[4]))

    var times: [Double] = []
    var total = 0.0
    for _ in 0..<3 {
        for query in queries {
            let start = clock.now
            let found = try index.search(query, k: k) { $0.ordinal < $1.ordinal }
            let time = seconds(clock.now - start)
            if found.isEmpty { print("no hits") }
            times.append(time * 1_000)
            total += time
        }
    }
    times.sort()
    let result: [String: JSONValue] = [
        "documents": .int(texts.count),
        "queries": .int(queries.count),
        "index_docs_per_s": .double(Double(texts.count) / seconds(adding)),
        "index_docs_per_cpu_s": .double(Double(texts.count) / cpu),
        "open_ms": .double(seconds(opening) * 1_000),
        "p50_ms": .double(percentile(times, 0.5)),
        "p95_ms": .double(percentile(times, 0.95)),
        "p99_ms": .double(percentile(times, 0.99)),
        "queries_per_s": .double(Double(times.count) / total),
    ]
    print(JSONValue.object(result).text)
}

try run(CommandLine.arguments)
