import AssayModel
import FoundationEssentials
import Testing

@testable import AssayEngines

struct GGUFVocabularyTests {
    private func number(_ value: Int, _ size: Int) -> [UInt8] {
        (0..<size).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    private func text(_ text: String) -> [UInt8] { number(text.utf8.count, 8) + Array(text.utf8) }

    private func file(_ bytes: [UInt8]) throws -> String {
        let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString).gguf"
        try Data(bytes).write(to: URL(filePath: path))
        return path
    }

    private var sample: [UInt8] {
        let tokens = ["<s>", "hello", "<|im_end|>", "system", "<custom>", "<b>"]
        let types = [3, 1, 3, 3, 3, 4]
        var bytes = Array("GGUF".utf8) + number(3, 4) + number(0, 8) + number(5, 8)
        bytes += text("general.name") + number(8, 4) + text("x")
        bytes += text("a.list") + number(9, 4) + number(8, 4) + number(2, 8) + text("p") + text("q")
        bytes += text("a.number") + number(6, 4) + number(7, 4)
        bytes +=
            text("tokenizer.ggml.tokens") + number(9, 4) + number(8, 4) + number(6, 8) + tokens.flatMap { text($0) }
        bytes += text("tokenizer.ggml.token_type") + number(9, 4) + number(5, 4) + number(6, 8)
        return bytes + types.flatMap { number($0, 4) }
    }

    @Test func findsControlTokens() throws {
        #expect(try GGUFVocabulary.controlTokens(of: file(sample)) == ["<s>", "<|im_end|>", "<custom>"])
    }

    @Test func refusesBrokenFiles() throws {
        for length in stride(from: 0, to: sample.count - 1, by: 7) {
            let path = try file(Array(sample.prefix(length)))
            #expect(throws: AssayError.self) { try GGUFVocabulary.controlTokens(of: path) }
        }
        for seed in UInt64(0)..<200 {
            var random = SeededRandom(seed: seed)
            var bytes = sample
            for _ in 0..<4 { bytes[4 + random.index(below: bytes.count - 4)] = UInt8(random.index(below: 256)) }
            _ = try? GGUFVocabulary.controlTokens(of: file(bytes))
        }
    }

    @Test(.enabled(if: RealModel.isThere)) func readsARealModel() throws {
        let tokens = try GGUFVocabulary.controlTokens(of: RealModel.gguf)
        #expect(tokens.contains("<|im_start|>") && tokens.contains("<|im_end|>") && tokens.count < 100, "\(tokens)")
    }
}
