// swift-tools-version: 6.1
import PackageDescription

// What reads files of strangers, in a package of its own that builds in a few minutes under a sanitizer: with a driver for
// libFuzzer (tools/fuzz/run), or with the tests (tools/sanitize, which sets CAMBIUM_SANITIZE). `Sources` and `Tests` hold
// links to the project's. Of Signatures only what reads is there: the rest needs swift-crypto.
let swift: [SwiftSetting] = [.swiftLanguageMode(.v6)]
let parsers: [Target.Dependency] = [
  "Archive", "Checkpoint", "Digests", "Images", "Manifests", "Safetensors", "Signatures", "StrictJSON", "Templates",
  "Tokenization", "Workspace",
]
let driver: [Target] = [.executableTarget(name: "FuzzParsers", dependencies: parsers, swiftSettings: swift)]
let tests: [Target] = [
  .systemLibrary(name: "CJSON", pkgConfig: "json-c"),
  .testTarget(
    name: "StrictJSONTests", dependencies: ["StrictJSON", "Diagnostics", "CJSON"], swiftSettings: swift),
  .testTarget(
    name: "SafetensorsTests", dependencies: ["Safetensors", "StrictJSON", "Digests", "Diagnostics"],
    swiftSettings: swift),
  .testTarget(
    name: "WorkspaceTests", dependencies: ["Workspace", "Diagnostics", "StrictJSON", "Digests"], swiftSettings: swift),
  .testTarget(
    name: "ArchiveTests", dependencies: ["Archive", "Diagnostics", "Digests", "Workspace"], swiftSettings: swift),
  .testTarget(
    name: "TemplatesTests", dependencies: ["Templates", "Diagnostics", "StrictJSON"], exclude: ["Fixtures"],
    swiftSettings: swift),
  .testTarget(
    name: "TokenizationTests", dependencies: ["Tokenization", "Templates", "Diagnostics", "StrictJSON"],
    exclude: ["Fixtures"], swiftSettings: swift),
  .testTarget(
    name: "ImagesTests", dependencies: ["Images", "Diagnostics", "StrictJSON"], exclude: ["Fixtures"],
    swiftSettings: swift),
  .testTarget(name: "HostileInputTests", dependencies: parsers + ["Diagnostics"], swiftSettings: swift),
]

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
    .target(name: "Templates", dependencies: ["Diagnostics", "StrictJSON", "Digests"], swiftSettings: swift),
    .target(
      name: "Tokenization", dependencies: ["Diagnostics", "StrictJSON", "Digests", "Templates"],
      exclude: ["Tables/make_tables.py"], swiftSettings: swift),
    .target(name: "Images", dependencies: ["Diagnostics", "StrictJSON", "Digests", "CImages"], swiftSettings: swift),
    .target(
      name: "Workspace", dependencies: ["Diagnostics", "StrictJSON", "Digests", "CKernels"], swiftSettings: swift),
    .target(name: "Signatures", dependencies: ["Diagnostics", "StrictJSON", "Digests"], swiftSettings: swift),
    .target(
      name: "Archive", dependencies: ["Diagnostics", "Digests", "Workspace", "CZstd"], swiftSettings: swift),
  ] + (Context.environment["CAMBIUM_SANITIZE"] == nil ? driver : tests)
)
