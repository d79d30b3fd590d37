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
        // MARK: C at the edge
        .systemLibrary(name: "CLibCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        // MARK: engines
        .target(name: "AssayHTTP", dependencies: ["AssayModel", "CLibCurl"]),
        .target(name: "AssayEngines", dependencies: ["AssayModel", "AssayHTTP"]),
        // MARK: tests
        .target(
            name: "AssayTestServer",
            dependencies: ["AssayModel", "AssayHTTP"],
            path: "Tests/AssayTestServer"
        ),
        .testTarget(name: "AssayModelTests", dependencies: ["AssayModel"]),
        .testTarget(name: "AssayHTTPTests", dependencies: ["AssayModel", "AssayHTTP", "AssayTestServer"]),
        .testTarget(
            name: "AssayEnginesTests",
            dependencies: ["AssayModel", "AssayHTTP", "AssayEngines", "AssayTestServer"]
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
