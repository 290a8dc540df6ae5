import Checkpoint
import Foundation
import PackageCheck
import Planning
import Readers
import StrictJSON
import SystemPackage
import Testing

/// The layout `mtp-folder`: the head in `mtp/weights.safetensors`, where vllm-mlx looks for it, and beside it what keeps
/// vllm-mlx from adding 1 to its norms.
@Suite struct HeadFolderTests {
  private let weights = "mtp/weights.safetensors"
  private let words = "mtp/manifest.json"

  private func layouts(_ names: [String], and more: [(String, JSONValue)] = []) -> [(String, JSONValue)] {
    [("layouts", .array(names.map { .string($0) }))] + more
  }

  private func withPackage(_ body: (Package) throws -> Void) throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.writeManifest(layouts(["mtp-folder"]))
      try shop.run()
      try body(Package(shop.package))
    }
  }

  @Test func `its plan is that of the sidecar but for the place of the head`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop throws in
      let plans = try ["sidecar", "mtp-folder"].map { layout in
        try shop.writeManifest(layouts([layout]))
        return String(decoding: JSONWriter.pretty(try shop.open().plan.json), as: UTF8.self)
      }
      #expect(plans[0] != plans[1])
      #expect(plans[0] == plans[1].replacingOccurrences(of: weights, with: "mtp.safetensors"))
      let report = try shop.open().report.text(everyTensor: false)
      #expect(report.contains("to \(weights)"))
      #expect(report.contains("\n\(words) "))
    }
  }

  @Test(arguments: [TinyCheckpoint.Family.dense, .mixture, .text])
  func `what run publishes is accepted, and vllm-mlx finds the head in it`(family: TinyCheckpoint.Family) throws {
    try withWorkshop(source: TinyCheckpoint(family)) { shop throws in
      try shop.run()
      let beside = try HeadDonor.read(shop.package + "/mtp.safetensors")
      try shop.writeManifest(layouts(["mtp-folder"], and: [("readers", ["vllm-mlx"])]))
      try shop.run()
      let head = try HeadDonor.read(shop.package + "/" + weights)
      #expect(head.keys.sorted() == beside.keys.sorted() && !head.isEmpty)
      for (name, tensor) in head { #expect(digest(tensor.bytes) == digest(beside[name]?.bytes), "\(name)") }
      #expect(filesBelow(shop.package).filter { $0.hasPrefix("mtp") } == [words, weights])
      let said = try readJSON(shop.package + "/" + words)
      #expect(said == ["artifact_schema_version": 1, "rmsnorm_weight_format": "mlx_gamma"])
      let sums = try readText(shop.package + "/SHA256SUMS")
      #expect(sums.contains("  \(weights)\n") && sums.contains("  \(words)\n"))
      let index = try readJSON(shop.package + "/model.safetensors.index.json")["weight_map"]?.members ?? []
      #expect(!index.isEmpty && index.allSatisfy { !$0.key.hasPrefix("mtp.") })
      #expect(try verification(of: shop.package).checks.flatMap(\.problems) == [])
      // What the plan foretold of every reader is what the folder says.
      let matrix = try ReaderMatrix.verdicts(of: CheckpointFolder(.folder(FilePath(shop.package))))
      let foretold = try readJSON(shop.package + "/audit.json")["readers"]?.arrayValue ?? []
      #expect(foretold.map { $0["verdict"]?.stringValue } == matrix.rows.map(\.verdict.word.rawValue))
      #expect(foretold.map { $0["reason"]?.stringValue } == matrix.rows.map(\.verdict.reason))
      #expect(matrix["vllm-mlx"]?.word == .withHead)
      #expect(matrix["mlx-vlm>=0.7.8"]?.word == .withoutHead)
      #expect(matrix["mlx-lm>=0.32"]?.word == .withoutHead)
    }
  }

  @Test func `a folder of its own beside it is for mlx-vlm`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop throws in
      try shop.writeManifest(
        layouts(["mtp-folder", "drafter"], and: [("readers", ["vllm-mlx", "mlx-vlm>=0.7.8", "mlx-lm>=0.32"])]))
      var options = shop.options
      for target in PackageTarget.allCases {
        options.target = target
        try shop.run(options)
      }
      #expect(filesBelow(shop.package + "-mtp").allSatisfy { !$0.hasPrefix("mtp") })
      for path in [shop.package, shop.package + "-mtp"] {
        #expect(try verification(of: path).isGood, "\(path)")
        let matrix = try ReaderMatrix.verdicts(of: CheckpointFolder(.folder(FilePath(path))))
        #expect(matrix["mlx-vlm>=0.7.8"]?.word == .withHead)
      }
    }
  }

  @Test func `a reader that does not look there refuses the plan when it is required`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop throws in
      try shop.writeManifest(layouts(["mtp-folder"], and: [("readers", ["mlx-vlm>=0.7.8"])]))
      #expect(try diagnostic { _ = try shop.open() }.code == "E_READER")
      try shop.writeManifest([("readers", ["vllm-mlx"])])
      #expect(try diagnostic { _ = try shop.open() }.code == "E_READER")
    }
  }

  @Test func `it is refused where vllm-mlx looks elsewhere`() throws {
    try withWorkshop(source: TinyCheckpoint(.next)) { shop throws in
      try shop.writeManifest(layouts(["mtp-folder"]))
      #expect(try shop.refusal("mtp-folder-of-qwen3-next").code == "E_HEAD_LAYOUT")
      // Without a head there is nothing to put there.
      try shop.writeManifest(layouts(["mtp-folder"], and: [("head", "none")]))
      try shop.run()
      #expect(!exists(shop.package + "/mtp"))
    }
  }

  @Test func `vllm-mlx refuses a head with its own number of experts`() throws {
    let source = TinyCheckpoint(.mixture) { $0.experts = 3 }.stripped
    let donor = TinyCheckpoint(.mixture) { $0.experts = 5 }.headOnly
    try withWorkshop(source: source, donor: donor) { shop throws in
      try shop.writeManifest(layouts(["mtp-folder"], and: [("donor", "donor")]))
      try shop.run()
      let verdict = try ReaderMatrix.verdicts(of: CheckpointFolder(.folder(FilePath(shop.package))))["vllm-mlx"]
      #expect(verdict?.word == .withoutHead)
      #expect(verdict?.reason.contains("5 experts") == true)
    }
  }

  @Test func `a second run leaves it as it is, and another layout replaces it`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop throws in
      try shop.writeManifest(layouts(["mtp-folder"]))
      try shop.run()
      let before = try identities(shop.package)
      try shop.run()
      #expect(try identities(shop.package) == before)
      try shop.writeManifest(layouts(["sidecar"]))
      try shop.run()
      #expect(exists(shop.package + "/mtp.safetensors") && !exists(shop.package + "/mtp"))
      try shop.writeManifest(layouts(["mtp-folder"]))
      try shop.run()
      #expect(!exists(shop.package + "/mtp.safetensors") && exists(shop.package + "/" + weights))
      #expect(try digests(shop.package)[weights] != nil)
      #expect(try verification(of: shop.package).isGood)
    }
  }

  /// It is found where it lies, told as what it is, and put elsewhere without a changed bit.
  @Test func `the package is a source and a donor again`() throws {
    try withPackage { package in
      let folder = try CheckpointFolder(.folder(FilePath(package.path)))
      #expect(folder.headEvidence.shards == [weights])
      #expect(folder.headEvidence.normConvention == .gamma)
      let found = Inspection(folder)
      #expect(found.problems.isEmpty)
      #expect(found.diagnosis.state == .usable)
      #expect(found.diagnosis.summary.contains("vllm-mlx finds it, and mlx-vlm does not"))
      let shop = Workshop(path: FilePath(package.path).removingLastComponent().string)
      try shop.writeManifest([("source", "package"), ("pipeline", "graft-only"), ("output", "again")])
      try shop.run()
      let again = try HeadDonor.read(shop.path + "/again/mtp.safetensors")
      for (name, tensor) in try HeadDonor.read(package.path + "/" + weights) {
        #expect(digest(tensor.bytes) == digest(again[name]?.bytes), "\(name)")
      }
      let diff = try ModelDiff(FilePath(package.path), FilePath(shop.path + "/again"), threads: 2)
      #expect(diff.isEmpty && diff.head == (15, 15))
      try shop.writeManifest([("donor", "package"), ("head", "replace"), ("output", "grafted")])
      try shop.run()
      #expect(try HeadDonor.read(shop.path + "/grafted/mtp.safetensors").count == again.count)
    }
  }

  // MARK: changes

  @Test func `a flipped byte in the head is found`() throws {
    try withPackage { package in
      try flipByte(package.path + "/" + weights, fromEnd: 1000)
      let files = try package.problems(of: "files", sum: false)
      #expect(files.count == 1 && files.first?.hasPrefix("\(weights): sha256 ") == true, "\(files)")
      let tensors = try package.problems(of: "tensors")
      #expect(tensors.count == 1 && tensors.first?.hasPrefix("mtp.") == true, "\(tensors)")
    }
  }

  @Test func `words about the norms that vllm-mlx does not know are found`() throws {
    try withPackage { package in
      try editJSON(package.path + "/" + words) { $0.set("rmsnorm_weight_format", to: "gamma") }
      let files = try package.problems(of: "files", sum: false)
      #expect(files.count == 1 && files.first?.hasPrefix("\(words): sha256 ") == true, "\(files)")
      #expect(
        try package.problems(of: "MTP head") == ["\(words): rmsnorm_weight_format is not what vllm-mlx has to read"])
      try writeBytes(Array("{".utf8), package.path + "/" + words)
      #expect(try package.problems(of: "MTP head") == ["\(words): missing, or not JSON"])
    }
  }

  @Test func `either file is missed`() throws {
    try withPackage { package in
      try removeFile(package.path + "/" + words)
      #expect(try package.problems(of: "files", sum: false) == ["\(words): missing"])
      #expect(try package.problems(of: "MTP head") == ["\(words): missing, or not JSON"])
    }
    try withPackage { package in
      try removeFile(package.path + "/" + weights)
      #expect(try package.problems(of: "files", sum: false) == ["\(weights): missing"])
      #expect(try package.problems(of: "MTP head", sum: false) == ["\(weights) is missing"])
    }
  }

  @Test func `what else lies in the folder is found`() throws {
    try withPackage { package in
      try writeBytes([1], package.path + "/mtp/other.json")
      #expect(try package.problems(of: "files", sum: false) == ["mtp/other.json: not listed in SHA256SUMS"])
      try removeFile(package.path + "/mtp/other.json")
      try FileManager.default.createDirectory(
        atPath: package.path + "/mtp/more", withIntermediateDirectories: false)
      #expect(
        try package.problems(of: "files", sum: false) == [
          "mtp/more: not listed in SHA256SUMS", "mtp/more: no file, but a link, a folder or a device",
        ])
    }
  }

  @Test func `a link instead of the folder, and an empty folder, are found`() throws {
    try withPackage { package in
      let aside = package.path + "-aside"
      try FileManager.default.moveItem(atPath: package.path + "/mtp", toPath: aside)
      let wanted = ["mtp: not listed in SHA256SUMS", "mtp: no file, but a link, a folder or a device"]
      try FileManager.default.createSymbolicLink(atPath: package.path + "/mtp", withDestinationPath: aside)
      #expect(try package.problems(of: "files", sum: false) == wanted)
      try removeFile(package.path + "/mtp")
      try FileManager.default.createDirectory(atPath: package.path + "/mtp", withIntermediateDirectories: false)
      #expect(try package.problems(of: "files", sum: false).suffix(2) == wanted[...])
    }
  }

  @Test func `a head in the folder that no record names is found`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop throws in
      try shop.writeManifest([("head", "none")])
      try shop.run()
      try FileManager.default.createDirectory(atPath: shop.package + "/mtp", withIntermediateDirectories: false)
      try TinyCheckpoint(.dense).headOnly.write(to: shop.path + "/more")
      try FileManager.default.moveItem(
        atPath: shop.path + "/more/model-00001-of-00001.safetensors", toPath: shop.package + "/" + weights)
      let package = Package(shop.package)
      #expect(try package.problems(of: "files", sum: false) == ["\(weights): not listed in SHA256SUMS"])
      #expect(try package.problems(of: "MTP head") == ["\(weights) is there, and the audit has no head"])
    }
  }
}
