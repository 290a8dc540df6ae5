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
    .target(name: "Digests", dependencies: ["Diagnostics", "CKernels", "CXXHash"]),
    .target(name: "Safetensors", dependencies: ["Diagnostics", "StrictJSON", "Digests"]),
    .target(name: "CKernels"),
    .target(name: "Quantization", dependencies: ["Diagnostics", "CKernels"]),
    .target(
      name: "Checkpoint",
      dependencies: ["Diagnostics", "StrictJSON", "Digests", "Safetensors", "Quantization"]),
    .target(
      name: "Inference",
      dependencies: [
        "Diagnostics", "StrictJSON", "Digests", "Safetensors", "Quantization", "CKernels", "Checkpoint", "Images",
        "COpenBLAS",
      ]),
    .target(
      name: "Manifests", dependencies: ["Diagnostics", "StrictJSON", "Digests", "Quantization", "Checkpoint"]),
    .target(
      name: "Tokenization", dependencies: ["Diagnostics", "StrictJSON", "Digests"], exclude: ["Tables/make_tables.py"]),
    .target(
      name: "Workspace", dependencies: ["Diagnostics", "StrictJSON", "Digests", "CKernels"]),
    .target(name: "CImages", dependencies: ["CPNG", "CJPEG"]),
    .target(name: "Images", dependencies: ["Diagnostics", "StrictJSON", "Digests", "CImages"]),
    .target(
      name: "Planning",
      dependencies: [
        "Checkpoint", "Diagnostics", "Digests", "Manifests", "Quantization", "Safetensors", "StrictJSON",
      ]),
    .target(
      name: "Measuring",
      dependencies: ["Checkpoint", "Diagnostics", "Digests", "Planning", "Quantization", "StrictJSON"]),
    .target(
      name: "Streaming",
      dependencies: [
        "Checkpoint", "Digests", "Measuring", "Planning", "Quantization", "Safetensors", "StrictJSON", "Workspace",
      ]),
    .target(
      name: "Readers",
      dependencies: ["Checkpoint", "Diagnostics", "Digests", "Manifests", "Planning", "Safetensors", "StrictJSON"]),
    .target(
      name: "Audit",
      dependencies: [
        "Checkpoint", "Diagnostics", "Digests", "Manifests", "Measuring", "Planning", "Quantization", "Readers",
        "StrictJSON",
      ]),
    .target(
      name: "PackageCheck",
      dependencies: [
        "Audit", "Checkpoint", "Diagnostics", "Digests", "Planning", "Readers", "Safetensors", "StrictJSON",
        "Workspace",
      ]),
    .target(
      name: "Conversion",
      dependencies: [
        "Audit", "Checking", "Checkpoint", "Diagnostics", "Digests", "Inference", "Manifests", "Measuring",
        "PackageCheck", "Planning", "Readers", "Streaming", "StrictJSON", "Tokenization", "Workspace",
      ]),
    .target(
      name: "Signatures",
      dependencies: [
        "Diagnostics", "StrictJSON", "Digests", "Workspace", .product(name: "Crypto", package: "swift-crypto"),
      ]),
    .target(
      name: "Archive", dependencies: ["Diagnostics", "Digests", "Workspace", "CZstd"]),
    .executableTarget(
      name: "cambium",
      dependencies: [
        "Archive", "Audit", "Checkpoint", "Conversion", "Diagnostics", "Digests", "PackageCheck", "Planning", "Readers",
        "Signatures", "StrictJSON", "Workspace",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ]),
    .target(
      name: "Benchmarking",
      dependencies: [
        "CKernels", "COpenBLAS", "Checking", "Diagnostics", "Digests", "Images", "Inference", "Quantization",
        "StrictJSON", "Workspace",
      ]),
    .executableTarget(
      name: "cambium-bench",
      dependencies: [
        "Benchmarking", "Diagnostics", "Quantization",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .target(
      name: "Checking",
      dependencies: [
        "Diagnostics", "StrictJSON", "Digests", "Safetensors", "Tokenization", "Workspace", "Inference", "Images",
      ]),
    .executableTarget(
      name: "verify-runner",
      dependencies: [
        "Benchmarking", "Checking", "Diagnostics", "StrictJSON", "Digests", "Tokenization", "Workspace", "Inference",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .testTarget(
      name: "StrictJSONTests", dependencies: ["StrictJSON", "Diagnostics", "CJSON"]),
    .testTarget(
      name: "TokenizationTests", dependencies: ["Tokenization", "Diagnostics", "StrictJSON"], exclude: ["Fixtures"]),
    .testTarget(
      name: "ImagesTests", dependencies: ["Images", "Diagnostics", "StrictJSON"], exclude: ["Fixtures"]),
    .testTarget(
      name: "DigestsTests",
      dependencies: ["Digests", "Diagnostics", "CKernels", .product(name: "Crypto", package: "swift-crypto")]),
    .testTarget(
      name: "SafetensorsTests", dependencies: ["Safetensors", "Diagnostics"]),
    .testTarget(
      name: "QuantizationTests", dependencies: ["Quantization", "Diagnostics"], exclude: ["Fixtures"]),
    .testTarget(
      name: "InferenceTests",
      dependencies: [
        "CKernels",
        "Inference", "Checkpoint", "Quantization", "Diagnostics", "StrictJSON", "Safetensors", "Digests", "Conversion",
        "Images",
      ], exclude: ["Fixtures"]),
    .testTarget(
      name: "CheckingTests",
      dependencies: [
        "Benchmarking", "Checking", "Checkpoint", "Inference", "Tokenization", "Safetensors", "StrictJSON",
        "Digests", "Diagnostics", "verify-runner",
      ]),
    .testTarget(
      name: "BenchmarkingTests",
      dependencies: ["Benchmarking", "Checking", "StrictJSON"], exclude: ["Golden"]),
    .testTarget(
      name: "WorkspaceTests", dependencies: ["Workspace", "Diagnostics", "StrictJSON", "Digests"]),
    .testTarget(name: "ArchitectureTests"),
    .testTarget(
      name: "ArchiveTests", dependencies: ["Archive", "Diagnostics", "Digests", "Workspace"]),
    .testTarget(
      name: "HostileInputTests",
      dependencies: [
        "Archive", "Checkpoint", "Diagnostics", "Digests", "Images", "Manifests", "Safetensors", "Signatures",
        "StrictJSON",
        "Tokenization", "Workspace",
      ]),
    .testTarget(
      name: "ConversionTests",
      dependencies: [
        "Audit", "Checkpoint", "Conversion", "Diagnostics", "Digests", "Manifests", "PackageCheck", "Planning",
        "Quantization", "Readers", "Safetensors", "StrictJSON", "Workspace",
      ], exclude: ["Fixtures", "Golden"]),
    .testTarget(
      name: "SignaturesTests",
      dependencies: ["Signatures", "Diagnostics", "StrictJSON", .product(name: "Crypto", package: "swift-crypto")],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "CommandLineTests",
      dependencies: [
        "cambium", "StrictJSON", "Digests", .product(name: "Crypto", package: "swift-crypto"),
      ], exclude: ["Golden"]),
  ],
  swiftLanguageModes: [.v6]
)
