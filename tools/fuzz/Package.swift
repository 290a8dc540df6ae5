// swift-tools-version: 6.1
import PackageDescription

// What reads files of strangers and what works in threads, in a package of its own that builds in a few minutes under a
// sanitizer: with a driver for libFuzzer (tools/fuzz/run), or with the tests (tools/sanitize, which names the sanitizer in
// CAMBIUM_SANITIZE). `Sources` and `Tests` hold links to the project's. Of Signatures only what reads is there: the rest
// needs swift-crypto.
let sanitizer = Context.environment["CAMBIUM_SANITIZE"]
let paths: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let parsers: [Target.Dependency] = [
  paths, "Archive", "Checkpoint", "Digests", "Files", "Images", "Manifests", "Safetensors", "Signatures", "StrictJSON",
  "Templates", "Tokenization", "Workspace",
]
let driver: [Target] = [.executableTarget(name: "FuzzParsers", dependencies: parsers)]
let threadTests: [Target] = [
  .target(
    name: "TestSupport", dependencies: ["Diagnostics", "StrictJSON", "Threads", paths], path: "Tests/TestSupport"),
  .testTarget(name: "FilesTests", dependencies: ["Files", "Diagnostics", "Threads", "TestSupport", paths]),
  .testTarget(name: "ThreadsTests", dependencies: ["Threads", "TestSupport"]),
  .testTarget(name: "StreamingTests", dependencies: ["Digests", "Planning", "Streaming", "Threads", paths]),
  .testTarget(
    name: "WorkspaceTests",
    dependencies: ["Workspace", "Diagnostics", "Files", "StrictJSON", "Threads", "Digests", "TestSupport", paths]),
  .testTarget(
    name: "ArchiveTests", dependencies: ["Archive", "Diagnostics", "Digests", "Files", "TestSupport", paths]),
]
let parserTests: [Target] = [
  .systemLibrary(name: "CJSON", pkgConfig: "json-c"),
  .testTarget(
    name: "StrictJSONTests", dependencies: ["StrictJSON", "Diagnostics", "CJSON", "TestSupport"]),
  .testTarget(
    name: "SafetensorsTests",
    dependencies: ["Safetensors", "StrictJSON", "Digests", "Diagnostics", "TestSupport", paths]),
  .testTarget(
    name: "TemplatesTests", dependencies: ["Templates", "Diagnostics", "StrictJSON", "TestSupport", paths],
    exclude: ["Fixtures"]),
  .testTarget(
    name: "TokenizationTests",
    dependencies: ["Tokenization", "Templates", "Diagnostics", "StrictJSON", "TestSupport", paths],
    exclude: ["Fixtures"]),
  .testTarget(
    name: "ImagesTests", dependencies: ["Images", "Diagnostics", "StrictJSON", "TestSupport", paths],
    exclude: ["Fixtures"]),
  .testTarget(name: "HostileInputTests", dependencies: parsers + ["Diagnostics", "TestSupport"]),
]
let tests =
  switch sanitizer {
  case nil: driver
  case "thread": threadTests
  default: threadTests + parserTests
  }

let package = Package(
  name: "fuzz",
  platforms: [.macOS(.v15)],
  dependencies: [.package(url: "https://github.com/apple/swift-system", from: "1.8.0")],
  targets: [
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd"),
    .systemLibrary(name: "CXXHash", pkgConfig: "libxxhash"),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng"),
    .systemLibrary(name: "CJPEG", pkgConfig: "libjpeg"),
    .target(
      name: "CKernels",
      exclude: ["README.md"]
        + ["common", "decode", "digest", "encode", "fast", "measure", "product", "system", "vector"].map {
          "\($0)/README.md"
        },
      // The kernels at -O0 would take most of the time of a debug build's tests.
      cSettings: sanitizer == "thread" ? [.unsafeFlags(["-O1"])] : []),
    .target(name: "CImages", dependencies: ["CPNG", "CJPEG"]),
    .target(name: "Diagnostics"),
    .target(name: "StrictJSON", dependencies: ["Diagnostics"]),
    // The lock of the house tells the thread sanitizer of its turns.
    .target(
      name: "Threads", dependencies: ["Diagnostics", "CKernels"],
      swiftSettings: sanitizer == "thread" ? [.define("CAMBIUM_TSAN")] : []),
    .target(name: "Files", dependencies: ["Diagnostics", "CKernels", "Threads", paths]),
    .target(name: "Digests", dependencies: ["Files", "CKernels", "CXXHash", "StrictJSON", paths]),
    .target(name: "Safetensors", dependencies: ["Diagnostics", "Files", "StrictJSON", paths]),
    .target(name: "Quantization", dependencies: ["Diagnostics", "CKernels"]),
    .target(
      name: "Checkpoint",
      dependencies: ["Diagnostics", "Digests", "Files", "Quantization", "StrictJSON", "Safetensors", "Threads", paths]),
    .target(
      name: "Manifests",
      dependencies: [
        "Diagnostics", "Files", "StrictJSON", "Digests", "Quantization", "Checkpoint", "Safetensors", paths,
      ]),
    .target(name: "Templates", dependencies: ["Diagnostics", "Files", "StrictJSON", paths]),
    .target(
      name: "Tokenization", dependencies: ["Diagnostics", "Files", "StrictJSON", "Templates", paths],
      exclude: ["Tables/make_tables.py"]),
    .target(name: "Images", dependencies: ["Diagnostics", "Files", "StrictJSON", "CImages", paths]),
    .target(
      name: "Workspace", dependencies: ["Diagnostics", "Files", "StrictJSON", "Digests", "Threads", paths]),
    .target(
      name: "Adapters", dependencies: ["Checkpoint", "Diagnostics", "Files", "Safetensors", "StrictJSON", paths]),
    .target(
      name: "Planning",
      dependencies: [
        "Adapters", "Checkpoint", "Diagnostics", "Digests", "Files", "Manifests", "Quantization", "Safetensors",
        "StrictJSON", "Tokenization", paths,
      ]),
    .target(
      name: "Measuring",
      dependencies: ["Checkpoint", "Diagnostics", "Digests", "Planning", "Quantization", "StrictJSON"]),
    .target(
      name: "Streaming",
      dependencies: [
        "Checkpoint", "Digests", "Files", "Manifests", "Measuring", "Planning", "Quantization", "Safetensors",
        "StrictJSON",
        "Threads", "Workspace", paths,
      ]),
    .target(name: "Signatures", dependencies: ["Diagnostics", "Files", "StrictJSON", "Digests", paths]),
    .target(
      name: "Archive", dependencies: ["Diagnostics", "Files", "Threads", "Digests", "Workspace", "CZstd", paths]),
  ] + tests,
  swiftLanguageModes: [.v6]
)
