import AssayFaiss
import AssayModel
package import FoundationEssentials
import Glibc

/// This machine, for records.
enum Machine {
    /// Version of Assay.
    static let version = "0.1.0"

    /// Reads what the system says of itself.
    static func environment(started: String) -> RunEnvironment {
        let memory = Double(sysconf(Int32(_SC_PHYS_PAGES))) * Double(sysconf(Int32(_SC_PAGESIZE))) / Double(1 << 30)
        return RunEnvironment(
            assay: version,
            started: started,
            processor: value("model name", in: "/proc/cpuinfo", separator: ":") ?? "unknown",
            cores: max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))),
            memoryGiB: (memory * 10).rounded() / 10,
            system: value("PRETTY_NAME", in: "/etc/os-release", separator: "=")?.replacing("\"", with: "") ?? "Linux",
            libraries: ["faiss": FaissRuntime.variant]
        )
    }

    private static func value(_ key: String, in path: String, separator: Character) -> String? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        for line in String(decoding: data, as: UTF8.self).split(separator: "\n") where line.hasPrefix(key) {
            let parts = line.split(separator: separator, maxSplits: 1)
            if parts.count == 2 { return trimmed(String(parts[1])) }
        }
        return nil
    }
}

/// The time now as ISO 8601 in UTC, `2026-11-22T21:38:46Z`.
public func timestamp() -> String {
    timestamp(Date())
}

/// `date` as ISO 8601 in UTC.
package func timestamp(_ date: Date) -> String {
    date.formatted(.iso8601)
}
