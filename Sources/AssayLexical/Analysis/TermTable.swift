/// Byte strings numbered in the order of their arrival, found again by hashing.
///
/// The hash is seeded at random, so that no text can be made whose words all collide; the numbers don't depend on it.
@safe final class TermTable {
    private struct Entry {
        /// The first eight bytes, so that short words are compared without a look at `bytes`.
        var head: UInt64
        var offset: UInt32
        var length: UInt32
    }

    /// Number and hash of an entry; number 0 means free.
    private struct Slot {
        var number: UInt32 = 0
        var hash: UInt32 = 0
    }

    private(set) var count = 0
    private var slots: UnsafeMutablePointer<Slot>
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
        unsafe slots.initialize(repeating: Slot(), count: slotCount)
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
        return unsafe UnsafeBufferPointer(start: bytes + Int(entry.offset), count: Int(entry.length))
    }

    /// Forgets everything but keeps the memory.
    func removeAll() {
        unsafe slots.update(repeating: Slot(), count: slotCount)
        count = 0
        byteCount = 0
    }

    /// The number of `word`, nil when it has none.
    func find(_ word: UnsafeBufferPointer<UInt8>) -> Int? {
        let key = unsafe Key(word, seed)
        let found = unsafe slots[slot(of: word, key)].number
        return found == 0 ? nil : Int(found) - 1
    }

    /// The number of `word`, which is added if it is new.
    @inline(__always)
    func insert(_ word: UnsafeBufferPointer<UInt8>) -> (id: Int, isNew: Bool) {
        let key = unsafe Key(word, seed)
        let slot = unsafe slot(of: word, key)
        let found = unsafe slots[slot].number
        if found != 0 { return (Int(found) &- 1, false) }
        return (unsafe append(word, key, slot), true)
    }

    @inline(never)
    private func append(_ word: UnsafeBufferPointer<UInt8>, _ key: Key, _ free: Int) -> Int {
        var slot = free
        if count == entryCapacity {
            grow()
            slot = unsafe self.slot(of: word, key)
        }
        reserve(word.count)
        precondition(byteCount + word.count <= Int(UInt32.max), "the words of a segment fill 4 GiB")
        if let start = word.baseAddress { unsafe (bytes + byteCount).update(from: start, count: word.count) }
        let entry = Entry(head: key.head, offset: UInt32(byteCount), length: UInt32(word.count))
        unsafe (entries + count).initialize(to: entry)
        byteCount += word.count
        count += 1
        unsafe slots[slot] = Slot(number: UInt32(count), hash: key.hash)
        return count - 1
    }

    /// The slot that holds `word`, or the free slot where it belongs.
    @inline(__always)
    private func slot(of word: UnsafeBufferPointer<UInt8>, _ key: Key) -> Int {
        let mask = slotCount &- 1
        var place = Int(key.hash) & mask
        while true {
            let slot = unsafe slots[place]
            if slot.number == 0 { return place }
            if slot.hash == key.hash {
                let entry = unsafe entries[Int(slot.number) &- 1]
                if entry.head == key.head, Int(entry.length) == word.count,
                    unsafe word.count <= 8 || equalTails(bytes + Int(entry.offset), word)
                {
                    return place
                }
            }
            place = (place &+ 1) & mask
        }
    }

    private func grow() {
        let larger = UnsafeMutablePointer<Entry>.allocate(capacity: entryCapacity * 2)
        unsafe larger.moveInitialize(from: entries, count: count)
        unsafe entries.deallocate()
        unsafe entries = larger
        entryCapacity *= 2
        let old = unsafe UnsafeMutableBufferPointer(start: slots, count: slotCount)
        slotCount *= 2
        unsafe slots = .allocate(capacity: slotCount)
        unsafe slots.initialize(repeating: Slot(), count: slotCount)
        for index in old.indices {
            let slot = unsafe old[index]
            guard slot.number != 0 else { continue }
            var place = Int(slot.hash) & (slotCount - 1)
            while unsafe slots[place].number != 0 { place = (place + 1) & (slotCount - 1) }
            unsafe slots[place] = slot
        }
        unsafe old.deallocate()
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
}

/// What is compared before the bytes of a word.
private struct Key {
    var hash: UInt32
    /// The first eight bytes, zeros after the end.
    var head: UInt64

    @inline(__always)
    init(_ word: UnsafeBufferPointer<UInt8>, _ seed: UInt64) {
        head = unsafe littleEndian(word, 0, min(8, word.count))
        var digest = mix(head ^ (seed &+ UInt64(word.count) &* 0x9e37_79b9_7f4a_7c15))
        var position = 8
        while position &+ 8 <= word.count {
            digest = unsafe mix(digest ^ littleEndian(word, position, 8))
            position &+= 8
        }
        if position < word.count { digest = unsafe mix(digest ^ littleEndian(word, position, word.count &- position)) }
        hash = UInt32(truncatingIfNeeded: digest ^ (digest >> 32))
    }
}

/// Folds the 128-bit product, as wyhash does.
@inline(__always)
private func mix(_ value: UInt64) -> UInt64 {
    let product = value.multipliedFullWidth(by: 0xa076_1d64_78bd_642f)
    return product.high ^ product.low
}

/// Up to eight bytes as one number; different bytes of one count give different numbers.
@inline(__always)
private func littleEndian(_ word: UnsafeBufferPointer<UInt8>, _ position: Int, _ count: Int) -> UInt64 {
    guard count > 0, let start = word.baseAddress else { return 0 }
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

/// Whether the bytes after the first eight are equal.
private func equalTails(_ stored: UnsafeMutablePointer<UInt8>, _ word: UnsafeBufferPointer<UInt8>) -> Bool {
    for position in 8..<word.count where unsafe stored[position] != word[position] { return false }
    return true
}
