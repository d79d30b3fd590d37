import AssayModel
import AssayStore
import FoundationEssentials
import Testing

struct StoreTests {
    @Test func keepsWhatWasPutAndIgnoresWhatIsThere() async throws {
        let store = try await makeStore()
        let key = ItemKey("answer", "a")
        #expect(try await store.item("answer", key, as: String.self) == nil)
        try await store.put("answer", key, "first")
        try await store.put("answer", key, "second")
        #expect(try await store.item("answer", key, as: String.self) == "first")
        try await store.put("answer", key, "third", replacing: true)
        #expect(try await store.item("answer", key, as: String.self) == "third")
        #expect(try await store.itemCounts() == ["answer": 1])
    }

    @Test func pruningTakesOldItemsAndLeavesCounters() async throws {
        let workspace = Workspace(path: temporaryFolder())
        try workspace.create()
        let old = try Store(workspace, now: { "2026-01-01T00:00:00Z" })
        try await old.put("answer", ItemKey("a"), "old")
        try await old.put("judge", ItemKey("j"), "old")
        try await old.put("replicate", ItemKey("r"), "counter")
        let new = try Store(workspace, now: { "2026-02-01T00:00:00Z" })
        try await new.put("answer", ItemKey("b"), "new")
        let before = "2026-01-15T00:00:00Z"
        #expect(try await new.prunable(before: before, stages: nil).map(\.stage) == ["answer", "judge"])
        let removed = try await new.prune(before: before, stages: ["answer"])
        #expect(removed.map { "\($0.stage) \($0.items) \($0.bytes)" } == ["answer 1 5"])
        #expect(try await new.itemCounts() == ["answer": 1, "judge": 1, "replicate": 1])
        #expect(try await new.item("answer", ItemKey("b"), as: String.self) == "new")
    }

    /// Processes that open a new workspace at once: each sees all tables, none makes them twice.
    @Test func aNewWorkspaceIsOpenedByManyAtOnce() async throws {
        for _ in 0..<5 {
            let workspace = Workspace(path: temporaryFolder())
            try workspace.create()
            let counts = try await concurrentMap(Array(0..<6), limit: 6) { _ in
                try await offPool { try Store(workspace, now: { "2026-01-01T00:00:00Z" }) }.itemCounts()
            }
            #expect(counts == Array(repeating: [:], count: 6))
        }
    }

    @Test func documentsComeBackWhole() async throws {
        let store = try await makeStore()
        let document = Document(
            id: "a/ä.md",
            title: "T",
            text: "x\u{1F600}y",
            headings: [Heading(level: 1, title: "T", offset: 0)],
            pages: [PageMark(number: 1, offset: 0)],
            sourceMap: SourceMap([.init(text: 0, line: 1, byte: 0)]),
            metadata: ["k": "v"]
        )
        let hash = try document.contentHash
        try store.putNow(documents: [(hash, document)])
        #expect(try await store.document(hash) == document)
        #expect(try await store.document(String(repeating: "0", count: 64)) == nil)
    }
}

struct VectorFileTests {
    private let fingerprint = EmbedderFingerprint(
        model: "m",
        files: "f",
        version: 1,
        dimension: 2,
        pooling: "mean",
        maxTokens: 8
    )

    @Test func rowsLeadToTheirVectorsAndCrashLeftoversAreOverwritten() async throws {
        let folder = temporaryFolder()
        let workspace = Workspace(path: folder)
        try workspace.create()
        let store = try Store(workspace, now: { "t" })
        let canaries = VectorBatch(dimension: 2, values: [1, 0])
        let file = try await VectorFile(fingerprint, store: store, workspace: workspace, canaries: canaries)
        let keys = [ItemKey("v", "1"), ItemKey("v", "2")]
        #expect(try await file.append(keys, VectorBatch(dimension: 2, values: [1, 0, 0, 1])) == [0, 1])
        // A crash after writing rows and before committing them leaves bytes that nobody refers to.
        let path = "\(workspace.vectors)/\(fingerprint.digest.prefix(16)).f32"
        let whole = try Data(contentsOf: URL(filePath: path))
        try (whole + Data(repeating: 7, count: 8)).write(to: URL(filePath: path))
        let third = ItemKey("v", "3")
        #expect(try await file.append([third], VectorBatch(dimension: 2, values: [0.6, 0.8])) == [2])
        let matrix = try await file.matrix()
        #expect(matrix.count == 3)
        #expect(matrix.row(1) == [0, 1])
        #expect(matrix.row(2) == [0.6, 0.8])
        #expect(try await file.rows(keys + [third, ItemKey("v", "4")]) == [keys[0]: 0, keys[1]: 1, third: 2])
    }

    @Test func refusesAnEmbedderThatChangedItsVectors() async throws {
        let workspace = Workspace(path: temporaryFolder())
        try workspace.create()
        let store = try Store(workspace, now: { "t" })
        let canaries = VectorBatch(dimension: 2, values: [1, 0])
        _ = try await VectorFile(fingerprint, store: store, workspace: workspace, canaries: canaries)
        await #expect(throws: AssayError.self) {
            let drifted = VectorBatch(dimension: 2, values: [0, 1])
            _ = try await VectorFile(fingerprint, store: store, workspace: workspace, canaries: drifted)
        }
    }
}

func temporaryFolder() -> String {
    FileManager.default.temporaryDirectory.path() + "assay-store-\(UUID().uuidString)"
}

private func makeStore() async throws -> Store {
    let workspace = Workspace(path: temporaryFolder())
    try workspace.create()
    return try Store(workspace, now: { "t" })
}
