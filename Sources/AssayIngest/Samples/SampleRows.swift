import AssayModel

/// The rows of a file of samples, whatever its shape: JSON lines, a list in a JSON document, columns, or CSV.
struct SampleRows {
    /// One row before its fields are read.
    struct Row {
        var members: [String: JSONValue]
        var place: Place
        /// From 1, bad rows counted.
        var number: Int
    }

    private(set) var rows: [Row] = []
    private(set) var faults: [AssayError] = []
    private(set) var bad = 0
    let digest: String
    private let path: String
    private let limits: SampleLimits

    /// Keys of the first row.
    var firstKeys: Set<String> { Set(rows.first?.members.keys.map { $0 } ?? []) }

    /// Where lists of samples stand in JSON documents of the tools.
    private static let containers: [[String]] = [
        ["results", "results"], ["results"], ["testRunData", "testCases"], ["testCases"], ["test_cases"], ["goldens"],
        ["samples"], ["rows"], ["data"], ["examples"], ["tests"],
    ]

    /// Reads a file.
    ///
    /// - Throws: `AssayError` when the file cannot be read as a whole.
    init(reading path: String, limits: SampleLimits) throws {
        self.path = path
        self.limits = limits
        let bytes = try InputFile(opening: path).readAll(limit: limits.fileBytes)
        digest = SHA256.hex(bytes)
        let scan = JSONScan(bytes: bytes)
        let start = scan.skipSpace(bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0)
        guard start < bytes.count else { return }
        let name = path.lowercased()
        let isJSON = bytes[start] == UInt8(ascii: "{") || bytes[start] == UInt8(ascii: "[")
        if name.hasSuffix(".csv") || name.hasSuffix(".tsv") || !isJSON {
            try readTable(bytes)
        } else if name.hasSuffix(".jsonl") || name.hasSuffix(".ndjson") || isFollowed(scan, start) {
            readLines(bytes, from: start == 3 ? 3 : 0)
        } else if bytes[start] == UInt8(ascii: "[") {
            readList(scan, start)
        } else {
            readDocument(scan, start)
        }
        guard rows.count <= limits.rows else {
            throw AssayError(
                "samples.too-large",
                "the file has more than \(limits.rows) rows",
                at: Place(file: path),
                remedy: "score it in parts"
            )
        }
    }

    /// Whether something stands after the first value: then the file has a value a line.
    private func isFollowed(_ scan: JSONScan, _ start: Int) -> Bool {
        guard let end = scan.skipValue(start) else { return false }
        return scan.skipSpace(end) < scan.bytes.count
    }

    private mutating func fail(_ error: AssayError) {
        bad += 1
        if faults.count < limits.named { faults.append(error) }
    }

    private mutating func add(_ bytes: ArraySlice<UInt8>, line: Int) {
        let place = Place(file: path, line: line)
        let number = rows.count + bad + 1
        do {
            guard bytes.count <= limits.rowBytes else {
                throw AssayError(
                    "samples.too-large",
                    "the row is over the limit of \(limits.rowBytes) bytes",
                    at: place
                )
            }
            guard case .object(let members) = try JSONLine.parse(bytes, at: place) else {
                throw AssayError("samples.type", "a row must be a JSON object", at: place)
            }
            rows.append(Row(members: members, place: place, number: number))
        } catch let error as AssayError {
            fail(error)
        } catch {
            fail(AssayError("samples.type", "the row cannot be read", at: place))
        }
    }

    private mutating func readLines(_ bytes: [UInt8], from start: Int) {
        var line = 0
        var position = start
        while position < bytes.count, rows.count <= limits.rows {
            line += 1
            let end = bytes[position...].firstIndex(of: 0x0A) ?? bytes.count
            let content = bytes[position..<end]
            if content.contains(where: { $0 > 0x20 }) { add(content, line: line) }
            position = end + 1
        }
    }

    private mutating func readList(_ scan: JSONScan, _ start: Int) {
        var line = 1
        var counted = 0
        func count(to position: Int) {
            line += scan.bytes[counted..<min(position, scan.bytes.count)].count { $0 == 0x0A }
            counted = position
        }
        let (ranges, isCut) = scan.elements(start, limit: limits.rows)
        for range in ranges {
            count(to: range.lowerBound)
            add(scan.bytes[range], line: line)
        }
        if isCut, ranges.count <= limits.rows {
            count(to: scan.bytes.count)
            let place = Place(file: path, line: line)
            fail(
                AssayError(
                    "json.syntax",
                    "the list is not closed: the file is cut, or broken after its last row",
                    at: place
                )
            )
        }
    }

    private mutating func readDocument(_ scan: JSONScan, _ start: Int) {
        let top = scan.members(start)
        for container in Self.containers {
            var position: Int? = start
            for key in container { position = position.flatMap { scan.members($0).first { $0.key == key }?.value } }
            if let position, scan.isListOfMappings(position) { return readList(scan, position) }
        }
        if let list = top.first(where: { scan.isListOfMappings($0.value) }) { return readList(scan, list.value) }
        if let columns = columns(scan, start, top) { return readColumns(columns) }
        add(scan.bytes[start...], line: 1)
    }

    /// Lists, or mappings by row number, of one length: a data frame that was written by columns.
    private func columns(_ scan: JSONScan, _ start: Int, _ top: [(key: String, value: Int)]) -> [String: [JSONValue]]? {
        let known: Set<String> = ["question", "user_input", "input"]
        guard let first = top.first(where: { known.contains($0.key) })?.value, first < scan.bytes.count,
            scan.bytes[first] == UInt8(ascii: "[") || scan.bytes[first] == UInt8(ascii: "{"),
            case .object(let members)? = try? JSONLine.parse(scan.bytes[start...], at: Place(file: path))
        else { return nil }
        var columns: [String: [JSONValue]] = [:]
        for (key, value) in members {
            switch value {
            case .array(let cells): columns[key] = cells
            case .object(let cells):
                let numbered = cells.compactMap { cell in Int(cell.key).map { ($0, cell.value) } }
                guard numbered.count == cells.count else { return nil }
                columns[key] = numbered.sorted { $0.0 < $1.0 }.map(\.1)
            default: return nil
            }
        }
        return Set(columns.values.map(\.count)).count == 1 ? columns : nil
    }

    private mutating func readColumns(_ columns: [String: [JSONValue]]) {
        let count = columns.values.first?.count ?? 0
        for index in 0..<min(count, limits.rows + 1) {
            // A row of columns has no line of its own.
            let row = Row(members: columns.mapValues { $0[index] }, place: Place(file: path), number: index + 1)
            rows.append(row)
        }
    }

    private mutating func readTable(_ bytes: [UInt8]) throws {
        let table = try CSVTable(bytes, path: path, limits: limits)
        for fault in table.faults { fail(fault) }
        for (index, record) in table.records.enumerated() {
            var members: [String: JSONValue] = [:]
            for (column, field) in zip(table.columns, record.fields) where !column.isEmpty {
                members[column] = .string(field)
            }
            rows.append(Row(members: members, place: Place(file: path, line: record.line), number: index + 1))
        }
    }
}
