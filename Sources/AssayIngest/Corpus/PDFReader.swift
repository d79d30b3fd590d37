package import AssayModel

/// Reads the text of PDF files with poppler's `pdftotext`, in a process of its own with limits.
package struct PDFReader: CorpusReader {
    package static let name = "pdf"
    package static let version = 1
    package static let summary = "PDF text in reading order with page marks, by poppler's pdftotext."
    package static let extensions = ["pdf"]
    private let limits: LimitedProcess.Limits
    private let layout: String

    /// Reads `layout` (`reading` order, the default, or `physical`), `timeout_seconds` (1 to 3600, default 60), `memory_mb` (64 to
    /// 65536, default 1024) and `output_mb` (1 to 1024, default 64).
    package init(options: inout OptionReader, resources: Resources) throws {
        layout = try options.string("layout", default: "reading", oneOf: ["reading", "physical"])
        limits = LimitedProcess.Limits(
            seconds: try options.int("timeout_seconds", default: 60, in: 1...3600),
            memory: try options.int("memory_mb", default: 1024, in: 64...65536),
            output: try options.int("output_mb", default: 64, in: 1...1024) << 20
        )
    }

    package func read(_ file: SourceFile, emit: (Document) throws -> Void) throws {
        // The tool's own messages for these are of no help.
        let head = try InputFile(opening: file.path).readPiece(1024)
        if head.isEmpty { throw AssayError("corpus.empty", "the file is empty", at: Place(file: file.path)) }
        guard head.indices.contains(where: { head[$0...].starts(with: "%PDF-".utf8) }) else {
            throw broken(file, "it does not start as one")
        }
        guard let tool = LimitedProcess.find("pdftotext") else {
            throw AssayError(
                "corpus.pdf-tool",
                "pdftotext is not installed",
                at: Place(file: file.path),
                remedy: "apt-get install poppler-utils"
            )
        }
        // A path must not look like an option.
        let path = file.path.hasPrefix("/") ? file.path : "./" + file.path
        let order = layout == "physical" ? ["-layout"] : []
        let result = try LimitedProcess(
            program: tool,
            arguments: order + ["-enc", "UTF-8", "-eol", "unix", path, "-"],
            limits: limits
        ).run()
        try check(result, file)
        try emit(document(result.output, file))
    }

    private func check(_ result: LimitedProcess.Result, _ file: SourceFile) throws {
        let place = Place(file: file.path)
        let errors = String(decoding: result.errors, as: UTF8.self)
        switch result.end {
        case .exit(0): return
        case .exit where errors.contains("Incorrect password") || errors.contains("ncrypt"):
            throw AssayError(
                "corpus.pdf-encrypted",
                "the PDF is encrypted",
                at: place,
                remedy: "save it without a password"
            )
        case .exit(3): throw AssayError("corpus.pdf-encrypted", "the PDF does not permit copying its text", at: place)
        case .exit where errors.contains("ut of memory"): throw memoryError(place)
        case .exit: throw broken(file, "pdftotext cannot open it")
        case .timeout, .signal(24):
            throw AssayError("corpus.limit", "pdftotext took over \(limits.seconds) seconds", at: place)
        case .tooMuchOutput:
            throw AssayError("corpus.limit", "the PDF holds over \(limits.output >> 20) MB of text", at: place)
        case .signal(6): throw memoryError(place)
        case .signal(let number): throw broken(file, "pdftotext died of signal \(number)")
        }
    }

    private func memoryError(_ place: Place) -> AssayError {
        AssayError("corpus.limit", "pdftotext needs over \(limits.memory) MB of memory", at: place)
    }

    private func broken(_ file: SourceFile, _ reason: String) -> AssayError {
        AssayError("corpus.pdf-broken", "the file is not a whole PDF: \(reason)", at: Place(file: file.path))
    }

    /// The text with a mark at the start of each page; pages come apart at form feeds.
    private func document(_ output: [UInt8], _ file: SourceFile) throws -> Document {
        var cleaner = TextCleaner(tracksRuns: false)
        var pages: [PageMark] = []
        var start = 0
        // Bytes that are no UTF-8 are pdftotext's fault, not the file's: they are replaced.
        let output = firstInvalidUTF8(output) == nil ? output : Array(String(decoding: output, as: UTF8.self).utf8)
        while start < output.count {
            let end = output[start...].firstIndex(of: 0x0C) ?? output.count
            pages.append(PageMark(number: pages.count + 1, offset: cleaner.bytes.count))
            do {
                try unsafe output.withUnsafeBufferPointer { bytes throws(InvalidUTF8) in
                    _ = try unsafe cleaner.append(bytes, range: start..<end, line: 1)
                }
            } catch {
                throw broken(file, "its text is not UTF-8")
            }
            start = end + 1
        }
        if cleaner.isBlank {
            throw AssayError(
                "corpus.empty",
                "the PDF has no text layer, only images",
                at: Place(file: file.path),
                remedy: "run it through character recognition first"
            )
        }
        let last = cleaner.bytes.count
        return Document(
            id: file.id,
            text: cleaner.text,
            pages: pages.filter { $0.offset < last },
            stripped: cleaner.stripped
        )
    }
}
