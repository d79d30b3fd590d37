import ArgumentParser
import AssayModel
import AssayTelemetry
import Dispatch
import FoundationEssentials
import Glibc

/// `assay top`.
struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Shows what a running service does: the numbers of its /dashboard in the terminal.",
        discussion: """
            Rates and times are of the last minute, judged answers, feedback and cost of the last hour. q or Ctrl-C ends. \
            Where stdout is no terminal, or with --once, one table is printed.
            """
    )

    @Argument(help: "Address of the service.")
    var url = "http://127.0.0.1:8080"

    @Option(help: "File with an API key of the scope eval (otherwise the variable ASSAY_KEY).")
    var keyFile: String?

    @Option(help: "Seconds between two looks.")
    var interval = 2.0

    @Flag(help: "Print one table and end.")
    var once = false

    @Flag(help: "Print the service's JSON and end.")
    var json = false

    func validate() throws {
        guard (0.2...3_600).contains(interval) else { throw ValidationError("--interval is 0.2 to 3600 seconds") }
    }

    func run() async throws {
        do {
            let client = try BoardClient(url, key: try key())
            let board = try await client.board(points: json ? 720 : 60)
            if json {
                print(try canonicalJSON(board.json, pretty: true))
            } else if once || isatty(1) != 1 || isatty(0) != 1 {
                printTable(board, at: client.origin)
            } else {
                try await TopScreen(client: client, interval: .milliseconds(Int(interval * 1_000))).show(board)
            }
        } catch {
            throw fail(error)
        }
    }

    private func key() throws -> String? {
        guard let keyFile else { return environment("ASSAY_KEY") }
        guard let data = FileManager.default.contents(atPath: keyFile) else {
            throw AssayError("top.keyfile", "the file of the key cannot be read", at: Place(file: keyFile))
        }
        let words = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard words.count == 1, words[0].utf8.count <= 200, words[0].utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw AssayError(
                "top.keyfile",
                "the file does not hold one API key",
                at: Place(file: keyFile),
                remedy: "put the line that 'assay keys new' printed into a file of its own"
            )
        }
        return String(words[0])
    }

    private func printTable(_ board: ServiceBoard, at origin: String) {
        print(BoardText.heading(board, at: origin, clean: PlainText.line))
        for line in BoardText.table(board, clean: PlainText.line) { print(line) }
        for line in BoardText.troubles(board, clean: PlainText.line) { print(line) }
    }
}

/// The screen while `assay top` runs: another buffer than the shell's, keys unechoed, both given back at the end.
private struct TopScreen: Sendable {
    let client: BoardClient
    let interval: Duration

    private enum Event: Sendable {
        case look
        case resized
        case quit
    }

    func show(_ first: ServiceBoard) async throws {
        let before = TerminalMode.keysOneByOne()
        put("\u{1B}[?1049h\u{1B}[?25l")
        defer {
            put("\u{1B}[?25h\u{1B}[?1049l")
            before.restore()
        }
        let (events, feed) = AsyncStream<Event>.makeStream()
        let sources = watch(feed)
        let pulse = Task { [interval] in
            while !Task.isCancelled {
                try await Task.sleep(for: interval)
                feed.yield(.look)
            }
        }
        defer {
            pulse.cancel()
            for source in sources { source.cancel() }
        }
        var board = first
        var problem: String?
        draw(board, problem)
        for await event in events {
            switch event {
            case .quit: return
            case .resized: break
            case .look:
                do {
                    board = try await client.board(points: 60)
                    problem = nil
                } catch let error as AssayError {
                    problem = error.message
                }
            }
            draw(board, problem)
        }
    }

    /// Keys, the window's size, and the signals that end a program.
    private func watch(_ feed: AsyncStream<Event>.Continuation) -> [any DispatchSourceProtocol] {
        var sources: [any DispatchSourceProtocol] = []
        for number in [SIGINT, SIGTERM, SIGHUP, SIGWINCH] {
            _ = signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { feed.yield(number == SIGWINCH ? .resized : .quit) }
            source.resume()
            sources.append(source)
        }
        let keys = DispatchSource.makeReadSource(fileDescriptor: 0, queue: .global())
        keys.setEventHandler {
            var bytes = [UInt8](repeating: 0, count: 64)
            let count = unsafe read(0, &bytes, bytes.count)
            // Ctrl-C is a key here, as is Ctrl-D; the end of the input ends too.
            if count <= 0
                || bytes[..<count].contains(where: { [0x03, 0x04, UInt8(ascii: "q"), UInt8(ascii: "Q")].contains($0) })
            {
                feed.yield(.quit)
            }
        }
        keys.resume()
        return sources + [keys]
    }

    /// One write a frame, over the old one: nothing is cleared first, so nothing flickers.
    private func draw(_ board: ServiceBoard, _ problem: String?) {
        let (width, height) = TerminalMode.size
        var lines = frame(board, width: width)
        if let problem { lines.insert(PlainText.line("\(problem); trying again"), at: 1) }
        if lines.count > height { lines = Array(lines.prefix(max(1, height - 1))) + ["… a higher window shows more"] }
        var text = "\u{1B}[?2026h\u{1B}[H"
        for (number, line) in lines.prefix(height).enumerated() {
            let isHead = number == 0
            text += (isHead ? "\u{1B}[1m" : "") + BoardText.cut(line, width) + (isHead ? "\u{1B}[0m" : "") + "\u{1B}[K"
            if number + 1 < min(lines.count, height) { text += "\r\n" }
        }
        put(text + "\u{1B}[J\u{1B}[?2026l")
    }

    private func frame(_ board: ServiceBoard, width: Int) -> [String] {
        BoardText.frame(board, at: client.origin, width: width, clean: PlainText.line)
    }

    private func put(_ text: String) {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes[sent...].withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            sent += count
        }
    }
}

/// How the terminal takes keys, and how to give it back.
private struct TerminalMode {
    private var old = termios()

    /// Keys arrive one by one and are not shown; Ctrl-C and Ctrl-Z are keys like others.
    static func keysOneByOne() -> TerminalMode {
        var mode = TerminalMode()
        _ = unsafe tcgetattr(0, &mode.old)
        var new = mode.old
        new.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
        _ = unsafe tcsetattr(0, TCSANOW, &new)
        return mode
    }

    func restore() {
        var old = old
        _ = unsafe tcsetattr(0, TCSANOW, &old)
    }

    /// Columns and rows of the window.
    static var size: (width: Int, height: Int) {
        var size = winsize()
        let known = unsafe ioctl(1, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 && size.ws_row > 0
        return known ? (Int(size.ws_col), Int(size.ws_row)) : (80, 24)
    }
}
