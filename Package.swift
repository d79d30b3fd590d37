// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "assay",
    products: [
        .library(name: "AssayModel", targets: ["AssayModel"]),
        .library(name: "AssayEmbed", targets: ["AssayEmbed"]),
    ],
    dependencies: [],
    targets: [
        // MARK: model
        .target(name: "AssayModel"),
        // MARK: stages
        .target(name: "AssayEmbed", dependencies: ["AssayModel", "CBLAS", "CEncoderKernels"]),
        // MARK: C at the edge
        .systemLibrary(name: "CBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .target(name: "CEncoderKernels"),
        // MARK: tests
        .testTarget(name: "AssayModelTests", dependencies: ["AssayModel"]),
        .testTarget(
            name: "AssayEmbedTests",
            dependencies: ["AssayEmbed", "AssayModel", "CEncoderKernels"],
            exclude: ["Fixtures"]
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
