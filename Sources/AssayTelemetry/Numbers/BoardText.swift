/// Numbers of a service as text: a frame of a terminal, or a plain table.
package enum BoardText {
    /// One row of the frame.
    package struct Row: Sendable, Equatable {
        package var title: String
        package var values: [String]
        /// Course of the first line over the points, empty without any.
        package var course: String
    }

    /// The panels, each a row; panels of which nothing is known are left out.
    ///
    /// - Parameters:
    ///   - board: Numbers of a service, whose texts may be hostile.
    ///   - width: Characters for the course.
    ///   - clean: Makes a text harmless for a terminal.
    /// - Returns: In the board's order.
    package static func rows(_ board: ServiceBoard, width: Int, clean: (String) -> String) -> [Row] {
        board.panels.compactMap { panel in
            let lines = shown(panel, board)
            guard lines.contains(where: { current($0, board) != nil }) else { return nil }
            let unit = ServiceNumbers.Unit(rawValue: panel.unit)
            let values = lines.map { line in
                let value = value(current(line, board), unit)
                return panel.lines.count == 1 ? value : "\(clean(line.label)) \(value)"
            }
            let course = lines.first.flatMap { board.values[$0.key] } ?? []
            return Row(
                title: clean(panel.title),
                values: values,
                course: sparkline(course.suffix(width))
            )
        }
    }

    /// The frame of a terminal: heading, panels with their course, what went wrong.
    ///
    /// - Parameters:
    ///   - board: Numbers of a service, whose texts may be hostile.
    ///   - origin: Where it listens.
    ///   - width: Characters of a line.
    ///   - clean: Makes a text harmless for a terminal.
    /// - Returns: Its lines.
    package static func frame(
        _ board: ServiceBoard,
        at origin: String,
        width: Int,
        clean: (String) -> String
    ) -> [String] {
        let course = width >= 100 ? 40 : width >= 70 ? 20 : 0
        let rows = Self.rows(board, width: course, clean: clean)
        let title = rows.map(\.title.count).max() ?? 0
        let room = max(20, width - title - 2 - (course > 0 ? course + 2 : 0))
        var lines = [heading(board, at: origin, clean: clean) + " · q ends", ""]
        for row in rows {
            for (number, values) in wrapped(row.values, room).enumerated() {
                let line = padded(number == 0 ? row.title : "", title) + "  " + padded(values, room)
                lines.append((course > 0 && number == 0 ? line + "  " + row.course : line).trimmedAtEnd)
            }
        }
        let wrong = troubles(board, clean: clean)
        return lines + (wrong.isEmpty ? [] : [""] + wrong)
    }

    /// Every number on a line of its own: title, name, value.
    package static func table(_ board: ServiceBoard, clean: (String) -> String) -> [String] {
        let rows = board.panels.flatMap { panel in
            let unit = ServiceNumbers.Unit(rawValue: panel.unit)
            return shown(panel, board).map { line in
                (clean(panel.title), clean(line.label), value(current(line, board), unit))
            }
        }
        let title = rows.map(\.0.count).max() ?? 0
        let name = rows.map(\.1.count).max() ?? 0
        return rows.map { padded($0.0, title) + "  " + padded($0.1, name) + "  " + $0.2 }
    }

    /// What went wrong, the newest first.
    package static func troubles(_ board: ServiceBoard, clean: (String) -> String) -> [String] {
        board.troubles.map { trouble in
            "\(clean(trouble.kind)): \(clean(trouble.reason))  \(number(trouble.lastMinute)) in the last minute, \(number(trouble.sinceStart)) since the start"
        }
    }

    /// What runs where, since when.
    package static func heading(_ board: ServiceBoard, at origin: String, clean: (String) -> String) -> String {
        "\(clean(board.model)) · \(clean(origin)) · up \(duration(max(0, board.time - board.started)))"
    }

    /// A number with its unit; a dash for what is unknown.
    package static func value(_ value: Double?, _ unit: ServiceNumbers.Unit?) -> String {
        guard let value else { return "–" }
        switch unit {
        case .perSecond: return "\(number(value))/s"
        case .seconds: return seconds(value)
        case .share: return "\(number(value * 100)) %"
        case .bytes: return bytes(value)
        case .breaker: return value >= 2 ? "open" : value >= 1 ? "tries again" : "closed"
        case .count, .cores, .cost, nil: return number(value)
        }
    }

    /// Heights of values from 0 to the greatest; a space for what is unknown.
    package static func sparkline(_ values: ArraySlice<Double?>) -> String {
        guard let highest = values.compactMap(\.self).max() else { return "" }
        let heights = Array("▁▂▃▄▅▆▇█")
        return String(
            values.map { value -> Character in
                guard let value else { return " " }
                guard highest > 0 else { return heights[0] }
                return heights[min(heights.count - 1, max(0, Int(value / highest * Double(heights.count))))]
            }
        )
    }

    /// Cut to a number of characters.
    package static func cut(_ text: String, _ width: Int) -> String {
        text.count <= width ? text : text.prefix(max(0, width - 1)) + "…"
    }

    /// Values side by side, in as many lines as they need.
    private static func wrapped(_ values: [String], _ width: Int) -> [String] {
        var lines: [String] = []
        for value in values {
            if let last = lines.last, last.count + 2 + value.count <= width {
                lines[lines.count - 1] = last + "  " + value
            } else {
                lines.append(cut(value, width))
            }
        }
        return lines
    }

    static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func current(_ line: ServiceBoard.Line, _ board: ServiceBoard) -> Double? {
        board.current[line.key] ?? nil
    }

    /// The lines of a panel that have something to say.
    private static func shown(_ panel: ServiceBoard.Panel, _ board: ServiceBoard) -> [ServiceBoard.Line] {
        guard panel.isSparse else { return panel.lines }
        return panel.lines.filter { line in
            let known = (board.values[line.key] ?? []) + [current(line, board)]
            return known.contains { ($0 ?? 0) != 0 }
        }
    }

    /// Three significant digits, without zeros at the end.
    private static func number(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        guard abs(value) < 1_000 else { return grouped(value.rounded()) }
        var scale = 1.0
        while abs(value) * scale < 100, scale < 1_000 { scale *= 10 }
        let rounded = (value * scale).rounded() / scale
        return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
    }

    private static func grouped(_ value: Double) -> String {
        guard abs(value) < 1e15 else { return "\(value)" }
        var digits = String(Int(abs(value)))
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return (value < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
    }

    private static func seconds(_ value: Double) -> String {
        switch abs(value) {
        case 0: "0 s"
        case ..<0.001: "\(number(value * 1_000_000)) µs"
        case ..<1: "\(number(value * 1_000)) ms"
        default: "\(number(value)) s"
        }
    }

    private static func bytes(_ value: Double) -> String {
        var value = value
        for unit in ["B", "kB", "MB"] {
            if abs(value) < 1_000 { return "\(number(value)) \(unit)" }
            value /= 1_000
        }
        return "\(number(value)) GB"
    }

    private static func duration(_ seconds: Double) -> String {
        let whole = Int(min(seconds, 1e12))
        switch whole {
        case ..<60: return "\(whole) s"
        case ..<3_600: return "\(whole / 60) min"
        case ..<86_400: return "\(whole / 3_600) h \(whole % 3_600 / 60) min"
        default: return "\(whole / 86_400) d \(whole % 86_400 / 3_600) h"
        }
    }
}

extension String {
    fileprivate var trimmedAtEnd: String {
        guard let last = lastIndex(where: { $0 != " " }) else { return "" }
        return String(self[...last])
    }
}
