import FoundationEssentials
import Glibc

extension MetricRegistry {
    /// Adds the readings of this process, taken from `/proc` whenever the metrics are read.
    package func readProcess() {
        onRead { registry in
            let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
            guard ticks > 0, let words = ProcessFile.statWords() else { return }
            // Numbers of proc(5) without pid and name: 12 utime, 13 stime, 20 start time, 22 resident pages.
            if let user = Double(words[11]), let system = Double(words[12]) {
                registry.set(ServiceMetrics.processorTime, (user + system) / ticks)
            }
            if let start = Double(words[19]), let boot = ProcessFile.bootTime() {
                registry.set(ServiceMetrics.startTime, boot + start / ticks)
            }
            if let pages = Double(words[21]) {
                registry.set(ServiceMetrics.residentMemory, pages * Double(sysconf(Int32(_SC_PAGESIZE))))
            }
            if let files = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
                registry.set(ServiceMetrics.openFiles, Double(files.count))
            }
        }
    }
}

private enum ProcessFile {
    /// Fields of `/proc/self/stat` after the name in parentheses; at least 22 of them.
    static func statWords() -> [Substring]? {
        guard let text = text("/proc/self/stat"), let end = text.lastIndex(of: ")") else { return nil }
        let words = text[text.index(after: end)...].split(separator: " ")
        return words.count >= 22 ? words : nil
    }

    /// Seconds since 1970 at which the machine started.
    static func bootTime() -> Double? {
        text("/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }.flatMap { Double($0.dropFirst(6)) }
    }

    private static func text(_ path: String) -> String? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        return String(decoding: data, as: UTF8.self)
    }
}
