import AssayEngines
import AssayModel
import FoundationEssentials
import Synchronization

/// What the engines of a run said, stored replies included: the file from which `--replay` answers without a model.
package final class RunJournal: Sendable {
    private let lines = Mutex<[String: String]>([:])

    /// Takes a reply.
    func note(_ request: ChatRequest, _ reply: ChatReply, engine: EngineIdentity, prompt: String) throws {
        let about = ReplayJournal.About(request, engine: engine, prompt: prompt)
        let line = try ReplayJournal.line(for: request, reply: reply, about: about)
        lines.withLock { $0[request.digest] = line }
    }

    /// Replies so far; requests that are equal count once.
    package var count: Int { lines.withLock { $0.count } }

    /// Writes the journal, by request digest: equal runs give files with the same order.
    ///
    /// - Parameter path: The file; it is replaced as a whole.
    /// - Throws: `AssayError` "journal.write" when it cannot be written.
    package func write(to path: String) throws {
        let all = lines.withLock { $0 }.sorted { $0.key < $1.key }.map { $0.value + "\n" }
        do {
            try Data(all.joined().utf8).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw AssayError("journal.write", "the journal cannot be written: \(error)", at: Place(file: path))
        }
    }
}
