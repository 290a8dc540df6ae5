// swift-tools-version: 6.1
import PackageDescription

// What reads files of strangers, in a package of its own that builds in a few minutes under a sanitizer: with a driver for
// libFuzzer (tools/fuzz/run), or with the tests (tools/sanitize, which sets CAMBIUM_SANITIZE). `Sources` and `Tests` hold
// links to the project's. Of Signatures only what reads is there: the rest needs swift-crypto.
let parsers: [Target.Dependency] = [
  "Archive", "Checkpoint", "Digests", "Files", "Images", "Manifests", "Safetensors", "Signatures", "StrictJSON",
  "Templates",
  "Tokenization", "Workspace",
]
let driver: [Target] = [.executableTarget(name: "FuzzParsers", dependencies: parsers)]
let tests: [Target] = [
  .systemLibrary(name: "CJSON", pkgConfig: "json-c"),
  .target(name: "TestSupport", dependencies: ["Diagnostics"], path: "Tests/TestSupport"),
  .testTarget(
    name: "StrictJSONTests", dependencies: ["StrictJSON", "Diagnostics", "CJSON", "TestSupport"]),
  .testTarget(
    name: "SafetensorsTests", dependencies: ["Safetensors", "StrictJSON", "Digests", "Diagnostics", "TestSupport"]),
  .testTarget(
    name: "FilesTests", dependencies: ["Files", "Diagnostics", "Threads", "TestSupport"]),
  .testTarget(name: "ThreadsTests", dependencies: ["Threads", "TestSupport"]),
  .testTarget(
    name: "WorkspaceTests", dependencies: ["Workspace", "Diagnostics", "Files", "StrictJSON", "Threads", "Digests", "TestSupport"]),
  .testTarget(
    name: "ArchiveTests", dependencies: ["Archive", "Diagnostics", "Digests", "Workspace"]),
  .testTarget(
    name: "TemplatesTests", dependencies: ["Templates", "Diagnostics", "StrictJSON"], exclude: ["Fixtures"]),
  .testTarget(
    name: "TokenizationTests", dependencies: ["Tokenization", "Templates", "Diagnostics", "StrictJSON", "TestSupport"],
    exclude: ["Fixtures"]),
  .testTarget(
    name: "ImagesTests", dependencies: ["Images", "Diagnostics", "StrictJSON", "TestSupport"], exclude: ["Fixtures"]),
  .testTarget(name: "HostileInputTests", dependencies: parsers + ["Diagnostics", "TestSupport"]),
]

let package = Package(
  name: "fuzz",
  platforms: [.macOS(.v15)],
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
        }),
    .target(name: "CImages", dependencies: ["CPNG", "CJPEG"]),
    .target(name: "Diagnostics"),
    .target(name: "StrictJSON", dependencies: ["Diagnostics"]),
    .target(name: "Threads"),
    .target(name: "Files", dependencies: ["Diagnostics", "CKernels"]),
    .target(name: "Digests", dependencies: ["Files", "CKernels", "CXXHash"]),
    .target(name: "Safetensors", dependencies: ["Diagnostics", "Files", "StrictJSON"]),
    .target(name: "Quantization", dependencies: ["Diagnostics", "CKernels"]),
    .target(
      name: "Checkpoint",
      dependencies: ["Diagnostics", "Digests", "Files", "Quantization", "StrictJSON", "Safetensors"]),
    .target(
      name: "Manifests", dependencies: ["Diagnostics", "Files", "StrictJSON", "Digests", "Quantization", "Checkpoint"]),
    .target(name: "Templates", dependencies: ["Diagnostics", "Files", "StrictJSON"]),
    .target(
      name: "Tokenization", dependencies: ["Diagnostics", "Files", "StrictJSON", "Templates"],
      exclude: ["Tables/make_tables.py"]),
    .target(name: "Images", dependencies: ["Diagnostics", "Files", "StrictJSON", "CImages"]),
    .target(
      name: "Workspace", dependencies: ["Diagnostics", "Files", "StrictJSON", "Digests"]),
    .target(name: "Signatures", dependencies: ["Diagnostics", "Files", "StrictJSON", "Digests"]),
    .target(
      name: "Archive", dependencies: ["Diagnostics", "Files", "Threads", "Digests", "Workspace", "CZstd"]),
  ] + (Context.environment["CAMBIUM_SANITIZE"] == nil ? driver : tests),
  swiftLanguageModes: [.v6]
)
