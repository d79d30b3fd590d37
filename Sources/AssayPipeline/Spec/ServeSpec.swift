package import AssayModel

/// The section `serve`, how the pipeline behaves as a service.
///
/// Nothing of it is measured: evaluations do not read it.
package struct ServeSpec: Sendable, Equatable {
    /// Engine that answers when `answer.engine` cannot, nil without one.
    package var fallback: String?
    /// Where it is named.
    package var place: Place
    /// What of the answers is kept and judged, nil for nothing.
    package var online: OnlineSpec?

    /// Reads the section.
    ///
    /// - Parameter node: Its mapping.
    /// - Throws: `AssayError` "config.…" with file and line.
    package init(_ node: ConfigNode) throws {
        var options = try OptionReader(node, owner: "serve", place: node.place)
        place = options.node("fallback")?.place ?? node.place
        fallback = try options.optionalString("fallback")
        online = try options.node("online").map { try OnlineSpec($0) }
        try options.finish()
    }
}
