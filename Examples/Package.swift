// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "assay-examples",
    dependencies: [.package(name: "assay", path: "..")],
    targets: [.executableTarget(name: "quality", dependencies: [.product(name: "Assay", package: "assay")])]
)
