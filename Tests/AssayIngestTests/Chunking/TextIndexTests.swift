import Testing

@testable import AssayIngest

struct TextIndexTests {
    static let texts = [
        "", "plain", String(repeating: "aé検👍", count: 700), String(repeating: "x", count: 1_500) + "é" + "y",
    ]

    @Test(arguments: texts)
    func scalarOffsetsAreThoseOfTheString(text: String) {
        TextBytes.lend(text) { bytes in
            let index = ScalarIndex(bytes)
            var offset = 0
            for (number, scalar) in text.unicodeScalars.enumerated() {
                if number % 7 == 0 || number > 1_490 {
                    #expect(index.scalars(before: offset) == number)
                    #expect(index.byte(ofScalar: number) == offset)
                }
                offset += String(scalar).utf8.count
            }
            #expect(index.scalars(before: offset) == text.unicodeScalars.count)
            #expect(index.byte(ofScalar: text.unicodeScalars.count + 3) == bytes.count)
        }
    }

    @Test func knowsAllWhiteSpace() {
        for value in (0...0x11_0000 as ClosedRange<UInt32>) where value < 0x3100 || value % 911 == 0 {
            guard let scalar = Unicode.Scalar(value) else { continue }
            TextBytes.lend(String(scalar)) { bytes in
                #expect(
                    (bytes.whiteLength(at: 0) > 0) == scalar.properties.isWhitespace,
                    "U+\(String(value, radix: 16))"
                )
                #expect(bytes.scalar(at: 0) == value)
            }
        }
    }

    @Test func findsLineFeedsFromBothSides() {
        for length in 0..<40 {
            for place in 0..<max(1, length) {
                // 0x0b and 0x8a differ from a line feed in one bit.
                var bytes = [UInt8](repeating: 0x0b, count: length)
                if length > 0 { bytes[place] = 0x0a }
                TextBytes.lend(String(decoding: bytes, as: UTF8.self)) { text in
                    let expected = length == 0 ? nil : place
                    #expect(text.firstNewline(from: 0, to: length) == expected)
                    #expect(text.lastNewline(from: 0, to: length) == expected)
                }
            }
        }
    }

    static let blocks: [(String, [String])] = [
        ("a\n```\nx\n```\nb", ["```\nx\n```"]),
        ("````\n```\n````\n", ["````\n```\n````"]),
        ("~~~ sh\n```\n~~~\n```\nopen", ["~~~ sh\n```\n~~~", "```\nopen"]),
        ("``` a ` b\ntext", []),
        ("  - x\n    ```\n    y\n    ``` \nz", ["    ```\n    y\n    ``` "]),
        ("| one |\ntext\n| a |\n| b |\n| c |", ["| a |\n| b |\n| c |"]),
        ("``\n|\n", []),
    ]

    @Test(arguments: blocks)
    func findsFencesAndTables(text: String, expected: [String]) {
        TextBytes.lend(text) { bytes in
            let blocks = AtomicBlocks(bytes)
            #expect(blocks.ranges.map { bytes.string($0) } == expected)
            for block in blocks.ranges {
                #expect(blocks.block(cutAt: block.lowerBound) == nil)
                #expect(blocks.block(cutAt: block.lowerBound + 1) == block)
                #expect(blocks.block(cutAt: block.upperBound) == nil)
            }
        }
    }
}
