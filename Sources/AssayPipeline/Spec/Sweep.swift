package import AssayModel
import FoundationEssentials

/// A sweep file: a pipeline and values to vary; variants share all work that their keys share.
package struct Sweep: Sendable {
    /// One combination of values.
    package struct Variant: Sendable {
        /// `chunk.tokens=96 retrieve.depth=50`.
        package var name: String
        /// The values by dotted key.
        package var values: [(key: String, value: ConfigNode)]
        /// What is expected of it, nil when the file says nothing.
        package var expect: Expectations?
    }

    /// The pipeline file, absolute.
    package let base: String
    /// All combinations, in the order of the file, the last key fastest.
    package let variants: [Variant]

    /// Largest number of variants of a file.
    package static let limit = 1_000

    /// Whether a file is a sweep: it has `base:`.
    package static func isSweep(_ path: String) throws -> Bool {
        try YAMLFile.read(path)["base"] != nil
    }

    /// Reads a sweep file.
    ///
    /// - Parameter path: The file.
    /// - Throws: `AssayError` with file and line.
    package init(_ path: String) throws {
        var options = try OptionReader(try YAMLFile.read(path), owner: "sweep", place: Place(file: path, line: 1))
        _ = try options.int("assay", in: 1...1)
        base = absolutePath(try options.string("base"), relativeTo: parent(of: absolutePath(path)))
        let vary = options.node("vary")
        let expect = options.node("expect")
        try options.finish()
        guard let vary, case .mapping(let members) = vary.value, !members.isEmpty else {
            throw AssayError(
                "sweep.vary",
                "'vary:' is missing; it takes dotted keys with lists, like { chunk.tokens: [96, 160] }",
                at: vary?.place ?? Place(file: path)
            )
        }
        var combinations: [[(key: String, value: ConfigNode)]] = [[]]
        for member in members {
            guard case .list(let values) = member.value.value, !values.isEmpty else {
                throw AssayError("sweep.vary", "vary.\(member.key) takes a list of values", at: member.place)
            }
            combinations = combinations.flatMap { done in values.map { done + [(member.key, $0)] } }
            guard combinations.count <= Self.limit else {
                throw AssayError("sweep.size", "more than \(Self.limit) variants", at: member.place)
            }
        }
        var expectations: [String: Expectations] = [:]
        if let expect {
            guard case .mapping(let lines) = expect.value else {
                throw AssayError("config.type", "expect takes a mapping from variant to expectations", at: expect.place)
            }
            for line in lines { expectations[line.key] = try Expectations(line.value) }
        }
        variants = combinations.map { values in
            let name = values.map { "\($0.key)=\($0.value.json.text)" }.joined(separator: " ")
            return Variant(name: name, values: values, expect: expectations[name])
        }
        let known = variants.map(\.name)
        for name in expectations.keys.sorted() where !known.contains(name) {
            throw AssayError(
                "sweep.expect",
                "expect has '\(name)', which is no variant; known: \(known.prefix(6).joined(separator: ", "))",
                at: expect?.place
            )
        }
    }
}
