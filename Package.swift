// swift-tools-version: 6.2
import PackageDescription

// The order of the targets is the order of the data; arrows go to AssayModel and to the C libraries named here, nowhere else.
// Tests/ArchitectureTests holds them.
let package = Package(
    name: "assay",
    products: [
        .library(name: "Assay", targets: ["AssayPipeline", "AssayModel"]),
        // Single stages, for programs that need no pipeline and for Benchmarks/.
        .library(name: "AssayModel", targets: ["AssayModel"]),
        .library(name: "AssayIngest", targets: ["AssayIngest"]),
        .library(name: "AssayEmbed", targets: ["AssayEmbed"]),
        .library(name: "AssayLexical", targets: ["AssayLexical"]),
        .library(name: "AssayFaiss", targets: ["AssayFaiss"]),
        .library(name: "AssaySQLiteVec", targets: ["AssaySQLiteVec"]),
        .library(name: "AssayRetrieve", targets: ["AssayRetrieve"]),
        .executable(name: "assay", targets: ["assay"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // MARK: C
        .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        .systemLibrary(name: "CLibCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CStemmer", providers: [.apt(["libstemmer-dev"])]),
        .systemLibrary(name: "CFaissLibrary", pkgConfig: "faiss", providers: [.apt(["libfaiss-dev"])]),
        .target(name: "CFaiss", dependencies: ["CFaissLibrary"]),
        .target(name: "CEncoderKernels"),
        // MARK: model
        .target(name: "AssayModel"),
        // MARK: stages
        .target(name: "AssayIngest", dependencies: ["AssayModel", "CLibXML2"]),
        .target(name: "AssayEmbed", dependencies: ["AssayModel", "CBLAS", "CEncoderKernels"]),
        .target(name: "AssayLexical", dependencies: ["AssayModel", "CStemmer"]),
        .target(name: "AssayFaiss", dependencies: ["AssayModel", "CFaiss"]),
        .target(
            name: "AssaySQLiteVec",
            dependencies: [
                "AssayModel", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ]
        ),
        .target(name: "AssayRetrieve", dependencies: ["AssayModel"]),
        .target(name: "AssayEval", dependencies: ["AssayModel"]),
        .target(
            name: "AssayReport",
            dependencies: ["AssayModel"],
            resources: [.embedInCode("HTML/Page/report.css"), .embedInCode("HTML/Page/report.js")]
        ),
        // MARK: adapters
        .target(name: "AssayHTTP", dependencies: ["AssayModel", "CLibCurl"]),
        .target(
            name: "AssayEngines",
            dependencies: [
                "AssayModel", "AssayHTTP", .product(name: "Instrumentation", package: "swift-distributed-tracing"),
            ]
        ),
        .target(name: "AssayStore", dependencies: ["AssayModel", .product(name: "GRDB", package: "GRDB.swift")]),
        .target(
            name: "AssayTelemetry",
            dependencies: [
                "AssayModel", "AssayHTTP", .product(name: "Tracing", package: "swift-distributed-tracing"),
            ]
        ),
        // MARK: composition
        .target(
            name: "AssayPipeline",
            dependencies: [
                "AssayModel", "AssayIngest", "AssayEmbed", "AssayLexical", "AssayFaiss", "AssaySQLiteVec",
                "AssayRetrieve",
                "AssayEval", "AssayReport", "AssayHTTP", "AssayEngines", "AssayStore",
                .product(name: "Tracing", package: "swift-distributed-tracing"),
                .product(name: "Yams", package: "Yams"),
            ]
        ),
        // MARK: service
        .target(
            name: "AssayServe",
            dependencies: [
                "AssayModel", "AssayPipeline", "AssayTelemetry",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            resources: [
                .embedInCode("Page/page.html"), .embedInCode("Page/page.css"), .embedInCode("Page/page.js"),
                .embedInCode("Page/openapi.json"), .embedInCode("Page/dashboard.html"),
                .embedInCode("Page/dashboard.css"), .embedInCode("Page/dashboard.js"),
            ]
        ),
        // MARK: app
        .executableTarget(
            name: "assay",
            dependencies: [
                "AssayModel", "AssayPipeline", "AssayEval", "AssayReport", "AssayServe", "AssayStore",
                "AssayTelemetry",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Instrumentation", package: "swift-distributed-tracing"),
            ]
        ),
        // What the statistics are worth, by simulation; `make simulate`.
        .executableTarget(name: "simulate", dependencies: ["AssayModel", "AssayEval"], path: "Benchmarks/simulate"),
        // What telemetry costs a span; `make bench-telemetry`.
        .executableTarget(
            name: "bench-telemetry",
            dependencies: [
                "AssayModel", "AssayTelemetry", .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            path: "Benchmarks/telemetry"
        ),
        // MARK: tests
        .target(name: "AssayTestProcess", path: "Tests/AssayTestProcess"),
        .target(name: "AssayTestServer", dependencies: ["AssayModel", "AssayHTTP"], path: "Tests/AssayTestServer"),
        .testTarget(name: "AssayModelTests", dependencies: ["AssayModel"]),
        .testTarget(name: "AssayIngestTests", dependencies: ["AssayIngest", "AssayModel"]),
        .testTarget(
            name: "AssayEmbedTests",
            dependencies: ["AssayEmbed", "AssayModel", "CEncoderKernels"],
            exclude: ["Fixtures"]
        ),
        .testTarget(name: "AssayLexicalTests", dependencies: ["AssayLexical", "AssayModel"]),
        .testTarget(name: "AssayRetrieveTests", dependencies: ["AssayModel", "AssayRetrieve"]),
        .testTarget(
            name: "AssayVectorsTests",
            dependencies: ["AssayModel", "AssayRetrieve", "AssayFaiss", "AssaySQLiteVec"]
        ),
        .testTarget(name: "AssayEvalTests", dependencies: ["AssayEval", "AssayModel"], exclude: ["Fixtures"]),
        .testTarget(
            name: "AssayReportTests",
            dependencies: ["AssayReport", "AssayModel", "AssayTestProcess"],
            exclude: ["Snapshots", "Browser"]
        ),
        .testTarget(name: "AssayHTTPTests", dependencies: ["AssayModel", "AssayHTTP", "AssayTestServer"]),
        .testTarget(
            name: "AssayEnginesTests",
            dependencies: ["AssayModel", "AssayHTTP", "AssayEngines", "AssayTestServer"]
        ),
        .testTarget(
            name: "AssayStoreTests",
            dependencies: ["AssayStore", "AssayModel", .product(name: "GRDB", package: "GRDB.swift")]
        ),
        .testTarget(
            name: "AssayPipelineTests",
            dependencies: ["AssayPipeline", "AssayEngines", "AssayEval", "AssayModel", "AssayReport", "AssayStore"]
        ),
        .testTarget(
            name: "AssayServeTests",
            dependencies: [
                "AssayServe", "AssayPipeline", "AssayModel", "AssayEngines", "AssayHTTP", "AssayTelemetry",
                "AssayTestProcess", "AssayTestServer",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            exclude: ["Browser", "Clients"]
        ),
        .testTarget(
            name: "AssayTelemetryTests",
            dependencies: [
                "AssayTelemetry", "AssayModel", "AssayHTTP", "AssayTestServer",
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            exclude: ["Fixtures"]
        ),
        .testTarget(name: "CommandTests", dependencies: ["AssayModel", "AssayTestProcess"], exclude: ["Snapshots"]),
        .testTarget(name: "ArchitectureTests", dependencies: ["AssayTestProcess"]),
    ],
    cxxLanguageStandard: .cxx17
)

for target in package.targets where target.type != .system {
    if target.name.hasPrefix("C") && target.type != .test { continue }
    target.swiftSettings =
        (target.swiftSettings ?? []) + [
            .swiftLanguageMode(.v6),
            .enableUpcomingFeature("ExistentialAny"),
            .enableUpcomingFeature("InternalImportsByDefault"),
            .enableUpcomingFeature("MemberImportVisibility"),
            .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
            .enableUpcomingFeature("InferIsolatedConformances"),
            .enableUpcomingFeature("ImmutableWeakCaptures"),
            .strictMemorySafety(),
            .treatAllWarnings(as: .error),
        ]
}
