import AssayModel
import Glibc
import Testing

@testable import AssayIngest

private let hasTool = LimitedProcess.find("pdftotext") != nil

/// A small PDF with one line of text a page.
func pdf(pages: [String], trailer: String = "") -> [UInt8] {
    var objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Count \(pages.count) /Kids [\(pages.indices.map { "\(4 + 2 * $0) 0 R" }.joined(separator: " "))] >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for (index, text) in pages.enumerated() {
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents \(5 + 2 * index) 0 R "
                + "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        let content = text.isEmpty ? "" : "BT /F1 12 Tf 20 100 Td (\(text)) Tj ET"
        objects.append("<< /Length \(content.utf8.count) >>\nstream\n\(content)\nendstream")
    }
    var file = "%PDF-1.4\n"
    var table = "xref\n0 \(objects.count + 1)\n0000000000 65535 f \n"
    for (index, object) in objects.enumerated() {
        let offset = String(file.utf8.count)
        table += String(repeating: "0", count: 10 - offset.count) + offset + " 00000 n \n"
        file += "\(index + 1) 0 obj\n\(object)\nendobj\n"
    }
    let start = file.utf8.count
    file += table + "trailer\n<< /Size \(objects.count + 1) /Root 1 0 R \(trailer) >>\nstartxref\n\(start)\n%%EOF\n"
    return Array(file.utf8)
}

/// An encryption dictionary whose password nobody knows.
let encryption =
    "/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <\(String(repeating: "41", count: 32))> "
    + "/U <\(String(repeating: "42", count: 32))> >> /ID [<00><00>]"

struct PDFReaderTests {
    @Test(.enabled(if: hasTool))
    func readsPages() throws {
        let folder = try CorpusFolder()
        let document = try corpusReader("pdf").document(
            folder.write("-two pages.pdf", pdf(pages: ["Hello first page", "", "Third one"]))
        )
        expectLaws(document)
        #expect(document.text.contains("Hello first page"))
        let third = try #require(document.text.utf8Offset(of: "Third"))
        #expect(document.page(at: 0) == 1)
        #expect(document.page(at: third) == 3)
        #expect(
            document.pages.map(\.number) == [1, 2, 3].filter { $0 != 2 } || document.pages.map(\.number) == [1, 2, 3]
        )
    }

    @Test(.enabled(if: hasTool))
    func saysWhyNot() throws {
        let folder = try CorpusFolder()
        func failure(_ bytes: [UInt8], _ options: [String: ConfigNode.Value] = [:]) throws -> String {
            let file = try folder.write("x.pdf", bytes)
            return errorCode { _ = try corpusReader("pdf", options).documents(file) }
        }
        let good = pdf(pages: ["Text"])
        #expect(try failure([]) == "corpus.empty")
        #expect(try failure(Array("not a PDF".utf8)) == "corpus.pdf-broken")
        #expect(try failure(Array(good[..<60])) == "corpus.pdf-broken")
        #expect(try failure(pdf(pages: ["Text"], trailer: encryption)) == "corpus.pdf-encrypted")
        #expect(try failure(pdf(pages: [""])) == "corpus.empty")
        #expect(try failure(good) == "")
    }

    /// A PDF with bytes changed is read or refused, and no child is left behind.
    @Test(.enabled(if: hasTool))
    func survivesBrokenFiles() throws {
        let folder = try CorpusFolder()
        let reader = try corpusReader("pdf", ["timeout_seconds": .int(5)])
        var random = SeededRandom(seed: 3)
        let good = pdf(pages: ["One", "Two"])
        for _ in 0..<12 {
            var bytes = good
            for _ in 0..<20 { bytes[9 + random.index(below: bytes.count - 9)] = UInt8(random.index(below: 256)) }
            let file = try folder.write("x.pdf", bytes)
            _ = errorCode { for document in try reader.documents(file) { expectLaws(document, "seed 3") } }
        }
    }
}

struct LimitedProcessTests {
    private func run(
        _ script: String,
        seconds: Int = 10,
        memory: Int = 512,
        output: Int = 1 << 20
    ) throws -> LimitedProcess.Result {
        try LimitedProcess(
            program: "/bin/sh",
            arguments: ["-c", script],
            limits: .init(seconds: seconds, memory: memory, output: output)
        ).run()
    }

    @Test func collectsBothStreams() throws {
        let result = try run("printf out; printf err >&2; exit 7")
        #expect(result.end == .exit(7))
        #expect(String(decoding: result.output, as: UTF8.self) == "out")
        #expect(String(decoding: result.errors, as: UTF8.self) == "err")
    }

    @Test func givesLittleAway() throws {
        let environment = try run("env")
        let names = String(decoding: environment.output, as: UTF8.self).split(separator: "\n")
            .map { String($0.prefix { $0 != "=" }) }
        #expect(Set(names).subtracting(["PATH", "LC_ALL", "PWD", "OLDPWD", "SHLVL", "_"]).isEmpty)
        // The three streams and the one that `ls` itself opens.
        let descriptors = try run("ls /proc/self/fd | tr '\\n' ' '")
        #expect(String(decoding: descriptors.output, as: UTF8.self) == "0 1 2 3 ")
    }

    @Test func stopsAtTheDeadline() throws {
        let clock = ContinuousClock()
        for script in ["echo $$; sleep 30", "echo $$; exec >&- 2>&-; sleep 30", "sleep 30 & echo $!; wait"] {
            let start = clock.now
            let result = try run(script, seconds: 1)
            #expect(result.end == .timeout)
            // A zombie would still answer.
            let process = try #require(Int32(String(decoding: result.output, as: UTF8.self).trimmed))
            if script.contains("$$") { #expect(kill(process, 0) == -1 && errno == ESRCH) }
            #expect(clock.now - start < .seconds(20))
        }
    }

    @Test func stopsAtLimits() throws {
        #expect(try run("while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done").end == .tooMuchOutput)
        #expect(try run("while :; do :; done", seconds: 1).end != .exit(0))
        let hungry = try run("x=$(head -c 400000000 /dev/zero | tr '\\0' a); echo done", memory: 64)
        #expect(!String(decoding: hungry.output, as: UTF8.self).contains("done") || hungry.end != .exit(0))
    }

    @Test func leavesNoChild() async throws {
        let ends = try await concurrentMap(Array(0..<8), limit: 4) { index in
            try await offPool { try run(index % 2 == 0 ? "sleep 0.05; exit \(index)" : "kill -9 $$").end }
        }
        #expect(ends == [.exit(0), .signal(9), .exit(2), .signal(9), .exit(4), .signal(9), .exit(6), .signal(9)])
        #expect(
            errorCode {
                _ = try LimitedProcess(
                    program: "/no/such",
                    arguments: [],
                    limits: .init(seconds: 1, memory: 64, output: 1)
                ).run()
            } == ""
        )
    }
}

extension String {
    func utf8Offset(of text: String) -> Int? {
        let bytes = Array(utf8)
        return bytes.indices.first { bytes[$0...].starts(with: text.utf8) }
    }
}
