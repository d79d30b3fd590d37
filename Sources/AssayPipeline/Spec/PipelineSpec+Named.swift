import AssayModel

// Components by name, in the three forms that a file has for them.

extension PipelineSpec {
    static func named(
        _ node: ConfigNode?,
        key: String,
        default standard: String,
        owner: String,
        place: Place
    ) throws -> Named {
        guard let node else { return Named(name: standard, options: ConfigNode(.mapping([]), at: place), place: place) }
        guard case .mapping(let members) = node.value else {
            throw AssayError("config.type", "\(owner) takes a mapping, not \(node.kind)", at: node.place)
        }
        let own = members.first { $0.key == key }
        guard case .string(let name)? = own?.value.value ?? .string(standard) else {
            throw AssayError("config.value", "\(owner).\(key) takes a name", at: own?.place ?? node.place)
        }
        let rest = members.filter { $0.key != key }
        return Named(
            name: name,
            options: ConfigNode(.mapping(rest), at: node.place),
            place: own?.value.place ?? node.place
        )
    }

    /// `name` or `{ name: { options } }`.
    static func namedOrText(
        _ node: ConfigNode?,
        default standard: String,
        owner: String,
        place: Place
    ) throws -> Named {
        guard let node else { return Named(name: standard, options: ConfigNode(.mapping([]), at: place), place: place) }
        if case .string(let name) = node.value {
            return Named(name: name, options: ConfigNode(.mapping([]), at: node.place), place: node.place)
        }
        return try single(node, owner: owner)
    }

    /// `{ name: { options } }` with exactly one name.
    static func single(_ node: ConfigNode, owner: String) throws -> Named {
        guard case .mapping(let members) = node.value, members.count == 1, let only = members.first else {
            throw AssayError(
                "config.type",
                "\(owner) takes one name with its options, like { name: { … } }, not \(node.kind)",
                at: node.place
            )
        }
        let options = only.value.value == .null ? ConfigNode(.mapping([]), at: only.place) : only.value
        return Named(name: only.key, options: options, place: only.place)
    }
}
