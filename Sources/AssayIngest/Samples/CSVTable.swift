import AssayModel

/// A CSV file (RFC 4180) with a header: quoted fields, doubled quotes, line breaks within quotes.
struct CSVTable {
    /// One record.
    struct Record {
        var fields: [String]
        var line: Int
    }

    /// Names of the columns; empty where the header has none.
    let columns: [String]
    /// The records that could be read.
    private(set) var records: [Record] = []
    /// What could not be read.
    private(set) var faults: [AssayError] = []

    private let bytes: [UInt8]
    private let separator: UInt8
    private var position = 0
    private var line = 1

    /// Reads all records.
    ///
    /// - Throws: `AssayError` "csv.header" when there is no usable header.
    init(_ bytes: [UInt8], path: String, limits: SampleLimits) throws {
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        let head = bytes.prefix { $0 != 0x0A }
        let commas = head.count { $0 == UInt8(ascii: ",") }
        let candidates = [UInt8(ascii: ","), UInt8(ascii: "\t"), UInt8(ascii: ";")]
        separator =
            commas > 0
            ? UInt8(ascii: ",")
            : candidates.max { left, right in head.count { $0 == left } < head.count { $0 == right } }
                ?? UInt8(ascii: ",")
        var reader = Parser(bytes: bytes, separator: separator, position: position)
        guard case .record(let header)? = reader.next(limits) else {
            throw AssayError("csv.header", "the file has no header", at: Place(file: path, line: 1))
        }
        columns = header.fields.map(\.trimmed)
        let named = columns.filter { !$0.isEmpty }
        guard !named.isEmpty, Set(named).count == named.count, named.count <= 1_000 else {
            throw AssayError(
                "csv.header",
                "the header names no column, one twice, or more than 1,000",
                at: Place(file: path, line: 1)
            )
        }
        while let item = reader.next(limits) {
            switch item {
            case .record(let record):
                if record.fields == [""] { continue }
                guard record.fields.count <= columns.count || record.fields[columns.count...].allSatisfy(\.isEmpty)
                else {
                    fail("the row has \(record.fields.count) fields, the header \(columns.count)", record.line, path)
                    continue
                }
                records.append(record)
                if records.count > limits.rows { return }
            case .fault(let message, let line): fail(message, line, path)
            }
        }
    }

    private mutating func fail(_ message: String, _ line: Int, _ path: String) {
        faults.append(AssayError("csv.row", message, at: Place(file: path, line: line)))
    }
}

/// Cuts CSV bytes into records.
private struct Parser {
    enum Item {
        case record(CSVTable.Record)
        case fault(String, line: Int)
    }

    let bytes: [UInt8]
    let separator: UInt8
    var position: Int
    var line = 1

    /// The next record, or what is wrong with it; nil at the end.
    mutating func next(_ limits: SampleLimits) -> Item? {
        guard position < bytes.count else { return nil }
        let first = line
        let start = position
        var fields: [String] = []
        var fault: String?
        while true {
            var field: [UInt8] = []
            if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
                if !quoted(&field) { fault = "a quoted field is not closed" }
            }
            let plain = position
            while position < bytes.count, bytes[position] != separator, bytes[position] != 0x0A, bytes[position] != 0x0D
            {
                position += 1
            }
            field.append(contentsOf: bytes[plain..<position])
            if let text = String(validating: field, as: UTF8.self) {
                fields.append(text)
            } else {
                fault = fault ?? "a field is not UTF-8"
                fields.append("")
            }
            if position < bytes.count, bytes[position] == separator {
                position += 1
                continue
            }
            endLine()
            break
        }
        if position - start > limits.rowBytes { fault = "the row is over the limit of \(limits.rowBytes) bytes" }
        return fault.map { .fault($0, line: first) } ?? .record(CSVTable.Record(fields: fields, line: first))
    }

    private mutating func endLine() {
        if position < bytes.count, bytes[position] == 0x0D { position += 1 }
        if position < bytes.count, bytes[position] == 0x0A { position += 1 }
        line += 1
    }

    /// Reads a quoted field; false when the file ends inside of it.
    private mutating func quoted(_ field: inout [UInt8]) -> Bool {
        position += 1
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\"") {
                guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { return true }
                position += 1
            }
            if byte == 0x0A { line += 1 }
            field.append(byte)
        }
        return false
    }
}
