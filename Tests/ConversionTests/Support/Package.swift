import Audit
import SystemPackage
import Digests
import Foundation
import PackageCheck
import Safetensors
import StrictJSON
import Testing

/// A published package, read by hand.
struct Package {
  let path: String

  init(_ path: String) { self.path = path }

  /// Dtype, shape and bytes of a tensor, looked for in every safetensors file.
  func tensor(_ name: String) throws -> TinyCheckpoint.Tensor {
    for file in filesBelow(path) where file.hasSuffix(".safetensors") {
      let weights = try SafetensorsFile(path: FilePath(path + "/" + file))
      guard let entry = weights.header[name] else { continue }
      return TinyCheckpoint.Tensor(dtype: entry.dtype, shape: entry.shape, bytes: try weights.readData(of: entry))
    }
    throw Missing(tensor: name)
  }

  struct Missing: Error { let tensor: String }

  var names: [String] {
    get throws {
      try filesBelow(path).filter { $0.hasSuffix(".safetensors") }.flatMap {
        try SafetensorsFile(path: FilePath(path + "/" + $0)).header.tensors.map(\.name)
      }
    }
  }

  var config: JSONValue { get throws { try readJSON(path + "/config.json") } }
  /// `audit.json` as it stands there.
  var auditJSON: JSONValue { get throws { try readJSON(path + "/audit.json") } }
  var audit: AuditDocument { get throws { try AuditDocument(path: FilePath(path + "/audit.json")) } }

  /// Writes SHA256SUMS anew, as somebody would who wants to hide a change.
  func sumAgain() throws {
    let names = filesBelow(path).filter { $0 != "SHA256SUMS" }
    let lines = try names.map { "\(SHA256Digest.of(try readBytes(path + "/" + $0)).hex)  \($0)\n" }
    try writeBytes(Array(lines.joined().utf8), path + "/SHA256SUMS")
  }

  /// The problems of one check of the verifier; `sum` hides the change from SHA256SUMS before.
  func problems(of check: String, sum: Bool = true) throws -> [String] {
    if sum { try sumAgain() }
    return try PackageVerifier(path: FilePath(path), threads: 2).verify().checks.first { $0.name == check }?.problems
      ?? []
  }
}

/// Little-endian bf16 elements.
func bf16(_ bytes: [UInt8]) -> [UInt16] {
  stride(from: 0, to: bytes.count - 1, by: 2).map { UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8 }
}

func bytes(_ elements: [UInt16]) -> [UInt8] { elements.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] } }

func value(_ bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }

/// The bf16 number nearest to a finite float, found by trying both neighbours; of two equally near the even one.
func nearestBF16(_ x: Float) -> UInt16 {
  let below = UInt16(x.bitPattern >> 16)
  let above = below + 1
  let (low, high) = (abs(Double(x) - Double(value(below))), abs(Double(value(above)) - Double(x)))
  return low == high ? (below & 1 == 0 ? below : above) : low < high ? below : above
}

/// Digests for comparisons: a failing `#expect` of two long arrays would look for their difference for minutes.
func digest(_ bytes: [UInt8]?) -> SHA256Digest? { bytes.map { SHA256Digest.of($0) } }

func digest(_ elements: [UInt16]) -> SHA256Digest { SHA256Digest.of(bytes(elements)) }

extension Package {
  var headCount: Int { get throws { try names.count { $0.hasPrefix("mtp.") } } }
}

/// What `verify` says of a package.
func verification(of path: String) throws -> VerificationReport {
  try PackageVerifier(path: FilePath(path), threads: 2).verify()
}
