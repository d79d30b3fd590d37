import NIOCore
import Synchronization

/// Tells the work for a connection when its client has left.
///
/// A client that closes its half of the connection is taken for gone: nobody waits for an answer that way, and it is the only sign of
/// a client that went away while nothing is written to it.
final class ConnectionWatch: ChannelInboundHandler, RemovableChannelHandler, Sendable {
    typealias InboundIn = NIOAny

    private struct State {
        var next = 0
        var isClosed = false
        var watchers: [Int: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())

    /// Calls `body` once when the client leaves, at once if it has left.
    ///
    /// - Returns: A number for `forget`.
    func onClose(_ body: @escaping @Sendable () -> Void) -> Int {
        let number = state.withLock { state -> Int? in
            if state.isClosed { return nil }
            state.next += 1
            state.watchers[state.next] = body
            return state.next
        }
        if number == nil { body() }
        return number ?? 0
    }

    /// Forgets a watcher.
    func forget(_ number: Int) {
        state.withLock { _ = $0.watchers.removeValue(forKey: number) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        let watchers = state.withLock { state in
            state.isClosed = true
            defer { state.watchers = [:] }
            return state.watchers
        }
        for watcher in watchers.values { watcher() }
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        let isWatched = state.withLock { !$0.watchers.isEmpty }
        if isWatched, let event = event as? ChannelEvent, event == .inputClosed {
            context.close(promise: nil)
            return
        }
        context.fireUserInboundEventTriggered(event)
    }
}

/// Runs `body` and cancels it when the client leaves.
///
/// - Throws: `CancellationError` when the client left, or what `body` throws.
func whileConnected<Value: Sendable>(
    _ channel: any Channel,
    _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    let watch = try await channel.pipeline.handler(type: ConnectionWatch.self).get()
    let task = Task { try await body() }
    let number = watch.onClose { task.cancel() }
    defer { watch.forget(number) }
    return try await withTaskCancellationHandler {
        try await task.value
    } onCancel: {
        task.cancel()
    }
}
