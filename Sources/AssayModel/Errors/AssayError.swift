/// An error with all that a person needs: what failed, where, what is allowed, what to do.
///
/// `description` is one line for terminals and logs. It never holds document text, prompts or secrets.
public struct AssayError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A stable, extensible name for the kind of error, for programs and metric labels.
    public struct Code: Sendable, Hashable, RawRepresentable, ExpressibleByStringLiteral {
        /// The name.
        public let rawValue: String

        /// Creates a code.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// Creates a code from a literal.
        public init(stringLiteral value: String) { rawValue = value }
    }

    /// The kind of error.
    public var code: Code
    /// What failed, as a sentence without a full stop.
    public var message: String
    /// File and line, nil when no file is to blame.
    public var place: Place?
    /// What to do about it, nil when the message says it all.
    public var remedy: String?

    /// Creates an error.
    public init(_ code: Code, _ message: String, at place: Place? = nil, remedy: String? = nil) {
        self.code = code
        self.message = message
        self.place = place
        self.remedy = remedy
    }

    /// `file:line: message; remedy`.
    public var description: String {
        let head = place.map { "\($0): " } ?? ""
        let tail = remedy.map { "; \($0)" } ?? ""
        return head + message + tail
    }
}

extension AssayError {
    /// Whether an engine refused this request but would answer others; anything else ends a run.
    public var concernsOneRequest: Bool {
        [
            "engine.context-exceeded", "engine.http", "engine.unavailable", "engine.empty-reply", "engine.too-large",
            "engine.schema",
        ].contains(code.rawValue)
    }
}

/// A place in a file.
public struct Place: Sendable, Hashable, Codable, CustomStringConvertible {
    /// Path as the user gave it.
    public var file: String
    /// Line, from 1; nil for the whole file.
    public var line: Int?

    /// Creates a place.
    public init(file: String, line: Int? = nil) {
        self.file = file
        self.line = line
    }

    /// `file:line`.
    public var description: String { line.map { "\(file):\($0)" } ?? file }
}

/// The name among `known` that is closest to `name`, if one is close enough to be a typo of it.
public func nearestName(to name: String, among known: [String]) -> String? {
    let limit = max(1, min(3, name.utf8.count / 3))
    let ranked = known.map { (name: $0, distance: editDistance(name.lowercased(), $0.lowercased())) }
        .filter { $0.distance <= limit }
    return ranked.min { ($0.distance, $0.name) < ($1.distance, $1.name) }?.name
}

/// Levenshtein distance in Unicode scalars, an adjacent swap counted as one.
func editDistance(_ left: String, _ right: String) -> Int {
    let a = Array(left.unicodeScalars)
    let b = Array(right.unicodeScalars)
    if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in 1...a.count {
        var row = [i]
        for j in 1...b.count {
            let substitution = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
            var best = min(last[j] + 1, row[j - 1] + 1, substitution)
            if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { best = min(best, beforeLast[j - 2] + 1) }
            row.append(best)
        }
        beforeLast = last
        last = row
    }
    return last[b.count]
}
