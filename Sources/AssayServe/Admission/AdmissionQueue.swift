/// Who may ask the engine now, who waits, and who is sent away: the rules, without tasks or clocks.
///
/// Law: at most `slots` permits are out; a permit given is given back exactly once; waiting keys take turns, so that one key's queue
/// never delays another key's first waiter by more than one turn; who leaves or is too late never gets a permit. Work in the background
/// starts only while nobody waits and a slot is free, one piece at a time; a request that waits for it takes no place of the queue.
struct AdmissionQueue<Ticket: Hashable & Sendable>: Sendable {
    /// What bounds the queue.
    struct Limits: Sendable {
        /// Requests at the engine at once.
        var slots: Int
        /// Requests that wait at most.
        var waiting: Int
        /// Requests of one key that wait at most.
        var waitingPerKey: Int
        /// Longest predicted wait that is accepted, in seconds.
        var predictedWait: Double
    }

    /// What becomes of an arrival.
    enum Arrival: Equatable {
        case admitted
        case waits
        /// The queue is full; a place is likely after so many seconds.
        case refused(afterSeconds: Double)
    }

    let limits: Limits
    private(set) var inFlight = 0
    private var queues: [String: [(ticket: Ticket, deadline: Double)]] = [:]
    /// Keys with waiters, the next one first.
    private var turns: [String] = []
    /// Mean time of a request at the engine, in seconds; newer ones count more.
    private(set) var meanService = 0.0
    /// Work in the background that runs, and whether it holds a slot.
    private var background: (ticket: Ticket, holdsSlot: Bool)?
    private var backgroundWaiters: [(ticket: Ticket, takesSlot: Bool)] = []

    init(limits: Limits) {
        self.limits = limits
    }

    /// Requests that wait.
    var waiting: Int { queues.values.reduce(0) { $0 + $1.count } }

    /// How long a new arrival would wait, in seconds, as far as it can be known.
    var predictedWait: Double {
        guard inFlight >= limits.slots else { return 0 }
        return meanService * Double(waiting + 1) / Double(max(1, limits.slots))
    }

    /// A request arrives.
    mutating func arrive(_ ticket: Ticket, key: String, deadline: Double) -> Arrival {
        if inFlight < limits.slots {
            inFlight += 1
            return .admitted
        }
        let wait = predictedWait
        // Who waits for the background is not sent away for it.
        let held = heldInBackground
        let isFull =
            waiting >= limits.waiting + held || (queues[key]?.count ?? 0) >= limits.waitingPerKey + held
            || (wait > limits.predictedWait && !(held == 1 && waiting == 0))
        if isFull { return .refused(afterSeconds: max(1, wait)) }
        if queues[key] == nil { turns.append(key) }
        queues[key, default: []].append((ticket, deadline))
        return .waits
    }

    /// A waiter leaves.
    ///
    /// - Returns: Whether it still waited; otherwise it holds a permit, or was sent away.
    mutating func leave(_ ticket: Ticket, key: String) -> Bool {
        guard let position = queues[key]?.firstIndex(where: { $0.ticket == ticket }) else { return false }
        queues[key]?.remove(at: position)
        if queues[key]?.isEmpty == true { drop(key) }
        return true
    }

    /// A permit comes back.
    ///
    /// - Parameters:
    ///   - seconds: How long it was out; nil does not count it.
    ///   - now: The time, on the clock of the deadlines.
    /// - Returns: Who gets it now, nil for nobody, and who is too late.
    mutating func release(after seconds: Double?, now: Double) -> (next: Ticket?, late: [Ticket]) {
        if let seconds { meanService = meanService == 0 ? seconds : 0.8 * meanService + 0.2 * seconds }
        var late: [Ticket] = []
        while let key = turns.first {
            guard var queue = queues[key], !queue.isEmpty else {
                drop(key)
                continue
            }
            let waiter = queue.removeFirst()
            queues[key] = queue
            turns.removeFirst()
            if queue.isEmpty { queues[key] = nil } else { turns.append(key) }
            if waiter.deadline > now { return (waiter.ticket, late) }
            late.append(waiter.ticket)
        }
        inFlight -= 1
        return (nil, late)
    }

    // MARK: background

    /// Slots that work in the background holds: 0 or 1.
    var heldInBackground: Int { background?.holdsSlot == true ? 1 : 0 }

    /// Work in the background arrives.
    ///
    /// - Parameters:
    ///   - ticket: Its ticket.
    ///   - takesSlot: Whether it is a request of the engine, or only wants the machine quiet.
    /// - Returns: Whether it may start now; otherwise it waits.
    mutating func arriveInBackground(_ ticket: Ticket, takesSlot: Bool) -> Bool {
        backgroundWaiters.append((ticket, takesSlot))
        return nextInBackground() == ticket
    }

    /// The work that may start now, nil for none; to be asked whenever a permit came back or a waiter left.
    mutating func nextInBackground() -> Ticket? {
        guard background == nil, waiting == 0, inFlight < limits.slots, !backgroundWaiters.isEmpty else { return nil }
        let (ticket, takesSlot) = backgroundWaiters.removeFirst()
        if takesSlot { inFlight += 1 }
        background = (ticket, takesSlot)
        return ticket
    }

    /// Waiting work in the background is given up; false when it did not wait.
    mutating func leaveBackground(_ ticket: Ticket) -> Bool {
        guard let position = backgroundWaiters.firstIndex(where: { $0.ticket == ticket }) else { return false }
        backgroundWaiters.remove(at: position)
        return true
    }

    /// Work in the background ended; as `release`.
    mutating func releaseBackground(now: Double) -> (next: Ticket?, late: [Ticket]) {
        let holdsSlot = heldInBackground == 1
        background = nil
        return holdsSlot ? release(after: nil, now: now) : (nil, [])
    }

    private mutating func drop(_ key: String) {
        queues[key] = nil
        turns.removeAll { $0 == key }
    }
}
