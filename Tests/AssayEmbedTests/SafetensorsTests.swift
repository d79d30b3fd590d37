import AssayModel
import Testing

@testable import AssayEmbed

struct SafetensorsTests {
    @Test func readsWhatWasWritten() throws {
        let folder = try TemporaryFolder()
        let bytes = SafetensorsWriter.file([("b", [2, 2], [1, 2, 3, 4]), ("a", [3], [-1, 0.5, 9])])
        try folder.write("x.safetensors", bytes)
        let file = try Safetensors("\(folder.path)/x.safetensors")
        #expect(file.names == ["a", "b"])
        let numbers = unsafe try file.floats("a", shape: [3])
        #expect(unsafe [numbers[0], numbers[1], numbers[2]] == [-1, 0.5, 9])
        #expect(throws: AssayError.self) { _ = unsafe try file.floats("a", shape: [1, 3]) }
        #expect(throws: AssayError.self) { _ = unsafe try file.floats("c", shape: [3]) }
    }

    private static func one(_ entry: String) -> String { #"{"a":\#(entry)}"# }

    @Test(arguments: [
        "", "{", "[]", "null", "{}", #"{"a":1}"#,
        one(#"{"dtype":"F32","shape":[2],"data_offsets":[0,4]}"#),
        one(#"{"dtype":"F32","shape":[2],"data_offsets":[4,12]}"#),
        one(#"{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#),
        one(#"{"dtype":"F32","shape":[3],"data_offsets":[0,12]}"#),
        one(#"{"dtype":"F32","shape":[2],"data_offsets":[8,0]}"#),
        one(#"{"dtype":"F32","shape":[2],"data_offsets":[0]}"#),
        one(#"{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}"#),
        one(#"{"dtype":"F32","shape":[-1,-2],"data_offsets":[0,8]}"#),
        one(#"{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}"#),
        one(#"{"dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,8]}"#),
        one(#"{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}"#),
        one(#"{"dtype":"X9","shape":[2],"data_offsets":[0,8]}"#),
        one(#"{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,2],"data_offsets":[0,8]}"#),
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
        String(repeating: "[", count: 100_000),
    ])
    func refusesAHeaderThatDoesNotFitTheData(header: String) throws {
        let folder = try TemporaryFolder()
        try folder.write("x.safetensors", SafetensorsWriter.file(header: header, data: [UInt8](repeating: 0, count: 8)))
        #expect(throws: AssayError.self) { try Safetensors("\(folder.path)/x.safetensors") }
    }

    @Test(arguments: [0, 3, 4_000_000_000, .max, 0x7fff_ffff_ffff_ffff, 0x4000_0000_0000_0000] as [UInt64])
    func refusesALengthThatIsNotTheHeaders(length: UInt64) throws {
        let folder = try TemporaryFolder()
        let header = Self.one(#"{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#)
        let data = [UInt8](repeating: 0, count: 8)
        try folder.write("good", SafetensorsWriter.file(header: header, data: data))
        #expect(try Safetensors("\(folder.path)/good").contains("a"))
        try folder.write("bad", SafetensorsWriter.file(header: header, data: data, claimedLength: length))
        #expect(throws: AssayError.self) { try Safetensors("\(folder.path)/bad") }
    }

    @Test func survivesEveryCutAndManyChangedBytes() throws {
        let folder = try TemporaryFolder()
        let bytes = SafetensorsWriter.file([("a", [2], [1, 2]), ("b", [1], [3])])
        for length in 0..<bytes.count {
            try folder.write("cut", Array(bytes[..<length]))
            #expect(throws: AssayError.self) { try Safetensors("\(folder.path)/cut") }
        }
        var random = SeededRandom(seed: 5)
        for _ in 0..<500 {
            var changed = bytes
            changed[random.index(below: bytes.count)] = UInt8(random.index(below: 256))
            try folder.write("changed", changed)
            // Either it is refused or all that it gives lies inside the file.
            guard let file = try? Safetensors("\(folder.path)/changed") else { continue }
            if let numbers = unsafe try? file.floats("a", shape: [2]) {
                #expect(unsafe !(numbers[0] + numbers[1]).isSignalingNaN)
            }
        }
    }

    @Test func refusesOtherTypesThanSinglePrecision() throws {
        let folder = try TemporaryFolder()
        let header = Self.one(#"{"dtype":"F16","shape":[4],"data_offsets":[0,8]}"#)
        try folder.write("x", SafetensorsWriter.file(header: header, data: [UInt8](repeating: 0, count: 8)))
        let file = try Safetensors("\(folder.path)/x")
        #expect(throws: AssayError.self) { _ = unsafe try file.floats("a", shape: [4]) }
    }

    @Test func saysWhichFileIsMissing() {
        #expect {
            try Safetensors("/nowhere/model.safetensors")
        } throws: { error in
            "\(error)".contains("/nowhere/model.safetensors")
        }
        #expect(throws: AssayError.self) { try Safetensors("/dev/zero") }
    }
}
