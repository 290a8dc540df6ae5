// swift-tools-version: 6.2
import PackageDescription

let kernelFamilies = ["common", "decode", "digest", "encode", "fast", "measure", "product", "system", "vector"]

let package = Package(
  name: "cambium",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "cambium", targets: ["cambium"]),
    .executable(name: "verify-runner", targets: ["verify-runner"]),
  ],
  dependencies: [
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
  ],
  targets: [
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]),
    .systemLibrary(name: "CJSON", pkgConfig: "json-c", providers: [.apt(["libjson-c-dev"]), .brew(["json-c"])]),
    .systemLibrary(name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"]), .brew(["xxhash"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"]), .brew(["libpng"])]),
    .systemLibrary(
      name: "CJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg62-turbo-dev"]), .brew(["jpeg-turbo"])]),
    .systemLibrary(
      name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"]), .brew(["curl"])]),
    .target(name: "CKernels", exclude: ["README.md"] + kernelFamilies.map { "\($0)/README.md" }),
    .target(name: "COpenBLAS", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
    .target(name: "CImages", dependencies: ["CPNG", "CJPEG"]),
    .target(name: "Diagnostics"),
    .target(name: "StrictJSON", dependencies: ["Diagnostics"]),
    .target(name: "Threads", dependencies: ["CKernels", "Diagnostics"]),
    .target(
      name: "Files",
      dependencies: ["CKernels", "Diagnostics", "Threads", .product(name: "SystemPackage", package: "swift-system")]),
    .target(
      name: "Digests",
      dependencies: [
        "CKernels", "CXXHash", "Files", "StrictJSON", .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .target(name: "Quantization", dependencies: ["CKernels", "Diagnostics"]),
    .target(
      name: "Safetensors",
      dependencies: ["Diagnostics", "Files", "StrictJSON", .product(name: "SystemPackage", package: "swift-system")]),
    .target(
      name: "Checkpoint",
      dependencies: [
        "Diagnostics", "Digests", "Files", "Quantization", "Safetensors", "StrictJSON", "Threads",
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .target(
      name: "Adapters",
      dependencies: [
        "Checkpoint", "Diagnostics", "Files", "Safetensors", "StrictJSON",
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .target(
      name: "Manifests",
      dependencies: [
        "Checkpoint", "Diagnostics", "Digests", "Files", "Quantization", "Safetensors", "StrictJSON",
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .target(
      name: "Hub",
      dependencies: [
        "CCurl", "Checkpoint", "Diagnostics", "Digests", "Files", "Safetensors", "StrictJSON", "Threads",
        .product(name: "Crypto", package: "swift-crypto"), .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .target(
      name: "Workspace",
      dependencies: [
        "Diagnostics", "Digests", "Files", "StrictJSON", "Threads",
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .target(
      name: "Templates",
      dependencies: ["Diagnostics", "Files", "StrictJSON", .product(name: "SystemPackage", package: "swift-system")]),
    .target(
      name: "Tokenization",
      dependencies: [
        "Diagnostics", "Files", "StrictJSON", "Templates", .product(name: "SystemPackage", package: "swift-system"),
      ],
      exclude: ["Tables/make_tables.py"]),
    .target(
      name: "Images",
      dependencies: [
        "CImages", "Diagnostics", "Files", "StrictJSON", .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .target(
      name: "Inference",
      dependencies: [
        "CKernels", "COpenBLAS", "Checkpoint", "Diagnostics", "Digests", "Files", "Images", "Quantization",
        "Safetensors", "StrictJSON", "Threads", .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .target(name: "Batching", dependencies: ["Diagnostics", "Digests", "Inference", "Threads"]),
    .target(
      name: "Checking",
      dependencies: [
        "Batching", "Checkpoint", "Diagnostics", "Digests", "Files", "Images", "Inference", "Manifests",
        "Quantization", "Safetensors", "StrictJSON", "Templates", "Threads", "Tokenization", "Workspace",
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .target(
      name: "Benchmarking",
      dependencies: [
        "Batching", "CKernels", "COpenBLAS", "Checking", "Diagnostics", "Digests", "Files", "Images", "Inference",
        "Quantization",
        "StrictJSON", "Threads", .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .target(name: "OutputParsing", dependencies: ["StrictJSON", "Tokenization"]),
    .target(name: "Constraints", dependencies: ["StrictJSON"]),
    .target(
      name: "Serving",
      dependencies: [
        "Batching", "Checking", "Constraints", "Diagnostics", "Files", "Images", "Inference", "OutputParsing",
        "StrictJSON", "Templates", "Threads", "Tokenization",
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .target(
      name: "Planning",
      dependencies: [
        "Adapters", "Checkpoint", "Diagnostics", "Digests", "Files", "Manifests", "Quantization", "Safetensors",
        "StrictJSON", "Tokenization", .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .target(
      name: "Measuring",
      dependencies: ["Checkpoint", "Diagnostics", "Digests", "Planning", "Quantization", "StrictJSON"]),
    .target(
      name: "Streaming",
      dependencies: [
        "Checkpoint", "Digests", "Files", "Manifests", "Measuring", "Planning", "Quantization", "Safetensors",
        "StrictJSON", "Threads", "Workspace", .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .target(
      name: "Readers",
      dependencies: ["Checkpoint", "Diagnostics", "Files", "Manifests", "Planning", "Safetensors", "StrictJSON"]),
    .target(
      name: "Audit",
      dependencies: [
        "Checkpoint", "Diagnostics", "Digests", "Files", "Manifests", "Measuring", "Planning", "Quantization",
        "Readers", "StrictJSON", .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .target(
      name: "PackageCheck",
      dependencies: [
        "Audit", "Checkpoint", "Diagnostics", "Digests", "Files", "Planning", "Quantization", "Readers", "Safetensors",
        "StrictJSON", "Threads", .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .target(
      name: "Conversion",
      dependencies: [
        "Audit", "Checking", "Checkpoint", "Diagnostics", "Digests", "Files", "Inference", "Manifests", "Measuring",
        "PackageCheck", "Planning", "Quantization", "Readers", "Streaming", "StrictJSON", "Templates", "Threads",
        "Tokenization", "Workspace", .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .target(
      name: "Signatures",
      dependencies: [
        "Diagnostics", "Digests", "Files", "StrictJSON", .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .target(
      name: "Archive",
      dependencies: [
        "CZstd", "Diagnostics", "Digests", "Files", "Threads", .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .plugin(name: "NameCommit", capability: .buildTool()),
    .target(
      name: "Terminal",
      dependencies: [
        "CKernels", "Diagnostics", "Files", "StrictJSON", "Threads",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "SystemPackage", package: "swift-system"),
      ], plugins: ["NameCommit"]),
    .target(
      name: "ServingHTTP",
      dependencies: [
        "Diagnostics", "Serving", "StrictJSON", "Threads",
        .product(name: "Crypto", package: "swift-crypto"), .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"), .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .executableTarget(
      name: "cambium",
      dependencies: [
        "Archive", "Audit", "Checking", "Checkpoint", "Conversion", "Diagnostics", "Digests", "Files", "Hub",
        "Manifests", "PackageCheck", "Planning", "Quantization", "Readers", "Signatures", "StrictJSON", "Terminal",
        "Threads",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"), .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .executableTarget(
      name: "verify-runner",
      dependencies: [
        "Batching", "Benchmarking", "Checking", "Diagnostics", "Digests", "Files", "Inference", "OutputParsing",
        "Serving", "ServingHTTP", "StrictJSON", "Terminal", "Threads", "Tokenization",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .executableTarget(
      name: "cambium-bench",
      dependencies: [
        "Benchmarking", "Files", "Quantization", "Terminal",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .target(
      name: "TestSupport",
      dependencies: ["Diagnostics", "StrictJSON", "Threads", .product(name: "SystemPackage", package: "swift-system")],
      path: "Tests/TestSupport"),
    .testTarget(name: "ArchitectureTests"),
    .testTarget(
      name: "ArchiveTests",
      dependencies: [
        "Archive", "Diagnostics", "Digests", "Files", "TestSupport",
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .testTarget(
      name: "BatchingTests",
      dependencies: ["Batching", "Diagnostics", "Digests", "Inference", "TestSupport", "Threads"]),
    .testTarget(
      name: "BenchmarkingTests",
      dependencies: [
        "Benchmarking", "Checking", "StrictJSON", "TestSupport",
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      exclude: ["Golden"]),
    .testTarget(
      name: "CheckingTests",
      dependencies: [
        "verify-runner", "Benchmarking", "Checking", "Checkpoint", "Diagnostics", "Digests", "Files", "Inference",
        "Manifests", "Quantization", "Safetensors", "StrictJSON", "TestSupport", "Threads", "Workspace", "Tokenization",
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .testTarget(
      name: "CommandLineTests",
      dependencies: [
        "cambium", "cambium-bench", "verify-runner", "Digests", "StrictJSON", "TestSupport",
        .product(name: "Crypto", package: "swift-crypto"), .product(name: "SystemPackage", package: "swift-system"),
      ], exclude: ["Golden"]),
    .testTarget(
      name: "ConversionTests",
      dependencies: [
        "Adapters", "Audit", "Checkpoint", "Conversion", "Diagnostics", "Digests", "Files", "Manifests", "Measuring",
        "PackageCheck", "Planning", "Quantization", "Readers", "Safetensors", "Streaming", "StrictJSON", "TestSupport",
        "Threads", "Workspace", .product(name: "SystemPackage", package: "swift-system"),
      ], exclude: ["Fixtures", "Golden"]),
    .testTarget(
      name: "DigestsTests",
      dependencies: [
        "CKernels", "Digests", "TestSupport", .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .testTarget(
      name: "FilesTests",
      dependencies: [
        "Diagnostics", "Files", "TestSupport", "Threads", .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .testTarget(
      name: "HostileInputTests",
      dependencies: [
        "Archive", "Checkpoint", "Diagnostics", "Digests", "Images", "Manifests", "Safetensors", "Signatures",
        "StrictJSON", "Templates", "TestSupport", "Tokenization", "Workspace",
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .testTarget(
      name: "HubTests",
      dependencies: ["Checkpoint", "Diagnostics", "Hub", "StrictJSON", "TestSupport", "Threads"],
      exclude: ["Golden"]),
    .testTarget(
      name: "ImagesTests",
      dependencies: [
        "Diagnostics", "Images", "StrictJSON", "TestSupport", .product(name: "SystemPackage", package: "swift-system"),
      ], exclude: ["Fixtures"]),
    .testTarget(
      name: "InferenceTests",
      dependencies: [
        "CKernels", "Checkpoint", "Conversion", "Diagnostics", "Digests", "Images", "Inference", "Quantization",
        "Safetensors", "StrictJSON", "TestSupport", "Threads", .product(name: "SystemPackage", package: "swift-system"),
      ], exclude: ["Fixtures"]),
    .testTarget(
      name: "QuantizationTests", dependencies: ["Diagnostics", "Quantization", "TestSupport"], exclude: ["Fixtures"]),
    .testTarget(
      name: "SafetensorsTests",
      dependencies: [
        "Diagnostics", "Safetensors", "StrictJSON", "TestSupport",
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .testTarget(
      name: "ServingHTTPTests",
      dependencies: [
        "Diagnostics", "Serving", "ServingHTTP", "StrictJSON", "Threads",
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .testTarget(name: "ConstraintsTests", dependencies: ["Constraints", "StrictJSON", "TestSupport"]),
    .testTarget(
      name: "ServingTests",
      dependencies: [
        "Batching", "Checking", "Files", "Inference", "OutputParsing", "Serving", "StrictJSON", "TestSupport",
        "Threads",
        "Tokenization", .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .testTarget(
      name: "SignaturesTests",
      dependencies: [
        "Diagnostics", "Files", "Signatures", "StrictJSON", .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      exclude: ["Fixtures"]),
    .testTarget(name: "StrictJSONTests", dependencies: ["CJSON", "Diagnostics", "StrictJSON", "TestSupport"]),
    .testTarget(
      name: "TemplatesTests",
      dependencies: [
        "Diagnostics", "StrictJSON", "Templates", "TestSupport",
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "StreamingTests",
      dependencies: [
        "Digests", "Planning", "Streaming", "Threads", .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .testTarget(name: "ThreadsTests", dependencies: ["TestSupport", "Threads"]),
    .testTarget(name: "TerminalTests", dependencies: ["Terminal", "Threads"]),
    .testTarget(
      name: "TokenizationTests",
      dependencies: [
        "Diagnostics", "StrictJSON", "Templates", "TestSupport", "Tokenization",
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "WorkspaceTests",
      dependencies: [
        "Diagnostics", "Digests", "Files", "StrictJSON", "TestSupport", "Workspace",
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
  ],
  swiftLanguageModes: [.v6]
)
