// swift-tools-version: 6.1
import PackageDescription

let swift: [SwiftSetting] = [.swiftLanguageMode(.v6)]

let package = Package(
  name: "cambium",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "cambium", targets: ["cambium"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
  ],
  targets: [
    .target(name: "Diagnostics", swiftSettings: swift),
    .target(name: "StrictJSON", dependencies: ["Diagnostics"], swiftSettings: swift),
    .target(
      name: "Digests", dependencies: ["Diagnostics", .product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: swift),
    .target(name: "Safetensors", dependencies: ["Diagnostics", "StrictJSON", "Digests"], swiftSettings: swift),
    .target(name: "CKernels"),
    .target(name: "Quantization", dependencies: ["Diagnostics", "CKernels"], swiftSettings: swift),
    .target(
      name: "Checkpoint", dependencies: ["Diagnostics", "StrictJSON", "Digests", "Safetensors"], swiftSettings: swift),
    .target(
      name: "Manifests", dependencies: ["Diagnostics", "StrictJSON", "Digests", "Quantization", "Checkpoint"],
      swiftSettings: swift),
    .target(name: "Workspace", dependencies: ["Diagnostics", "StrictJSON", "Digests"], swiftSettings: swift),
    .target(
      name: "Conversion",
      dependencies: [
        "Diagnostics", "StrictJSON", "Digests", "Safetensors", "Quantization", "Checkpoint", "Manifests", "Workspace",
      ], swiftSettings: swift),
    .executableTarget(
      name: "cambium",
      dependencies: [
        "Checkpoint", "Conversion", "Diagnostics", "StrictJSON", "Workspace",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: swift),
  ]
)
