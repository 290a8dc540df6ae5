// swift-tools-version: 6.1
import PackageDescription

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
    .target(name: "Diagnostics"),
    .target(name: "StrictJSON", dependencies: ["Diagnostics"]),
    .target(name: "Threads"),
    .target(name: "Files", dependencies: ["Diagnostics", "CKernels"]),
    .target(name: "Digests", dependencies: ["Files", "CKernels", "CXXHash"]),
    .target(name: "Safetensors", dependencies: ["Files", "Diagnostics", "StrictJSON"]),
    .target(name: "CKernels"),
    .target(name: "Quantization", dependencies: ["Diagnostics", "CKernels"]),
    .target(
      name: "Checkpoint", dependencies: ["Files", "Diagnostics", "StrictJSON", "Safetensors"]),
    .target(
      name: "Inference",
      dependencies: [
        "Files", "Diagnostics", "StrictJSON", "Safetensors", "Quantization", "CKernels", "Checkpoint", "Images",
        "COpenBLAS",
      ]),
    .target(
      name: "Manifests", dependencies: ["Files", "Diagnostics", "StrictJSON", "Digests", "Quantization", "Checkpoint"]),
    .target(name: "Templates", dependencies: ["Files", "Diagnostics", "StrictJSON"]),
    .target(
      name: "Tokenization", dependencies: ["Files", "Diagnostics", "StrictJSON", "Templates"],
      exclude: ["Tables/make_tables.py"]),
    .target(
      name: "Workspace", dependencies: ["Files", "Diagnostics", "StrictJSON", "Digests"]),
    .target(name: "CImages", dependencies: ["CPNG", "CJPEG"]),
    .target(name: "Images", dependencies: ["Files", "Diagnostics", "StrictJSON", "CImages"]),
    .target(
      name: "Conversion",
      dependencies: [
        "Threads", "Files", "Diagnostics", "StrictJSON", "Digests", "Safetensors", "Quantization", "Checkpoint",
        "Manifests", "Workspace",
        "Inference", "Templates", "Tokenization", "Checking",
      ]),
    .target(
      name: "Signatures",
      dependencies: [
        "Files", "Diagnostics", "StrictJSON", "Digests", .product(name: "Crypto", package: "swift-crypto"),
      ]),
    .target(
      name: "Archive", dependencies: ["Threads", "Files", "Diagnostics", "Digests", "Workspace", "CZstd"]),
    .plugin(name: "NameCommit", capability: .buildTool()),
    .target(
      name: "Terminal",
      dependencies: [
        "Threads", "Diagnostics", "StrictJSON", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], plugins: ["NameCommit"]),
    .executableTarget(
      name: "cambium",
      dependencies: [
        "Threads", "Files", "Archive", "Checkpoint", "Conversion", "Diagnostics", "Digests", "Signatures", "StrictJSON",
        "Terminal", "Workspace",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ]),
    .target(
      name: "Benchmarking",
      dependencies: [
        "Threads", "Files", "CKernels", "COpenBLAS", "Checking", "Diagnostics", "Digests", "Images", "Inference",
        "Quantization",
        "StrictJSON",
      ]),
    .executableTarget(
      name: "cambium-bench",
      dependencies: [
        "Benchmarking", "Quantization", "Terminal",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .target(
      name: "Checking",
      dependencies: [
        "Files", "Diagnostics", "StrictJSON", "Digests", "Safetensors", "Templates", "Tokenization", "Workspace",
        "Inference", "Images",
      ]),
    .executableTarget(
      name: "verify-runner",
      dependencies: [
        "Threads", "Files", "Benchmarking", "Checking", "Diagnostics", "StrictJSON", "Terminal", "Tokenization",
        "Inference", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .testTarget(
      name: "StrictJSONTests", dependencies: ["StrictJSON", "Diagnostics", "CJSON"]),
    .testTarget(
      name: "TemplatesTests", dependencies: ["Templates", "Diagnostics", "StrictJSON"], exclude: ["Fixtures"]),
    .testTarget(
      name: "TokenizationTests", dependencies: ["Tokenization", "Templates", "Diagnostics", "StrictJSON"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "ImagesTests", dependencies: ["Images", "Diagnostics", "StrictJSON"], exclude: ["Fixtures"]),
    .testTarget(
      name: "DigestsTests",
      dependencies: ["Files", "Digests", "Diagnostics", "CKernels", .product(name: "Crypto", package: "swift-crypto")]),
    .testTarget(
      name: "SafetensorsTests", dependencies: ["Safetensors", "Diagnostics"]),
    .testTarget(
      name: "QuantizationTests", dependencies: ["Quantization", "Diagnostics"], exclude: ["Fixtures"]),
    .testTarget(
      name: "InferenceTests",
      dependencies: [
        "CKernels", "Inference", "Checkpoint", "Quantization", "Diagnostics", "StrictJSON", "Safetensors", "Digests",
        "Conversion",
        "Images",
      ], exclude: ["Fixtures"]),
    .testTarget(
      name: "CheckingTests",
      dependencies: [
        "Files", "Benchmarking", "Checking", "Checkpoint", "Inference", "Tokenization", "Safetensors", "StrictJSON",
        "Diagnostics", "verify-runner",
      ]),
    .testTarget(
      name: "BenchmarkingTests",
      dependencies: ["Benchmarking", "Checking", "StrictJSON"], exclude: ["Golden"]),
    .testTarget(
      name: "WorkspaceTests", dependencies: ["Threads", "Files", "Workspace", "Diagnostics", "StrictJSON", "Digests"]),
    .testTarget(
      name: "ArchiveTests", dependencies: ["Archive", "Diagnostics", "Digests", "Workspace"]),
    .testTarget(
      name: "HostileInputTests",
      dependencies: [
        "Archive", "Checkpoint", "Diagnostics", "Digests", "Images", "Manifests", "Safetensors", "Signatures",
        "StrictJSON", "Templates", "Tokenization", "Workspace",
      ]),
    .testTarget(
      name: "ConversionTests",
      dependencies: [
        "Files", "Conversion", "Diagnostics", "StrictJSON", "Digests", "Safetensors", "Quantization", "Checkpoint",
        "Manifests",
        "Workspace",
      ], exclude: ["Fixtures", "Golden"]),
    .testTarget(
      name: "SignaturesTests",
      dependencies: ["Signatures", "Diagnostics", "StrictJSON", .product(name: "Crypto", package: "swift-crypto")],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "CommandLineTests",
      dependencies: [
        "cambium", "cambium-bench", "verify-runner", "StrictJSON", "Digests",
        .product(name: "Crypto", package: "swift-crypto"),
      ], exclude: ["Golden"]),
  ],
  swiftLanguageModes: [.v6]
)
