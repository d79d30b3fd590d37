/// Byte strings numbered in the order of their arrival, found again by hashing.
///
/// The hash is seeded at random, so that no text can be made whose words all collide; the numbers don't depend on it.
@safe final class TermTable {
    private struct Entry {
        var hash: UInt32
        var length: UInt32
        var offset: Int
    }

    private(set) var count = 0
    private var slots: UnsafeMutablePointer<UInt32>
    private var slotCount: Int
    private var entries: UnsafeMutablePointer<Entry>
    private var entryCapacity: Int
    private var bytes: UnsafeMutablePointer<UInt8>
    private var byteCapacity: Int
    private(set) var byteCount = 0
    private let seed = UInt64.random(in: .min ... .max)

    init(expected: Int = 256) {
        slotCount = 16
        while slotCount < expected * 2 { slotCount *= 2 }
        entryCapacity = slotCount / 2
        byteCapacity = entryCapacity * 8
        unsafe slots = .allocate(capacity: slotCount)
        unsafe slots.initialize(repeating: 0, count: slotCount)
        unsafe entries = .allocate(capacity: entryCapacity)
        unsafe bytes = .allocate(capacity: byteCapacity)
    }

    deinit {
        unsafe slots.deallocate()
        unsafe entries.deallocate()
        unsafe bytes.deallocate()
    }

    /// The bytes of number `id`; valid until the table grows.
    func bytes(of id: Int) -> UnsafeBufferPointer<UInt8> {
        precondition(id >= 0 && id < count, "no such term")
        let entry = unsafe entries[id]
        return unsafe UnsafeBufferPointer(start: bytes + entry.offset, count: Int(entry.length))
    }

    /// Forgets everything but keeps the memory.
    func removeAll() {
        unsafe slots.update(repeating: 0, count: slotCount)
        count = 0
        byteCount = 0
    }

    /// The number of `word`, nil when it has none.
    func find(_ word: UnsafeBufferPointer<UInt8>) -> Int? {
        let hash = unsafe digest(word)
        let slot = unsafe slot(of: word, hash)
        let id = unsafe slots[slot]
        return id == 0 ? nil : Int(id) - 1
    }

    /// The number of `word`, which is added if it is new.
    func insert(_ word: UnsafeBufferPointer<UInt8>) -> (id: Int, isNew: Bool) {
        let hash = unsafe digest(word)
        var slot = unsafe slot(of: word, hash)
        let found = unsafe slots[slot]
        if found != 0 { return (Int(found) - 1, false) }
        if count == entryCapacity {
            grow()
            slot = unsafe self.slot(of: word, hash)
        }
        reserve(word.count)
        if let start = word.baseAddress { unsafe (bytes + byteCount).update(from: start, count: word.count) }
        let entry = Entry(hash: hash, length: UInt32(word.count), offset: byteCount)
        unsafe (entries + count).initialize(to: entry)
        byteCount += word.count
        count += 1
        unsafe slots[slot] = UInt32(count)
        return (count - 1, true)
    }

    /// The slot that holds `word`, or the free slot where it belongs.
    @inline(__always)
    private func slot(of word: UnsafeBufferPointer<UInt8>, _ hash: UInt32) -> Int {
        let mask = slotCount - 1
        var slot = Int(hash) & mask
        while true {
            let id = unsafe slots[slot]
            if id == 0 { return slot }
            let entry = unsafe entries[Int(id) - 1]
            if entry.hash == hash, Int(entry.length) == word.count, unsafe equal(bytes + entry.offset, word) {
                return slot
            }
            slot = (slot + 1) & mask
        }
    }

    private func grow() {
        let larger = UnsafeMutablePointer<Entry>.allocate(capacity: entryCapacity * 2)
        unsafe larger.moveInitialize(from: entries, count: count)
        unsafe entries.deallocate()
        unsafe entries = larger
        entryCapacity *= 2
        unsafe slots.deallocate()
        slotCount *= 2
        unsafe slots = .allocate(capacity: slotCount)
        unsafe slots.initialize(repeating: 0, count: slotCount)
        for id in 0..<count {
            var slot = unsafe Int(entries[id].hash) & (slotCount - 1)
            while unsafe slots[slot] != 0 { slot = (slot + 1) & (slotCount - 1) }
            unsafe slots[slot] = UInt32(id + 1)
        }
    }

    private func reserve(_ more: Int) {
        guard byteCount + more > byteCapacity else { return }
        let capacity = max(byteCapacity * 2, byteCount + more)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        unsafe larger.moveInitialize(from: bytes, count: byteCount)
        unsafe bytes.deallocate()
        unsafe bytes = larger
        byteCapacity = capacity
    }

    @inline(__always)
    private func digest(_ word: UnsafeBufferPointer<UInt8>) -> UInt32 {
        var hash = seed &+ UInt64(word.count) &* 0x9e37_79b9_7f4a_7c15
        var position = 0
        while position &+ 8 <= word.count {
            hash = unsafe mix(hash ^ littleEndian(word, position, 8))
            position &+= 8
        }
        if position < word.count { hash = unsafe mix(hash ^ littleEndian(word, position, word.count &- position)) }
        return UInt32(truncatingIfNeeded: hash ^ (hash >> 32))
    }
}

/// Folds the 128-bit product, as wyhash does.
@inline(__always)
private func mix(_ value: UInt64) -> UInt64 {
    let product = value.multipliedFullWidth(by: 0xa076_1d64_78bd_642f)
    return product.high ^ product.low
}

@inline(__always)
private func littleEndian(_ word: UnsafeBufferPointer<UInt8>, _ position: Int, _ count: Int) -> UInt64 {
    guard let start = word.baseAddress else { return 0 }
    let raw = unsafe UnsafeRawPointer(start + position)
    if count == 8 { return unsafe raw.loadUnaligned(as: UInt64.self) }
    if count >= 4 {
        let low = UInt64(unsafe raw.loadUnaligned(as: UInt32.self))
        let high = UInt64(unsafe (raw + (count &- 4)).loadUnaligned(as: UInt32.self))
        return low | high << 32
    }
    let first = UInt64(unsafe word[position])
    let middle = UInt64(unsafe word[position &+ (count >> 1)])
    let last = UInt64(unsafe word[position &+ count &- 1])
    return first | middle << 8 | last << 16
}

@inline(__always)
private func equal(_ stored: UnsafeMutablePointer<UInt8>, _ word: UnsafeBufferPointer<UInt8>) -> Bool {
    let stored = unsafe UnsafeBufferPointer(start: UnsafePointer(stored), count: word.count)
    var position = 0
    while position &+ 8 <= word.count {
        if unsafe littleEndian(stored, position, 8) != littleEndian(word, position, 8) { return false }
        position &+= 8
    }
    let rest = word.count &- position
    return unsafe rest == 0 || littleEndian(stored, position, rest) == littleEndian(word, position, rest)
}
