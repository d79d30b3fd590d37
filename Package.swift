// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "assay",
    products: [
        .library(name: "AssayModel", targets: ["AssayModel"])
    ],
    dependencies: [],
    targets: [
        // MARK: model
        .target(name: "AssayModel"),
        // MARK: evaluation
        .target(name: "AssayEval", dependencies: ["AssayModel"]),
        // MARK: tests
        .testTarget(name: "AssayModelTests", dependencies: ["AssayModel"]),
        .testTarget(name: "AssayEvalTests", dependencies: ["AssayEval", "AssayModel"], exclude: ["Fixtures"]),
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
