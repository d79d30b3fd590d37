/// How a service runs; times are wall times.
package struct ServeOptions: Sendable {
    /// Name or address to listen on; without keys only the loopback interface.
    package var host = "127.0.0.1"
    /// Port, 0 for any that is free.
    package var port = 8080
    /// File of keys, nil for the machine's own user only.
    package var keys: String?
    /// Folder given by `--data`.
    package var data: String?
    /// Requests that wait for the engine at most.
    package var queue = 32
    /// Longest predicted wait that is accepted.
    package var maxWait = Duration.seconds(30)
    /// Until when a request must be answered.
    package var deadline = Duration.seconds(120)
    /// Time that answers under way get when the service is ended.
    package var drain = Duration.seconds(30)
    /// Whether passages are given without an answer when the engine is gone; otherwise an error is.
    package var degrades = true

    /// Bytes of a body, but for documents.
    static let bodyBytes = 256 << 10
    /// Bytes of a body with a document: its text as JSON may be longer than the text.
    static let documentBodyBytes = 9 << 20
    /// Time for a request to arrive, and for an idle connection.
    static let idleSeconds: Int64 = 30
    /// Connections at a time.
    static let connections = 4_096
    /// Time between signs of life in a stream in which nothing happens.
    static let keepAlive = Duration.seconds(15)

    /// Creates options with the defaults.
    package init() {}

    /// Whether only this machine can reach the service.
    var isLoopback: Bool { Self.loopback.contains(host) }

    /// Names of this machine.
    static let loopback: Set<String> = ["127.0.0.1", "::1", "localhost"]
}
