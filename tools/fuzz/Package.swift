// swift-tools-version: 6.1
import PackageDescription

// The parsers and a driver for libFuzzer, in a package of their own: `Sources` holds links to the targets of the project.
// Of Signatures only what reads is there: the rest needs swift-crypto.
let swift: [SwiftSetting] = [.swiftLanguageMode(.v6)]

let package = Package(
  name: "fuzz",
  platforms: [.macOS(.v15)],
  targets: [
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd"),
    .systemLibrary(name: "CXXHash", pkgConfig: "libxxhash"),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng"),
    .systemLibrary(name: "CJPEG", pkgConfig: "libjpeg"),
    .target(name: "CKernels"),
    .target(name: "CImages", dependencies: ["CPNG", "CJPEG"]),
    .target(name: "Diagnostics", swiftSettings: swift),
    .target(name: "StrictJSON", dependencies: ["Diagnostics"], swiftSettings: swift),
    .target(name: "Digests", dependencies: ["Diagnostics", "CKernels", "CXXHash"], swiftSettings: swift),
    .target(name: "Safetensors", dependencies: ["Diagnostics", "StrictJSON", "Digests"], swiftSettings: swift),
    .target(name: "Quantization", dependencies: ["Diagnostics", "CKernels"], swiftSettings: swift),
    .target(
      name: "Checkpoint", dependencies: ["Diagnostics", "StrictJSON", "Digests", "Safetensors"], swiftSettings: swift),
    .target(
      name: "Manifests", dependencies: ["Diagnostics", "StrictJSON", "Digests", "Quantization", "Checkpoint"],
      swiftSettings: swift),
    .target(
      name: "Tokenization", dependencies: ["Diagnostics", "StrictJSON", "Digests"], exclude: ["Tables/make_tables.py"],
      swiftSettings: swift),
    .target(name: "Images", dependencies: ["Diagnostics", "StrictJSON", "Digests", "CImages"], swiftSettings: swift),
    .target(
      name: "Workspace", dependencies: ["Diagnostics", "StrictJSON", "Digests", "CKernels"], swiftSettings: swift),
    .target(name: "Signatures", dependencies: ["Diagnostics", "StrictJSON", "Digests"], swiftSettings: swift),
    .target(
      name: "Archive", dependencies: ["Diagnostics", "Digests", "Workspace", "CZstd"], swiftSettings: swift),
    .executableTarget(
      name: "FuzzParsers",
      dependencies: [
        "Archive", "Checkpoint", "Digests", "Images", "Manifests", "Safetensors", "Signatures", "StrictJSON",
        "Tokenization", "Workspace",
      ], swiftSettings: swift),
  ]
)
