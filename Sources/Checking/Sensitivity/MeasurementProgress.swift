import Digests
import Files
import Manifests
import Quantization
import StrictJSON
import SystemPackage

/// What a measurement is of; one that goes on must be of the same.
struct MeasurementIdentity: Sendable, Equatable {
  let fingerprint: SHA256Digest
  let text: SHA256Digest
  let tokens: Int
  let window: Int
  /// How many windows the tokens make.
  let windows: Int
  let candidates: [QuantizationFormat]
  let sets: [[String]]

  /// Digest of candidates, sets and window.
  var work: SHA256Digest {
    SHA256Digest.of(
      JSONWriter.canonical(
        .object([
          ("window", .int(window)), ("candidates", .array(candidates.map(\.json))),
          ("sets", .array(sets.map { .array($0.map { .string($0) }) })),
        ])))
  }
}

/// How far a measurement is: whole windows, and cells of the next.
struct MeasurementProgress: Sendable, Equatable {
  /// Sums of one cell, over all positions so far.
  struct Sums: Sendable, Equatable {
    var kl = 0.0
    var sameTop = 0
  }

  private let identity: MeasurementIdentity
  /// Windows of which every cell is done.
  var windows = 0
  /// Cells of the next window that are done, in their order.
  var cells = 0
  /// Sums by set, then candidate.
  var sums: [Sums]

  private static let version = "cambium_measurement"

  /// Nothing done.
  init(_ identity: MeasurementIdentity) {
    self.identity = identity
    sums = Array(repeating: Sums(), count: identity.sets.count * identity.candidates.count)
  }

  /// What was kept of a measurement; nil when nothing is there.
  /// - Throws: ``SensitivityError`` when it is of another model or text, or of other candidates or tensors; `JSONError`.
  init?(path: FilePath, _ identity: MeasurementIdentity) throws {
    guard try path.exists else { return nil }
    let file = path.string
    let value = try JSONValue.parse(ReadOnlyFile(path: path).readAll(limit: 64 << 20), file: file)
    let fields = try JSONFields(value, file: file, what: "measurement")
    try fields.refuseUnknown([
      Self.version, "fingerprint_sha256", "text_sha256", "work_sha256", "windows", "cells", "sums",
    ])
    try fields.require(Self.version, 1)
    self.init(identity)
    let (fingerprint, text) = (try fields.sha256("fingerprint_sha256"), try fields.sha256("text_sha256"))
    guard fingerprint == identity.fingerprint else {
      throw SensitivityError.model(
        file: file, expected: "fingerprint \(identity.fingerprint.hex)", found: "fingerprint \(fingerprint.hex)")
    }
    guard text == identity.text else {
      throw SensitivityError.text(file: file, expected: identity.text.hex, found: text.hex)
    }
    let work = try fields.sha256("work_sha256")
    guard work == identity.work else {
      throw SensitivityError.candidate(
        file: file, tensor: nil, expected: "the candidates, tensors and window that were begun with",
        found: "others: remove the file to begin anew")
    }
    windows = try fields.int("windows", in: 0...identity.windows)
    cells = try fields.int("cells", in: 0...sums.count)
    sums = try fields.objects("sums", count: sums.count).map { cell in
      try cell.refuseUnknown(["kl_bits", "top1"])
      let kl = try cell.text("kl_bits", as: "the bits of a number that is not below 0") { text -> Double? in
        guard let bits = UInt64(text, radix: 16) else { return nil }
        let number = Double(bitPattern: bits)
        return number >= 0 && number < .infinity ? number : nil
      }
      return Sums(kl: kl, sameTop: try cell.int("top1", in: 0...identity.tokens))
    }
  }

  /// Writes it, whole or not at all.
  func write(to path: FilePath) throws {
    let value = JSONValue.object([
      (Self.version, .int(1)), ("fingerprint_sha256", .string(identity.fingerprint.hex)),
      ("text_sha256", .string(identity.text.hex)), ("work_sha256", .string(identity.work.hex)),
      ("windows", .int(windows)), ("cells", .int(cells)),
      (
        "sums",
        .array(
          sums.map {
            .object([("kl_bits", .string(String($0.kl.bitPattern, radix: 16))), ("top1", .int($0.sameTop))])
          })
      ),
    ])
    try AtomicFile.write(JSONWriter.canonical(value), to: path)
  }
}
