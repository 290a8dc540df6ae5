// swift-tools-version: 6.1
import PackageDescription

// The parsers and a driver for libFuzzer, in a package of their own: `Sources` holds links to the targets of the project.
let swift: [SwiftSetting] = [.swiftLanguageMode(.v6)]

let package = Package(
  name: "fuzz",
  platforms: [.macOS(.v15)],
  targets: [
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd"),
    .systemLibrary(name: "CXXHash", pkgConfig: "libxxhash"),
    .target(name: "CKernels"),
    .target(name: "Diagnostics", swiftSettings: swift),
    .target(name: "StrictJSON", dependencies: ["Diagnostics"], swiftSettings: swift),
    .target(name: "Digests", dependencies: ["Diagnostics", "CKernels", "CXXHash"], swiftSettings: swift),
    .target(name: "Safetensors", dependencies: ["Diagnostics", "StrictJSON", "Digests"], swiftSettings: swift),
    .target(
      name: "Workspace", dependencies: ["Diagnostics", "StrictJSON", "Digests", "CKernels"], swiftSettings: swift),
    .target(
      name: "Archive", dependencies: ["Diagnostics", "Digests", "Workspace", "CZstd"], swiftSettings: swift),
    .executableTarget(
      name: "FuzzParsers", dependencies: ["StrictJSON", "Safetensors", "Archive"], swiftSettings: swift),
  ]
)
