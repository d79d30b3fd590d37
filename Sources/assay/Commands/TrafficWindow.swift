import ArgumentParser
import AssayModel
import AssayPipeline
import FoundationEssentials

/// `--since` and `--until`.
struct TrafficWindow: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Only answers from then on: 2026-11-23, a time as 2026-11-23T10:00:00Z (UTC), or 7d.",
            valueName: "time"
        )
    )
    var since: String?

    @Option(help: ArgumentHelp("Only answers before then, written as --since.", valueName: "time"))
    var until: String?

    func validate() throws {
        for text in [since, until].compactMap(\.self) where Self.time(text, now: Date()) == nil {
            throw ValidationError(
                "'\(text)' is no time: write 2026-11-23, 2026-11-23T10:00:00Z or a number of days as 7d"
            )
        }
    }

    var window: TrafficLog.Window {
        let now = Date()
        return TrafficLog.Window(
            since: since.flatMap { Self.time($0, now: now) },
            until: until.flatMap { Self.time($0, now: now) }
        )
    }

    private static func time(_ text: String, now: Date) -> String? {
        if let days = text.wholeMatch(of: /(\d{1,4})d/).flatMap({ Double($0.1) }) {
            return timestamp(now.addingTimeInterval(-86_400 * days))
        }
        guard text.wholeMatch(of: /\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?/) != nil else { return nil }
        let full = text.count == 10 ? text + "T00:00:00Z" : text
        return (try? Date(full, strategy: .iso8601)).map { timestamp($0) }
    }
}
