// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that the root's graph stays small. Each benchmark has a folder with a script `run` that measures a
// peer in the same run.
let package = Package(
    name: "assay-benchmarks",
    dependencies: [.package(name: "assay", path: "..")],
    targets: [
        benchmark("bench-chunk", "AssayIngest", "AssayModel"),
        benchmark("bench-embed", "AssayEmbed", "AssayModel"),
        benchmark("bench-lexical", "AssayLexical", "AssayModel"),
        benchmark("bench-vectors", "AssayFaiss", "AssayRetrieve", "AssaySQLiteVec", "AssayModel"),
    ]
)

func benchmark(_ name: String, _ products: String...) -> Target {
    .executableTarget(name: name, dependencies: products.map { .product(name: $0, package: "assay") })
}

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
