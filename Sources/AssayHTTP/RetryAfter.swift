extension HTTPHead {
    /// The wait that `Retry-After` asks for.
    ///
    /// - Parameter unixTime: Now, in seconds since 1970.
    /// - Returns: Nil when it asks for none that can be read.
    package func retryAfter(unixTime: Double) -> Duration? {
        guard let text = self["retry-after"] else { return nil }
        if let seconds = Double(text), seconds.isFinite, seconds >= 0 { return .seconds(min(seconds, 1e6)) }
        return httpDate(text).map { .seconds(max(0, min($0 - unixTime, 1e6))) }
    }
}

/// Seconds since 1970 of an HTTP date in its preferred form, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).
package func httpDate(_ text: String) -> Double? {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let words = text.split(separator: " ")
    guard words.count == 6, words[5] == "GMT", let day = Int(words[1]), let year = Int(words[3]),
        let month = months.firstIndex(of: String(words[2])), (1...31).contains(day), (1970...9999).contains(year)
    else { return nil }
    let clock = words[4].split(separator: ":").compactMap { Int($0) }
    guard clock.count == 3 else { return nil }
    // Days from civil (Hinnant 2013): March is month 0 of its year.
    let y = month < 2 ? year - 1 : year
    let dayOfYear = (153 * ((month + 10) % 12) + 2) / 5 + day - 1
    let era = y / 400
    let yearOfEra = y - era * 400
    let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    return Double(days * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2])
}
