import Checkpoint
import SystemPackage
import Foundation
import PackageCheck
import Safetensors
import StrictJSON
import Testing

/// Defects that other tools have put into heads, planted into a finished package whose sums were made anew: `verify` or
/// `inspect` finds each, by the tensor's name.
@Suite struct PlantedHeadDefectTests {
  struct Defect: Sendable {
    let name: String
    /// Word that a finding must contain.
    let tensor: String
    let plant: @Sendable (inout [String: TinyCheckpoint.Tensor]) -> Void
  }

  static let norms = ["mtp.norm.weight", "mtp.layers.0.input_layernorm.weight"]

  static let defects = [
    Defect(name: "norms shifted twice", tensor: "mtp.norm.weight") { head in
      for name in head.keys where TinyCheckpoint.isOffsetNorm(name) {
        head[name] = head[name].map { TinyCheckpoint.shifted($0) }
      }
    },
    Defect(name: "norms never shifted", tensor: "mtp.layers.0.self_attn.q_norm.weight") { head in
      for name in head.keys where TinyCheckpoint.isOffsetNorm(name) {
        head[name] = head[name].map { TinyCheckpoint.shifted($0, by: -1) }
      }
    },
    Defect(name: "halves of fc swapped", tensor: "mtp.fc.weight") { head in
      guard var fc = head["mtp.fc.weight"] else { return }
      let row = fc.bytes.count / fc.shape[0]
      fc.bytes = (0..<fc.shape[0]).flatMap { number -> [UInt8] in
        let bytes = fc.bytes[number * row..<(number + 1) * row]
        return bytes.suffix(row / 2) + bytes.prefix(row / 2)
      }
      head["mtp.fc.weight"] = fc
    },
    Defect(name: "one expert missing", tensor: "mtp.layers.0.mlp.switch_mlp.up_proj.weight") { head in
      let name = "mtp.layers.0.mlp.switch_mlp.up_proj.weight"
      guard let tensor = head[name] else { return }
      head[name] = .init(
        dtype: tensor.dtype, shape: [3] + tensor.shape.dropFirst(),
        bytes: Array(tensor.bytes.prefix(tensor.bytes.count / 4 * 3)))
    },
    Defect(name: "router rows short", tensor: "mtp.layers.0.mlp.gate.weight") { head in
      let name = "mtp.layers.0.mlp.gate.weight"
      guard let tensor = head[name] else { return }
      head[name] = .init(
        dtype: tensor.dtype, shape: [3, tensor.shape[1]], bytes: Array(tensor.bytes.prefix(tensor.bytes.count / 4 * 3)))
    },
    Defect(name: "another model's head", tensor: "mtp.layers.0.self_attn.o_proj.weight") { head in
      head = TinyCheckpoint.converted(TinyCheckpoint(.next) { $0.seed = 9 }.head)
    },
    Defect(name: "a tensor left out", tensor: "mtp.pre_fc_norm_hidden.weight") { head in
      head["mtp.pre_fc_norm_hidden.weight"] = nil
    },
  ]

  @Test(arguments: defects.indices)
  func `verify names the tensor`(index: Int) throws {
    let defect = Self.defects[index]
    try withPackage(defect) { package in
      let problems = try package.problems(of: "tensors")
      #expect(problems.contains { $0.hasPrefix(defect.tensor) }, "\(defect.name): \(problems.prefix(3))")
    }
  }

  /// Without any record but the folder itself; swapped halves and another model's head look like any head.
  @Test(arguments: [
    (0, "E_MTP_NORMS"), (1, "E_MTP_NORMS"), (3, "E_MTP_EXPERTS_INCOMPLETE"), (4, "E_MTP_EXPERTS_INCOMPLETE"),
    (6, "E_MTP_TENSOR_MISSING"),
  ])
  func `inspect names the defect`(index: Int, code: String) throws {
    try withPackage(Self.defects[index]) { package in
      let inspection = Inspection(try CheckpointFolder(.folder(FilePath(package.path))))
      #expect(inspection.problems.contains { $0.hasPrefix(code + ":") }, "\(inspection.problems)")
      #expect(inspection.diagnosis.state == .broken)
    }
  }

  /// What a person reads of each: the verifier's first finding of it, and what `inspect` says without any record.
  @Test(arguments: defects.indices)
  func `what is said is kept`(index: Int) throws {
    let defect = Self.defects[index]
    try withPackage(defect) { package in
      let problems = try package.problems(of: "tensors")
      let inspection = Inspection(try CheckpointFolder(.folder(FilePath(package.path))))
      let lines =
        ["verify:  \(problems.first { $0.hasPrefix(defect.tensor) } ?? "nothing")"]
        + inspection.problems.map { "inspect: \($0)" }
        + ["state:   \(inspection.diagnosis.state.rawValue): \(inspection.diagnosis.summary)"]
        + inspection.diagnosis.advice.map { "advice:  \($0)" }
      let name = defect.name.replacingOccurrences(of: " ", with: "-").replacingOccurrences(of: "'", with: "")
      try Golden.check(lines.joined(separator: "\n"), "head-defects/\(name).txt")
    }
  }

  private func withPackage(_ defect: Defect, _ body: (Package) throws -> Void) throws {
    try withWorkshop(source: TinyCheckpoint(.next)) { shop throws in
      try shop.run()
      var head = try HeadDonor.read(shop.package + "/mtp.safetensors")
      defect.plant(&head)
      let metadata = try SafetensorsFile(path: FilePath(shop.package + "/mtp.safetensors")).header.metadata
      let entries = head.sorted { $0.key < $1.key }
      let layout = try SafetensorsLayout(
        tensors: entries.map { (name: $0.key, dtype: $0.value.dtype, shape: $0.value.shape) },
        metadata: Dictionary(metadata.map { ($0.key, $0.value) }) { first, _ in first })
      try removeFile(shop.package + "/mtp.safetensors")
      try writeBytes(layout.assemble(head.mapValues(\.bytes)), shop.package + "/mtp.safetensors")
      try body(Package(shop.package))
    }
  }
}
