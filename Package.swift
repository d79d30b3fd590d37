// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "assay",
    products: [
        .library(name: "AssayModel", targets: ["AssayModel"]),
        .library(name: "AssayRetrieve", targets: ["AssayRetrieve"]),
        .library(name: "AssayFaiss", targets: ["AssayFaiss"]),
        .library(name: "AssaySQLiteVec", targets: ["AssaySQLiteVec"]),
    ],
    dependencies: [
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0")
    ],
    targets: [
        // MARK: C
        .systemLibrary(name: "CFaissLibrary", pkgConfig: "faiss", providers: [.apt(["libfaiss-dev"])]),
        .target(name: "CFaiss", dependencies: ["CFaissLibrary"]),
        // MARK: model
        .target(name: "AssayModel"),
        // MARK: stages
        .target(name: "AssayRetrieve", dependencies: ["AssayModel"]),
        // MARK: adapters
        .target(name: "AssayFaiss", dependencies: ["AssayModel", "CFaiss"]),
        .target(
            name: "AssaySQLiteVec",
            dependencies: [
                "AssayModel", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ]
        ),
        // MARK: tests
        .testTarget(name: "AssayModelTests", dependencies: ["AssayModel"]),
        .testTarget(name: "AssayRetrieveTests", dependencies: ["AssayModel", "AssayRetrieve"]),
        .testTarget(
            name: "AssayVectorsTests",
            dependencies: ["AssayModel", "AssayRetrieve", "AssayFaiss", "AssaySQLiteVec"]
        ),
    ],
    cxxLanguageStandard: .cxx17
)

for target in package.targets where target.type != .system {
    if target.name.hasPrefix("C") { continue }
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
