import AssayEmbed
import AssayModel
import FoundationEssentials

#if canImport(Glibc)
import Glibc
#endif

/// Times Assay's encoder and tokenizer; driven by `Benchmarks/embed/compare.py`.
///
/// `bench-embed encode MODEL TEXTS.json` reads one line from stdin for each round, embeds all texts, and prints the seconds; at
/// the end of stdin it prints the vectors' first row. `bench-embed tokenize MODEL FILE` prints megabytes a second.
@main
struct BenchEmbed {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4 else {
            throw AssayError("usage", "usage: bench-embed encode|tokenize MODEL FILE")
        }
        let model = ResolvedModel(name: "all-MiniLM-L6-v2", path: arguments[2], sha256: "")
        let encoder = try BertEncoder(model: model)
        let data = try Data(contentsOf: URL(filePath: arguments[3]))
        switch arguments[1] {
        case "encode": try await encode(encoder, try JSONDecoder().decode([String].self, from: data))
        default: try tokenize(encoder, Array(data))
        }
    }

    private static func encode(_ encoder: BertEncoder, _ texts: [String]) async throws {
        let clock = ContinuousClock()
        var first: [Float] = []
        say("ready")
        while readLine() != nil {
            let start = clock.now
            let vectors = try await encoder.embed(texts, as: .document)
            say("\(seconds(clock.now - start))")
            first = Array(vectors.row(0))
        }
        say(first.map { "\($0)" }.joined(separator: " "))
    }

    private static func tokenize(_ encoder: BertEncoder, _ bytes: [UInt8]) throws {
        guard let tokenizer = encoder.tokenizer else { return }
        let clock = ContinuousClock()
        var times: [Double] = []
        var tokens = 0
        for _ in 0..<9 {
            let start = clock.now
            tokens = unsafe bytes.withUnsafeBufferPointer { unsafe tokenizer.tokenRanges(of: $0).count }
            times.append(seconds(clock.now - start))
        }
        let median = times.sorted()[times.count / 2]
        print("\(tokens) tokens, \(Double(bytes.count) / 1e6 / median) MB/s")
    }

    /// Prints a line at once: the other side of the pipe waits for it.
    private static func say(_ line: String) {
        print(line)
        fflush(nil)
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
    }
}
