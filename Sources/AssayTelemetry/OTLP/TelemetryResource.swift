import AssayModel

/// What every exported item has in common: OTLP's resource and instrumentation scope.
package struct TelemetryResource: Sendable, Equatable {
    /// Sorted by key.
    package var attributes: [Attribute]
    package var scope = "assay"
    package var version: String

    /// Reads `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` (`key=value,key=value`, values percent-encoded); the first wins for the name.
    ///
    /// - Parameters:
    ///   - environment: Variables of the process.
    ///   - version: Assay's version.
    /// - Throws: `AssayError` "telemetry.variable".
    package init(environment: [String: String] = [:], version: String) throws {
        self.version = version
        var values = [
            "service.name": "assay", "service.version": version, "telemetry.sdk.name": "assay",
            "telemetry.sdk.language": "swift", "telemetry.sdk.version": version,
        ]
        let name = "OTEL_RESOURCE_ATTRIBUTES"
        for (key, value) in try keyValueList(environment[name] ?? "", variable: name) { values[key] = value }
        if let name = environment["OTEL_SERVICE_NAME"], !name.isEmpty { values["service.name"] = name }
        attributes = values.sorted { $0.key < $1.key }.map { Attribute($0.key, $0.value) }
    }
}

/// Pairs of `key=value,key=value` with percent-encoded values (W3C Baggage's form).
///
/// - Throws: `AssayError` "telemetry.variable" without the value: it may be a secret.
func keyValueList(_ text: String, variable: String) throws -> [(key: String, value: String)] {
    try text.split(separator: ",").compactMap { part in
        let trimmed = part.trimmingSpaces
        guard !trimmed.isEmpty else { return nil }
        guard let equals = trimmed.firstIndex(of: "="),
            let key = percentDecoded(trimmed[..<equals].trimmingSpaces), !key.isEmpty,
            let value = percentDecoded(trimmed[trimmed.index(after: equals)...].trimmingSpaces)
        else {
            throw AssayError(
                "telemetry.variable",
                "\(variable) is not a list of key=value with commas between them and percent-encoded values"
            )
        }
        return (key, value)
    }
}

private func percentDecoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "%") else {
            bytes.append(byte)
            continue
        }
        guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
            return nil
        }
        bytes.append(value)
        rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
}

extension Substring {
    var trimmingSpaces: Substring {
        var text = self
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
