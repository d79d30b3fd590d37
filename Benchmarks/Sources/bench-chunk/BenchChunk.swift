import AssayIngest
import AssayModel
import Foundation

/// Times chunkers over the `.txt` and `.md` files of a folder and prints one line of JSON.
///
///     bench-chunk --data FOLDER --case recursive-2000c [--seconds 1]
///
/// One pass cuts every file once, on one thread; the figure is the median pass in processor time, which other processes disturb less. With sizes in tokens the tokens are placed before the clock
/// starts, so that the figure is the chunker's alone.
@main
enum BenchChunk {
    static func main() throws {
        let arguments = Arguments(CommandLine.arguments)
        guard let folder = arguments["data"], let name = arguments["case"], let bench = cases[name] else {
            print("usage: bench-chunk --data FOLDER --case \(cases.keys.sorted().joined(separator: "|")) [--seconds 1]")
            exit(64)
        }
        let inputs = try read(folder: folder, tokens: bench.isInTokens)
        let bytes = inputs.reduce(0) { $0 + $1.document.text.utf8.count }
        var passes: [Double] = []
        var chunks = 0
        let budget = Double(arguments["seconds"] ?? "1") ?? 1
        let began = processorSeconds()
        while passes.count < 5 || processorSeconds() - began < budget {
            chunks = 0
            let start = processorSeconds()
            for input in inputs { chunks += try bench.run(input) }
            passes.append(processorSeconds() - start)
        }
        let median = passes.sorted()[passes.count / 2]
        let report: JSONValue = [
            "case": .string(name), "bytes": .int(bytes), "chunks": .int(chunks), "passes": .int(passes.count),
            "seconds": .double(median), "mb_per_s": .double(Double(bytes) / median / 1e6),
        ]
        print(report.text)
    }

    private static func processorSeconds() -> Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    private static func read(folder: String, tokens: Bool) throws -> [Input] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        return try names.filter { $0.hasSuffix(".txt") || $0.hasSuffix(".md") }.map { name in
            let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name)), as: UTF8.self)
            let document = Document(id: name, text: text, headings: name.hasSuffix(".md") ? headings(of: text) : [])
            return Input(document: document, tokenizer: tokens ? PlacedTokenizer(text) : nil)
        }
    }

    /// ATX headings outside of fences.
    private static func headings(of text: String) -> [Heading] {
        var found: [Heading] = []
        var offset = 0
        var isFenced = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") { isFenced.toggle() }
            let level = line.prefix { $0 == "#" }.count
            if !isFenced, (1...6).contains(level), line.dropFirst(level).first == " " {
                found.append(Heading(level: level, title: String(line.dropFirst(level + 1)), offset: offset))
            }
            offset += line.utf8.count + 1
        }
        return found
    }
}

/// A document with its tokens.
struct Input: Sendable {
    var document: Document
    var tokenizer: PlacedTokenizer?
}

/// Something to time.
struct BenchCase: Sendable {
    var isInTokens = false
    var run: @Sendable (Input) throws -> Int
}

/// The cases by name; `copy` bounds them all from below: it only makes ids and strings of equal pieces.
let cases: [String: BenchCase] = {
    var cases: [String: BenchCase] = ["copy-2000c": BenchCase { try copies($0.document, bytes: 2_000) }]
    for name in Chunkers.builtin.names {
        for (unit, size, overlap, suffix) in [
            ("characters", 2_000, 0, "2000c"), ("characters", 2_000, 200, "2000c-overlap"),
            ("characters", 600, 0, "600c"),
            ("tokens", 160, 0, "160t"), ("tokens", 160, 24, "160t-overlap"),
        ] {
            guard let chunker = try? make(name, unit, size, overlap) else { continue }
            cases["\(name)-\(suffix)"] = BenchCase(isInTokens: unit == "tokens") {
                try chunker.chunks(of: $0.document, tokenizer: $0.tokenizer).count
            }
        }
    }
    return cases
}()

private func make(_ name: String, _ unit: String, _ size: Int, _ overlap: Int) throws -> any Chunker {
    let place = Place(file: "bench")
    let members = [(unit, size), ("overlap", overlap)].map {
        ConfigNode.Member(key: $0.0, place: place, value: ConfigNode(.int($0.1), at: place))
    }
    let reader = try OptionReader(ConfigNode(.mapping(members), at: place), owner: "chunk", place: place)
    return try Chunkers.builtin.make(name, options: reader, resources: .none, at: place).product
}

private func copies(_ document: Document, bytes: Int) throws -> Int {
    var text = document.text
    return text.withUTF8 { buffer in
        var chunks: [Chunk] = []
        var start = 0
        while start < buffer.count {
            let end = min(start + bytes, buffer.count)
            let piece = unsafe String(decoding: UnsafeBufferPointer(rebasing: buffer[start..<end]), as: UTF8.self)
            let range = TextRange(start: start, end: end, scalarStart: start, scalarEnd: end)
            chunks.append(Chunk(document: document.id, ordinal: chunks.count, range: range, text: piece))
            start = end
        }
        return chunks.count
    }
}

/// Words and punctuation in pieces of up to six bytes, placed beforehand for one document.
struct PlacedTokenizer: TextTokenizer {
    let limit = 256
    let specialTokens = 2
    private let whole: TokenRanges
    private let bytes: Int

    init(_ text: String) {
        var text = text
        bytes = text.utf8.count
        whole = text.withUTF8 { unsafe Self.place($0) }
    }

    func tokenRanges(of text: UnsafeBufferPointer<UInt8>) -> TokenRanges {
        text.count == bytes ? whole : unsafe Self.place(text)
    }

    func count(_ text: String) -> Int {
        var text = text
        return text.withUTF8 { unsafe Self.place($0).count }
    }

    private static func place(_ text: UnsafeBufferPointer<UInt8>) -> TokenRanges {
        var ranges = TokenRanges()
        var start = -1
        for offset in 0...text.count {
            let byte = offset < text.count ? unsafe text[offset] : 32
            let isInk = byte >= 0x80 || (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10
            let isFull = start >= 0 && offset - start >= 6 && byte & 0xc0 != 0x80
            if start >= 0, !isInk || isFull {
                ranges.starts.append(UInt32(start))
                ranges.ends.append(UInt32(offset))
                start = -1
            }
            if isInk {
                if start < 0 { start = offset }
            } else if byte > 32 {
                ranges.starts.append(UInt32(offset))
                ranges.ends.append(UInt32(offset) + 1)
            }
        }
        return ranges
    }
}

/// `--name value` pairs.
struct Arguments {
    private var values: [String: String] = [:]

    init(_ arguments: [String]) {
        var rest = arguments.dropFirst()
        while let name = rest.popFirst(), let value = rest.popFirst() {
            values[String(name.drop { $0 == "-" })] = value
        }
    }

    subscript(name: String) -> String? { values[name] }
}
