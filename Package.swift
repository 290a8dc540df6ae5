// swift-tools-version: 6.1
import PackageDescription

let swift: [SwiftSetting] = [.swiftLanguageMode(.v6)]

let package = Package(
  name: "cambium",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "cambium", targets: ["cambium"]),
    .executable(name: "verify-runner", targets: ["verify-runner"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
  ],
  targets: [
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]),
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"]), .brew(["openblas"])]),
    .systemLibrary(name: "CJSON", pkgConfig: "json-c", providers: [.apt(["libjson-c-dev"]), .brew(["json-c"])]),
    .systemLibrary(name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"]), .brew(["xxhash"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"]), .brew(["libpng"])]),
    .systemLibrary(
      name: "CJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg62-turbo-dev"]), .brew(["jpeg-turbo"])]),
    .target(name: "Diagnostics", swiftSettings: swift),
    .target(name: "StrictJSON", dependencies: ["Diagnostics"], swiftSettings: swift),
    .target(name: "Digests", dependencies: ["Diagnostics", "CKernels", "CXXHash"], swiftSettings: swift),
    .target(name: "Safetensors", dependencies: ["Diagnostics", "StrictJSON", "Digests"], swiftSettings: swift),
    .target(name: "CKernels"),
    .target(name: "Quantization", dependencies: ["Diagnostics", "CKernels"], swiftSettings: swift),
    .target(
      name: "Checkpoint", dependencies: ["Diagnostics", "StrictJSON", "Digests", "Safetensors"], swiftSettings: swift),
    .target(
      name: "Inference",
      dependencies: [
        "Diagnostics", "StrictJSON", "Digests", "Safetensors", "Quantization", "CKernels", "Checkpoint", "Images",
        "COpenBLAS",
      ], swiftSettings: swift),
    .target(
      name: "Manifests", dependencies: ["Diagnostics", "StrictJSON", "Digests", "Quantization", "Checkpoint"],
      swiftSettings: swift),
    .target(name: "Templates", dependencies: ["Diagnostics", "StrictJSON", "Digests"], swiftSettings: swift),
    .target(
      name: "Tokenization", dependencies: ["Diagnostics", "StrictJSON", "Digests", "Templates"],
      exclude: ["Tables/make_tables.py"], swiftSettings: swift),
    .target(
      name: "Workspace", dependencies: ["Diagnostics", "StrictJSON", "Digests", "CKernels"], swiftSettings: swift),
    .target(name: "CImages", dependencies: ["CPNG", "CJPEG"]),
    .target(name: "Images", dependencies: ["Diagnostics", "StrictJSON", "Digests", "CImages"], swiftSettings: swift),
    .target(
      name: "Conversion",
      dependencies: [
        "Diagnostics", "StrictJSON", "Digests", "Safetensors", "Quantization", "Checkpoint", "Manifests", "Workspace",
        "Inference", "Templates", "Tokenization", "Checking",
      ], swiftSettings: swift),
    .target(
      name: "Signatures",
      dependencies: [
        "Diagnostics", "StrictJSON", "Digests", "Workspace", .product(name: "Crypto", package: "swift-crypto"),
      ], swiftSettings: swift),
    .target(
      name: "Archive", dependencies: ["Diagnostics", "Digests", "Workspace", "CZstd"], swiftSettings: swift),
    .plugin(name: "NameCommit", capability: .buildTool()),
    .target(
      name: "Terminal",
      dependencies: [
        "Diagnostics", "StrictJSON", "Workspace",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: swift, plugins: ["NameCommit"]),
    .executableTarget(
      name: "cambium",
      dependencies: [
        "Archive", "Checkpoint", "Conversion", "Diagnostics", "Digests", "Signatures", "StrictJSON", "Terminal",
        "Workspace",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: swift),
    .target(
      name: "Benchmarking",
      dependencies: [
        "CKernels", "COpenBLAS", "Checking", "Diagnostics", "Digests", "Images", "Inference", "Quantization",
        "StrictJSON", "Tokenization", "Workspace",
      ], swiftSettings: swift),
    .executableTarget(
      name: "cambium-bench",
      dependencies: [
        "Benchmarking", "Quantization", "Terminal",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: swift),
    .target(
      name: "Checking",
      dependencies: [
        "Diagnostics", "StrictJSON", "Digests", "Safetensors", "Templates", "Tokenization", "Workspace", "Inference",
        "Images",
      ], swiftSettings: swift),
    .executableTarget(
      name: "verify-runner",
      dependencies: [
        "Benchmarking", "Checking", "Diagnostics", "StrictJSON", "Digests", "Terminal", "Tokenization", "Workspace",
        "Inference", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: swift),
    .testTarget(
      name: "StrictJSONTests", dependencies: ["StrictJSON", "Diagnostics", "CJSON"], swiftSettings: swift),
    .testTarget(
      name: "TemplatesTests", dependencies: ["Templates", "Diagnostics", "StrictJSON"], exclude: ["Fixtures"],
      swiftSettings: swift),
    .testTarget(
      name: "TokenizationTests", dependencies: ["Tokenization", "Templates", "Diagnostics", "StrictJSON"],
      exclude: ["Fixtures"], swiftSettings: swift),
    .testTarget(
      name: "ImagesTests", dependencies: ["Images", "Diagnostics", "StrictJSON"], exclude: ["Fixtures"],
      swiftSettings: swift),
    .testTarget(
      name: "DigestsTests",
      dependencies: ["Digests", "Diagnostics", "CKernels", .product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: swift),
    .testTarget(
      name: "SafetensorsTests", dependencies: ["Safetensors", "StrictJSON", "Digests", "Diagnostics"],
      swiftSettings: swift),
    .testTarget(
      name: "QuantizationTests", dependencies: ["Quantization", "Diagnostics"], exclude: ["Fixtures"],
      swiftSettings: swift),
    .testTarget(
      name: "InferenceTests",
      dependencies: [
        "Inference", "Checkpoint", "Quantization", "Diagnostics", "StrictJSON", "Safetensors", "Digests", "Conversion",
        "Images",
      ], exclude: ["Fixtures"], swiftSettings: swift),
    .testTarget(
      name: "CheckingTests",
      dependencies: [
        "Benchmarking", "Checking", "Checkpoint", "Inference", "Images", "Tokenization", "Safetensors", "StrictJSON",
        "Digests", "Diagnostics", "verify-runner",
      ], swiftSettings: swift),
    .testTarget(
      name: "BenchmarkingTests",
      dependencies: ["Benchmarking", "Checking", "StrictJSON"], exclude: ["Golden"], swiftSettings: swift),
    .testTarget(
      name: "WorkspaceTests", dependencies: ["Workspace", "Diagnostics", "StrictJSON", "Digests"], swiftSettings: swift),
    .testTarget(
      name: "ArchiveTests", dependencies: ["Archive", "Diagnostics", "Digests", "Workspace"], swiftSettings: swift),
    .testTarget(
      name: "HostileInputTests",
      dependencies: [
        "Archive", "Checkpoint", "Diagnostics", "Digests", "Images", "Manifests", "Safetensors", "Signatures",
        "StrictJSON", "Templates", "Tokenization", "Workspace",
      ], swiftSettings: swift),
    .testTarget(
      name: "ConversionTests",
      dependencies: [
        "Conversion", "Diagnostics", "StrictJSON", "Digests", "Safetensors", "Quantization", "Checkpoint", "Manifests",
        "Workspace",
      ], exclude: ["Fixtures", "Golden"], swiftSettings: swift),
    .testTarget(
      name: "SignaturesTests",
      dependencies: ["Signatures", "Diagnostics", "StrictJSON", .product(name: "Crypto", package: "swift-crypto")],
      exclude: ["Fixtures"], swiftSettings: swift),
    .testTarget(
      name: "CommandLineTests",
      dependencies: [
        "cambium", "cambium-bench", "verify-runner", "StrictJSON", "Safetensors", "Digests",
        .product(name: "Crypto", package: "swift-crypto"),
      ], exclude: ["Golden"], swiftSettings: swift),
  ]
)
