import AssayModel
import CLibCurl
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// The thread that drives libcurl's multi interface; all curl handles but the wake-up belong to it.
@safe final class CurlLoop: Sendable {
    private enum Command {
        case start(Transfer)
        case cancel(Transfer)
        case resume(Transfer)
        case stop
    }

    private struct Inbox {
        var commands: [Command] = []
        var isClosed = false
    }

    private let inbox = Mutex(Inbox())
    // curl_multi_wakeup is the one call that other threads may make; the handle lives until the thread has closed the inbox.
    nonisolated(unsafe) private let multi: UnsafeMutableRawPointer

    init(maxConnectionsPerHost: Int) throws {
        _ = globalStart
        guard let multi = unsafe curl_multi_init() else {
            throw AssayError("http.start", "libcurl cannot start")
        }
        unsafe self.multi = unsafe multi
        unsafe assay_curl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, maxConnectionsPerHost)
        try startThread { self.run() }
    }

    func start(_ transfer: Transfer) { send(.start(transfer)) }
    func cancel(_ transfer: Transfer) { send(.cancel(transfer)) }
    func resume(_ transfer: Transfer) { send(.resume(transfer)) }
    func stop() { send(.stop) }

    private func send(_ command: Command) {
        // The wake-up is sent under the lock: the thread frees the handle only after it has closed the inbox under it.
        let isClosed = inbox.withLock { inbox in
            if inbox.isClosed { return true }
            inbox.commands.append(command)
            unsafe curl_multi_wakeup(multi)
            return false
        }
        if isClosed, case .start(let transfer) = command {
            transfer.finish(.failure(AssayError("http.stopped", "the HTTP client has been shut down")))
        }
    }

    private func run() {
        var handles: [ObjectIdentifier: CurlHandle] = [:]
        var isStopping = false
        while !isStopping {
            let commands = inbox.withLock { inbox in
                defer { inbox.commands = [] }
                return inbox.commands
            }
            for command in commands {
                switch command {
                case .start(let transfer): add(transfer, to: &handles)
                case .cancel(let transfer): remove(handles.removeValue(forKey: ObjectIdentifier(transfer)))
                case .resume(let transfer): handles[ObjectIdentifier(transfer)]?.resume()
                case .stop: isStopping = true
                }
            }
            var running: CInt = 0
            unsafe curl_multi_perform(multi, &running)
            collect(&handles)
            if !isStopping { unsafe curl_multi_poll(multi, nil, 0, 10_000, nil) }
        }
        close(handles)
    }

    private func add(_ transfer: Transfer, to handles: inout [ObjectIdentifier: CurlHandle]) {
        do throws(AssayError) {
            let handle = try CurlHandle(transfer)
            guard unsafe curl_multi_add_handle(multi, handle.easy) == CURLM_OK else {
                throw AssayError("http.start", "libcurl refuses a transfer to \(transfer.request.origin)")
            }
            handles[ObjectIdentifier(transfer)] = handle
        } catch {
            transfer.finish(.failure(error))
        }
    }

    /// Closes the connection too when the transfer has not ended: that is how a server learns that nobody listens.
    private func remove(_ handle: CurlHandle?) {
        guard let handle else { return }
        unsafe curl_multi_remove_handle(multi, handle.easy)
        handle.transfer.finish(.failure(AssayError("http.cancelled", "the request was cancelled")))
    }

    private func collect(_ handles: inout [ObjectIdentifier: CurlHandle]) {
        var left: CInt = 0
        while let message = unsafe curl_multi_info_read(multi, &left) {
            var code = CURLE_OK
            guard let easy = unsafe assay_curl_finished(message, &code) else { continue }
            guard let found = handles.first(where: { unsafe $0.value.easy == easy }) else { continue }
            let handle = found.value
            handles[found.key] = nil
            unsafe curl_multi_remove_handle(multi, easy)
            handle.transfer.finish(handle.result(code))
        }
    }

    private func close(_ handles: [ObjectIdentifier: CurlHandle]) {
        for handle in handles.values { remove(handle) }
        let late = inbox.withLock { inbox in
            inbox.isClosed = true
            return inbox.commands
        }
        for case .start(let transfer) in late {
            transfer.finish(.failure(AssayError("http.stopped", "the HTTP client has been shut down")))
        }
        unsafe curl_multi_cleanup(multi)
    }
}

/// Runs `curl_global_init` once, before any other call.
private let globalStart: Void = { _ = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) }()
