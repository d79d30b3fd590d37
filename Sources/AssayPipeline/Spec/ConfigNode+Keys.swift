import AssayModel

extension ConfigNode {
    /// The name of an element of `evaluate.metrics`: a text, or the key of `name: { options }`.
    var metricName: String {
        switch value {
        case .string(let name): name
        case .mapping(let members): members.first?.key ?? ""
        default: ""
        }
    }

    /// This tree with the value at a dotted key replaced or added, for sweeps.
    func setting(_ key: String, to new: ConfigNode) throws -> ConfigNode {
        let parts = key.split(separator: ".", maxSplits: 1).map(String.init)
        guard case .mapping(var members) = value else {
            throw AssayError("sweep.key", "'\(key)' does not lead to a mapping", at: new.place)
        }
        let at = members.firstIndex { $0.key == parts[0] }
        let old = at.map { members[$0].value } ?? ConfigNode(.mapping([]), at: new.place)
        let changed = parts.count == 1 ? new : try old.setting(parts[1], to: new)
        if let at {
            members[at].value = changed
        } else {
            members.append(Member(key: parts[0], place: new.place, value: changed))
        }
        return ConfigNode(.mapping(members), at: place)
    }
}
