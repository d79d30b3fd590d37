import AssayPipeline
import FoundationEssentials
import Glibc
import Synchronization

/// Progress on stderr: one line that moves on a terminal, a plain line every five seconds elsewhere.
enum ProgressLine {
    static func progress() -> Progress {
        let terminal = isatty(2) == 1
        let last = LastLine()
        return Progress { line in
            let rate = line.seconds > 0 ? Double(line.done) / line.seconds : 0
            let total = line.total.map { " of \($0)" } ?? ""
            let left = line.total.map { total in
                rate > 0 && total > line.done ? ", \(rounded(Double(total - line.done) / rate)) s left" : ""
            }
            let text = "\(line.stage): \(line.done)\(total), \(rounded(rate))/s\(left ?? "")"
            if terminal {
                let bytes = Array("\r\u{1B}[K\(text)\(line.done == line.total ? "\n" : "")".utf8)
                _ = unsafe bytes.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
            } else if last.isDue(finished: line.done == line.total) {
                note(text)
            }
        }
    }

    static func rounded(_ value: Double) -> String {
        value >= 100 ? "\(Int(value))" : "\((value * 10).rounded() / 10)"
    }
}

/// When the last plain line was written.
private final class LastLine: Sendable {
    private let time = Mutex(ContinuousClock.now)

    /// Whether a line is due: five seconds after the one before, or at the end of a stage that took a second.
    func isDue(finished: Bool) -> Bool {
        time.withLock { time in
            let past = ContinuousClock.now - time
            guard past > .seconds(5) || (finished && past > .seconds(1)) else { return false }
            time = .now
            return true
        }
    }
}
