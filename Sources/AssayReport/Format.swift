/// Numbers as people read them, the same on every machine and in every locale.
package enum Format {
    /// A byte as two hexadecimal digits.
    static func hex(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }

    /// What stands where there is no value.
    package static let none = "–"

    /// A metric's value with three decimals, `–` for nil and for what is not finite.
    package static func metric(_ value: Double?) -> String {
        value.map { fixed($0, decimals: 3) } ?? none
    }

    /// A 95 % interval, `–` when an end is missing.
    package static func interval(_ low: Double?, _ high: Double?) -> String {
        guard let low, let high, low.isFinite, high.isFinite else { return none }
        return "\(metric(low)) – \(metric(high))"
    }

    /// A number with a fixed count of decimals and thousands separators; halves are rounded away from zero.
    package static func fixed(_ value: Double, decimals: Int) -> String {
        guard value.isFinite else { return none }
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = (value.magnitude * scale).rounded(.toNearestOrAwayFromZero)
        guard scaled < 9e15 else { return "\(value)" }
        let units = Int(scaled)
        let whole = units / Int(scale)
        let sign = value < 0 && units != 0 ? "-" : ""
        guard decimals > 0 else { return sign + count(whole) }
        let fraction = "\(units % Int(scale))"
        return sign + count(whole) + "." + String(repeating: "0", count: decimals - fraction.utf8.count) + fraction
    }

    /// A whole number with thousands separators: `98,120`.
    package static func count(_ value: Int) -> String {
        let digits = Array("\(value.magnitude)".utf8)
        var grouped: [UInt8] = value < 0 ? [UInt8(ascii: "-")] : []
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { grouped.append(UInt8(ascii: ",")) }
            grouped.append(digit)
        }
        return String(decoding: grouped, as: UTF8.self)
    }

    /// A count with its noun: `1 file`, `2,000 files`.
    package static func count(_ value: Int, _ noun: String, plural: String? = nil) -> String {
        "\(count(value)) \(value == 1 ? noun : plural ?? noun + "s")"
    }

    /// A share of 1 as a percentage, cut (not rounded) to one decimal, so that `100 %` means all.
    package static func percent(_ share: Double) -> String {
        guard share.isFinite else { return none }
        // The tiny surplus keeps 0.29 × 1000 = 289.99999999999994 from being cut to 28.9.
        let tenths = (share * 1_000 + 1e-9).rounded(.down)
        guard tenths.magnitude < 1e12 else { return none }
        return fixed(tenths / 10, decimals: Int(tenths).isMultiple(of: 10) ? 0 : 1) + " %"
    }

    /// A time: `0.4 ms`, `12 ms`, `1.2 s`, `3 min 4 s`, `2 h 5 min`.
    package static func duration(seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e12 else { return none }
        if seconds == 0 { return "0 ms" }
        if seconds < 0.009_95 { return fixed(seconds * 1_000, decimals: 1) + " ms" }
        if seconds < 0.999_5 { return fixed(seconds * 1_000, decimals: 0) + " ms" }
        if seconds < 59.95 { return fixed(seconds, decimals: 1) + " s" }
        let whole = Int(seconds.rounded(.toNearestOrAwayFromZero))
        if whole < 3_600 { return "\(whole / 60) min \(whole % 60) s" }
        let minutes = Int((seconds / 60).rounded(.toNearestOrAwayFromZero))
        return "\(count(minutes / 60)) h \(minutes % 60) min"
    }

    /// A size in decimal units: `830 B`, `1.2 MB`.
    package static func bytes(_ value: Int) -> String {
        var size = Double(value)
        var unit = "B"
        for larger in ["kB", "MB", "GB", "TB"] {
            guard size >= 999.5 else { break }
            size /= 1_000
            unit = larger
        }
        return fixed(size, decimals: unit == "B" || size >= 99.95 ? 0 : 1) + " " + unit
    }

    /// The first `digits` of a digest, enough to tell two apart by eye.
    package static func digest(_ hex: String, digits: Int = 12) -> String {
        String(PrintableText.line(hex).prefix(digits))
    }
}
