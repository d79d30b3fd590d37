/// Whether a server that died is started again: the rule, without processes or clocks.
///
/// Law: starts within `window` are counted, and after more than `most` restarts there is none; a server that was ready for `steady` or
/// longer is no loop of crashes, so what was counted before it is forgotten; a start that nobody waits for any more does not count.
struct RestartLimit: Sendable {
    /// Starts within this time count.
    static let window: Duration = .seconds(600)
    /// From when on a server that was ready is taken for sound.
    static let steady: Duration = .seconds(60)

    /// Restarts at most.
    let most: Int
    /// When the counted starts were.
    private(set) var starts: [Duration] = []
    private var readyAt: Duration?

    init(most: Int) {
        self.most = most
    }

    /// Starts that count at this time.
    func recent(_ now: Duration) -> Int { starts.count { now - $0 < Self.window } }

    /// Counts a start.
    ///
    /// - Returns: False when there were too many; nothing is counted then.
    mutating func admit(_ now: Duration) -> Bool {
        if let ready = readyAt, now - ready >= Self.steady { starts = [] }
        readyAt = nil
        guard recent(now) <= most else { return false }
        starts.append(now)
        return true
    }

    /// The last start succeeded.
    mutating func isReady(_ now: Duration) { readyAt = now }

    /// The last start was given up.
    mutating func abandon() { _ = starts.popLast() }
}
