import AssayModel
import Foundation
import Testing

/// `assay trec` on files written here, with values worked by hand.
@Suite(.enabled(if: Assay.isBuilt))
struct TrecCommandTests {
    private let assay: Assay

    init() throws {
        let folder = FileManager.default.temporaryDirectory.path() + "/assay-trec-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        assay = Assay(folder: folder)
        // One: rank 1 is b (a tie, the larger id), rank 2 a. Two: not in the run.
        try Self.write(folder, "qrels", "# labels\none 0 a 1\none 0 b 0\none 0 c 2\ntwo 0 a 1\n")
        try Self.write(folder, "run", "one Q0 a 1 2.5 mine\none Q0 b 2 2.5 mine\nthree Q0 a 1 1 mine\n")
        try Self.write(folder, "twice", "one Q0 a 1 2.5 mine\none Q0 a 2 1 mine\n")
    }

    private static func write(_ folder: String, _ name: String, _ text: String) throws {
        try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
    }

    @Test func printsValuesAndSaysWhatIsLeftOut() throws {
        defer { try? FileManager.default.removeItem(atPath: assay.folder) }
        let result = try assay.run("trec", "-q", "-m", "map", "-mP.1,2", "-m", "num_q", "qrels", "run")
        #expect(result.status == 0)
        #expect(
            result.output == """
                map                   \tone\t0.2500
                P_1                   \tone\t0.0000
                P_2                   \tone\t0.5000
                num_q                 \tall\t1
                map                   \tall\t0.2500
                P_1                   \tall\t0.0000
                P_2                   \tall\t0.5000

                """
        )
        #expect(result.errors.contains("1 judged queries that the run lacks are left out: two"))
        #expect(result.errors.contains("1 queries of the run are not judged and do not count: three"))
        #expect(try assay.run("trec", "-c", "-m", "map", "qrels", "run").output.hasSuffix("\tall\t0.1250\n"))
        // At level 2 only c is relevant, and it is not found.
        #expect(try assay.run("trec", "-l2", "-m", "map", "qrels", "run").output.hasSuffix("\tall\t0.0000\n"))
        let json = try assay.run("trec", "--json", "-m", "recip_rank", "qrels", "run").output
        #expect(try JSONValue(parsing: json)["all"]?["recip_rank"] == 0.5)
    }

    @Test func errorsNameFileAndLine() throws {
        defer { try? FileManager.default.removeItem(atPath: assay.folder) }
        let version = try assay.run("trec", "--compat", "10", "qrels", "run")
        #expect(version.status == 1 && version.output.isEmpty)
        #expect(version.errors.contains("the run lacks 1 of 2 judged queries, where version 10 stops: two"))
        let twice = try assay.run("trec", "qrels", "twice")
        #expect(twice.status == 1 && twice.errors.contains("twice:2: document 'a' of query 'one' stands twice"))
        // Version 9 knows no comments.
        let old = try assay.run("trec", "--compat", "9.0.8", "qrels", "run")
        #expect(old.status == 1 && old.errors.contains("qrels:1: a line of a qrels file has 4 fields"))
        #expect(try assay.run("trec", "qrels", "none").errors.contains("none: the file cannot be read"))
        #expect(try assay.run("trec", "--compat", "8", "qrels", "run").status == 64)
        #expect(try assay.run("trec", "-m", "mpa", "qrels", "run").errors.contains("did you mean 'map'?"))
    }
}
