/// XXH64 (Collet, github.com/Cyan4973/xxHash, seed 0), streaming: finds damage, is no protection against intent.
struct XXHash64 {
    private static let p1: UInt64 = 0x9e37_79b1_85eb_ca87
    private static let p2: UInt64 = 0xc2b2_ae3d_27d4_eb4f
    private static let p3: UInt64 = 0x1656_67b1_9e37_79f9
    private static let p4: UInt64 = 0x85eb_ca77_c2b2_ae63
    private static let p5: UInt64 = 0x27d4_eb2f_1656_67c5

    private var lanes: (UInt64, UInt64, UInt64, UInt64) = (Self.p1 &+ Self.p2, Self.p2, 0, 0 &- Self.p1)
    private var total = 0
    private var pending: [UInt8] = []

    static func digest(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash = XXHash64()
        unsafe hash.update(bytes)
        return hash.finalize()
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        total += bytes.count
        var position = 0
        if !pending.isEmpty {
            position = min(32 - pending.count, bytes.count)
            unsafe pending.append(contentsOf: bytes[0..<position])
            guard pending.count == 32 else { return }
            let block = pending
            unsafe block.withUnsafeBytes { unsafe consume($0, at: 0) }
            pending.removeAll(keepingCapacity: true)
        }
        while position + 32 <= bytes.count {
            unsafe consume(bytes, at: position)
            position += 32
        }
        if position < bytes.count { unsafe pending.append(contentsOf: bytes[position...]) }
    }

    consuming func finalize() -> UInt64 {
        var hash: UInt64
        if total >= 32 {
            hash = rotate(lanes.0, 1) &+ rotate(lanes.1, 7) &+ rotate(lanes.2, 12) &+ rotate(lanes.3, 18)
            for lane in [lanes.0, lanes.1, lanes.2, lanes.3] {
                hash = (hash ^ Self.round(0, lane)) &* Self.p1 &+ Self.p4
            }
        } else {
            hash = Self.p5
        }
        hash &+= UInt64(total)
        hash = Self.tail(pending, hash)
        hash = (hash ^ hash >> 33) &* Self.p2
        hash = (hash ^ hash >> 29) &* Self.p3
        return hash ^ hash >> 32
    }

    private static func tail(_ bytes: [UInt8], _ start: UInt64) -> UInt64 {
        var hash = start
        var position = 0
        func number(_ count: Int) -> UInt64 {
            (0..<count).reduce(0) { $0 | UInt64(bytes[position + $1]) << UInt64($1 * 8) }
        }
        while position + 8 <= bytes.count {
            hash = rotate(hash ^ round(0, number(8)), 27) &* p1 &+ p4
            position += 8
        }
        if position + 4 <= bytes.count {
            hash = rotate(hash ^ number(4) &* p1, 23) &* p2 &+ p3
            position += 4
        }
        while position < bytes.count {
            hash = rotate(hash ^ UInt64(bytes[position]) &* p5, 11) &* p1
            position += 1
        }
        return hash
    }

    private static func round(_ lane: UInt64, _ input: UInt64) -> UInt64 {
        rotate(lane &+ input &* p2, 31) &* p1
    }

    private mutating func consume(_ bytes: UnsafeRawBufferPointer, at position: Int) {
        lanes.0 = Self.round(lanes.0, unsafe bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
        lanes.1 = Self.round(lanes.1, unsafe bytes.loadUnaligned(fromByteOffset: position + 8, as: UInt64.self))
        lanes.2 = Self.round(lanes.2, unsafe bytes.loadUnaligned(fromByteOffset: position + 16, as: UInt64.self))
        lanes.3 = Self.round(lanes.3, unsafe bytes.loadUnaligned(fromByteOffset: position + 24, as: UInt64.self))
    }
}

@inline(__always)
private func rotate(_ value: UInt64, _ by: UInt64) -> UInt64 {
    value << by | value >> (64 - by)
}
