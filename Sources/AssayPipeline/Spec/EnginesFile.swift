import AssayEngines
import AssayModel
import FoundationEssentials

/// The engines that a project knows, from `engines.yaml`.
///
/// Model and parameters count as measured; URL and key do not. Keys are never in the file: it names the variable that holds one.
package struct EnginesFile: Sendable {
    private let members: [ConfigNode.Member]
    private let path: String?

    /// Reads an engines file; nil gives an empty table.
    package init(_ path: String?) throws {
        self.path = path
        guard let path else {
            members = []
            return
        }
        var root = try OptionReader(try YAMLFile.read(path), owner: baseName(path), place: Place(file: path))
        let engines = root.node("engines")
        try root.finish()
        guard let engines, case .mapping(let found) = engines.value else {
            throw AssayError("engines.file", "'engines:' is missing", at: Place(file: path))
        }
        members = found
        for member in members { _ = try EngineConfig(member, folder: parent(of: path)) }
    }

    /// Names in the order of the file.
    package var names: [String] { members.map(\.key) }

    /// The configuration of an engine; throws the known names when there is none.
    func config(_ name: String, at place: Place? = nil) throws -> EngineConfig {
        guard let member = members.first(where: { $0.key == name }), let path else {
            let near = nearestName(to: name, among: names).map { " (did you mean '\($0)'?)" } ?? ""
            throw AssayError(
                "engine.unknown",
                "unknown engine '\(name)'\(near); known: \(names.isEmpty ? "none" : names.sorted().joined(separator: ", "))",
                at: place,
                remedy: "add it to engines.yaml"
            )
        }
        return try EngineConfig(member, folder: parent(of: path))
    }
}
