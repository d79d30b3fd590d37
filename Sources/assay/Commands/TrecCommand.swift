import ArgumentParser
import AssayEval
import AssayModel
import FoundationEssentials
import Glibc

/// `assay trec QRELS RUN`.
struct TrecCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trec",
        abstract: "Scores a TREC run against qrels and prints trec_eval's own format.",
        discussion: """
            Measures, order and averages are those of trec_eval 10; documents of equal score are ordered by id, descending. \
            Judged queries that the run lacks are left out and named on stderr (with -c they count as 0). --compat 10 stops \
            there as that version does; --compat 9.0.8 compares scores as 32-bit floats and rounds recall points as that \
            version does. Not computed: infAP, utility, preference measures, Z-scores.
            """
    )

    @Flag(name: .customShort("q"), help: "Print the values of each query too.")
    var perQuery = false

    @Flag(name: .customShort("c"), help: "Average over all judged queries; those that the run lacks count as 0.")
    var complete = false

    @Option(
        name: .customShort("l", allowingJoined: true),
        help: "Lowest grade that counts as relevant (default: 1)."
    )
    var level = 1

    @Flag(name: .customShort("n"), help: "Print no summary.")
    var noSummary = false

    @Option(name: .customShort("M", allowingJoined: true), help: "Documents of a query at most.")
    var depth: Int?

    @Option(
        name: [.customShort("m", allowingJoined: true), .customLong("measure")],
        help: "A measure with parameters (map, P.5,10, ndcg_cut.10) or a set (official, set, all_trec); repeatable."
    )
    var measures: [String] = []

    @Option(help: "Follow one version of trec_eval strictly: 9.0.8 or 10.")
    var compat: String?

    @Flag(help: "Print JSON, values in full precision.")
    var json = false

    @Argument(help: ArgumentHelp("The labels: lines of 'query iteration document grade'.", valueName: "qrels"))
    var labelFile: String

    @Argument(
        help: ArgumentHelp("The run: lines of 'query Q0 document rank score run', or - for stdin.", valueName: "run")
    )
    var runFile: String

    func validate() throws {
        guard (0...127).contains(level) else { throw ValidationError("-l takes a grade from 0 to 127") }
        guard depth.map({ $0 > 0 }) ?? true else { throw ValidationError("-M takes a number from 1") }
        guard compat.map({ TrecVersion(rawValue: $0) != nil }) ?? true else {
            throw ValidationError("--compat takes one of: 9.0.8, 10")
        }
    }

    func run() throws {
        do {
            let version = compat.flatMap(TrecVersion.init(rawValue:))
            var options = TrecEvaluation.Options(measures: try TrecMeasure.selection(measures))
            options.level = level
            options.complete = complete
            options.depth = depth
            options.version = version
            let labels = try TrecQrels(parsing: try read(labelFile), name: labelFile, comments: version != .v9)
            let results = try TrecRun(
                parsing: try read(runFile),
                name: runFile == "-" ? "stdin" : runFile,
                comments: version != .v9
            )
            let evaluation = try TrecEvaluation(results, qrels: labels, options: options)
            report(evaluation)
            if json {
                print(try canonicalJSON(evaluation.json(perQuery: perQuery, summary: !noSummary), pretty: true))
            } else {
                let text = evaluation.text(perQuery: perQuery, summary: !noSummary)
                // Files get trec_eval's bytes; a terminal gets no control sequence that a query's id may hold.
                print(isatty(1) == 1 ? PlainText.visible(text) : text, terminator: "")
            }
        } catch {
            throw fail(error)
        }
    }

    private func report(_ evaluation: TrecEvaluation) {
        if !evaluation.missing.isEmpty {
            let what = complete ? "count as 0" : "are left out"
            note(
                "\(evaluation.missing.count) judged queries that the run lacks \(what): "
                    + TrecEvaluation.shortened(evaluation.missing)
            )
        }
        if !evaluation.unjudged.isEmpty {
            note(
                "\(evaluation.unjudged.count) queries of the run are not judged and do not count: "
                    + TrecEvaluation.shortened(evaluation.unjudged)
            )
        }
    }

    /// A file's bytes, at most a gigabyte; `-` is stdin.
    private func read(_ path: String) throws -> [UInt8] {
        let limit = 1 << 30
        let descriptor = path == "-" ? 0 : unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw AssayError("file.read", "the file cannot be read", at: Place(file: path), remedy: "check its path")
        }
        defer { if descriptor != 0 { close(descriptor) } }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = unsafe block.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw AssayError("file.read", "the file cannot be read", at: Place(file: path)) }
            if count == 0 { return bytes }
            guard bytes.count + count <= limit else {
                throw AssayError("file.too-large", "the file is larger than 1 GiB", at: Place(file: path))
            }
            bytes += block.prefix(count)
        }
    }
}
