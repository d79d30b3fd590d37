// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "assay-benchmarks",
    dependencies: [.package(name: "assay", path: "..")],
    targets: [
        .executableTarget(
            name: "bench-chunk",
            dependencies: [
                .product(name: "AssayIngest", package: "assay"),
                .product(name: "AssayModel", package: "assay"),
            ]
        )
    ]
)

for target in package.targets {
    target.swiftSettings = [
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
