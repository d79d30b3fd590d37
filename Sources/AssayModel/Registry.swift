/// A part of a pipeline that a file names.
public protocol Component: Sendable {
    /// Name in pipeline files.
    static var name: String { get }
    /// Raised whenever equal input and options give another output; part of every key.
    static var version: Int { get }
    /// One sentence for listings.
    static var summary: String { get }

    /// Reads the options; ranges and defaults are stated where they are read.
    ///
    /// - Parameters:
    ///   - options: The component's mapping in the pipeline file.
    ///   - resources: Models, engines and folders that the component may ask for.
    /// - Throws: `AssayError` with the place of a wrong value.
    init(options: inout OptionReader, resources: Resources) throws
}

/// What components may ask for while they are made.
public struct Resources: Sendable {
    /// Finds a model by the name it has in `models.yaml`; throws how to get it when it is not there.
    public var model: @Sendable (_ name: String) throws -> ResolvedModel
    /// Makes the engine that `engines.yaml` names so; throws the known names when there is none.
    public var engine: @Sendable (_ name: String) throws -> any Engine

    /// Creates resources.
    public init(
        model: @escaping @Sendable (_ name: String) throws -> ResolvedModel,
        engine: @escaping @Sendable (_ name: String) throws -> any Engine
    ) {
        self.model = model
        self.engine = engine
    }

    /// Resources without models and engines, for components that need none.
    public static let none = Resources(
        model: { throw AssayError("model.unknown", "there is no model '\($0)' here") },
        engine: { throw AssayError("engine.unknown", "there is no engine '\($0)' here") }
    )
}

/// A model whose files are on this machine and verified.
public struct ResolvedModel: Sendable, Equatable {
    /// Name in `models.yaml`.
    public var name: String
    /// The folder (encoders) or file (GGUF).
    public var path: String
    /// SHA-256 of the weights.
    public var sha256: String

    /// Creates a resolved model.
    public init(name: String, path: String, sha256: String) {
        self.name = name
        self.path = path
        self.sha256 = sha256
    }
}

/// A component made from a pipeline file, with what keys and records need.
public struct Configured<Product: Sendable>: Sendable {
    /// Name in the pipeline file.
    public let name: String
    /// Version of the component.
    public let version: Int
    /// Effective options, defaults included.
    public let options: JSONValue
    /// The component.
    public let product: Product

    /// Creates a configured component.
    public init(name: String, version: Int, options: JSONValue, product: Product) {
        self.name = name
        self.version = version
        self.options = options
        self.product = product
    }

    /// Name, version and options as one text for keys.
    public var identity: String { "\(name)/\(version) \(options.text)" }
}

/// A table of the component types of one stage, by name.
public struct Registry<Product: Sendable>: Sendable {
    /// One line of the table.
    public struct Entry: Sendable {
        /// Name in pipeline files.
        public let name: String
        /// Version of the component.
        public let version: Int
        /// One sentence for listings.
        public let summary: String
        let make: @Sendable (inout OptionReader, Resources) throws -> Product
    }

    /// What the stage is called in messages, for example `chunker`.
    public let kind: String
    /// The entries in the order of the table.
    public let entries: [Entry]

    /// Creates a table; two entries of one name are a programmer's error.
    public init(kind: String, _ entries: [Entry]) {
        precondition(Set(entries.map(\.name)).count == entries.count, "two \(kind)s have one name")
        self.kind = kind
        self.entries = entries
    }

    /// Names in the order of the table.
    public var names: [String] { entries.map(\.name) }

    /// This table with more entries, for programs that bring components of their own.
    public func adding(_ more: [Entry]) -> Registry { Registry(kind: kind, entries + more) }

    /// Makes the component `name` and refuses options that it did not ask for.
    ///
    /// - Parameters:
    ///   - name: Name in the pipeline file.
    ///   - options: Its mapping.
    ///   - resources: What it may ask for.
    ///   - place: Where the name stands.
    /// - Returns: The component with its effective options.
    /// - Throws: `AssayError` "config.unknown-component" with the known names, or what the component throws.
    public func make(
        _ name: String,
        options: consuming OptionReader,
        resources: Resources,
        at place: Place?
    ) throws -> Configured<Product> {
        guard let entry = entries.first(where: { $0.name == name }) else {
            let near = nearestName(to: name, among: names).map { " (did you mean '\($0)'?)" } ?? ""
            throw AssayError(
                "config.unknown-component",
                "unknown \(kind) '\(name)'\(near); known: \(names.sorted().joined(separator: ", "))",
                at: place
            )
        }
        var reader = options
        let product: Product
        do {
            product = try entry.make(&reader, resources)
        } catch var error as AssayError where error.place == nil {
            // What a model or engine says does not know the file: the component's line does.
            error.place = place
            throw error
        }
        try reader.finish()
        return Configured(name: name, version: entry.version, options: .object(reader.effective), product: product)
    }
}

extension Registry.Entry {
    /// The line of a component type; `cast` widens it to the stage's protocol.
    public static func entry<C: Component>(_ type: C.Type, as cast: @escaping @Sendable (C) -> Product) -> Self {
        .init(name: C.name, version: C.version, summary: C.summary) { reader, resources in
            cast(try C(options: &reader, resources: resources))
        }
    }
}
