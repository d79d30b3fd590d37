import AssayHTTP
import AssayModel
import AssayTestServer
import FoundationEssentials
import Testing

#if canImport(Glibc)
import Glibc
#endif

func closeSocket(_ socket: CInt) { close(socket) }

struct DownloadTests {
    private let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }

    private func folder() throws -> String {
        let path = FileManager.default.temporaryDirectory.path + "/assay-download-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    /// A server that can continue; `cuts` answers break after a third.
    private func server(cuts: Int = 0, ranges: Bool = true) throws -> LoopbackServer {
        try LoopbackServer { [bytes] request, number in
            let range = ranges ? request["range"] : nil
            let start = range.flatMap { Int($0.dropFirst("bytes=".count).dropLast()) } ?? 0
            if start >= bytes.count {
                return [.head(416, [("Content-Range", "bytes */\(bytes.count)"), ("Content-Length", "0")])]
            }
            var headers = [("Content-Length", "\(bytes.count - start)")]
            if start > 0 { headers.append(("Content-Range", "bytes \(start)-\(bytes.count - 1)/\(bytes.count)")) }
            let rest = Array(bytes[start...])
            let part = number < cuts ? Array(rest.prefix(bytes.count / 3)) : rest
            return [.head(start > 0 ? 206 : 200, headers), .bytes(part), .wait(.milliseconds(30)), .cut]
        }
    }

    @Test func continuesAnInterruptedDownload() async throws {
        let server = try server(cuts: 1)
        let path = try folder() + "/model"
        let client = try HTTPClient()
        let digest = SHA256.hex(bytes)
        await #expect(throws: AssayError.self) { try await client.download(server.url, to: path, sha256: digest) }
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(FileManager.default.fileExists(atPath: path + ".part"))
        #expect(try await client.download(server.url, to: path, sha256: digest) == digest)
        #expect(server.log.requests.map { $0["range"] } == [nil, "bytes=100000-"])
        #expect(FileManager.default.contents(atPath: path).map(Array.init) == bytes)
        #expect(!FileManager.default.fileExists(atPath: path + ".part"))
    }

    @Test func startsAgainWithAServerWithoutRanges() async throws {
        let server = try server(cuts: 1, ranges: false)
        let path = try folder() + "/model"
        let client = try HTTPClient()
        let digest = SHA256.hex(bytes)
        _ = try? await client.download(server.url, to: path, sha256: digest)
        #expect(try await client.download(server.url, to: path, sha256: digest) == digest)
    }

    @Test(arguments: [100, 300_000, 400_000]) func recoversFromAPartThatIsWrong(_ size: Int) async throws {
        let server = try server()
        let path = try folder() + "/model"
        try Data(repeating: 0, count: size).write(to: URL(filePath: path + ".part"))
        let digest = SHA256.hex(bytes)
        #expect(try await HTTPClient().download(server.url, to: path, sha256: digest) == digest)
        #expect(server.log.requests.count == 2)
    }

    @Test func takesACompletePart() async throws {
        let server = try server()
        let path = try folder() + "/model"
        try Data(bytes).write(to: URL(filePath: path + ".part"))
        let digest = SHA256.hex(bytes)
        #expect(try await HTTPClient().download(server.url, to: path, sha256: digest) == digest)
        #expect(server.log.sentBytes == 0)
    }

    @Test func refusesAWrongDigest() async throws {
        let server = try server()
        let path = try folder() + "/model"
        let error = await #expect(throws: AssayError.self) {
            try await HTTPClient().download(server.url, to: path, sha256: SHA256.hex("other"))
        }
        #expect(error?.code == "download.digest")
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func namesTheStatus() async throws {
        let server = try LoopbackServer { _, _ in .answer(404, "no") }
        let path = try folder() + "/model"
        let error = await #expect(throws: AssayError.self) {
            try await HTTPClient().download(server.url, to: path, sha256: nil)
        }
        #expect(error?.code == "download.status")
    }
}
