import Digests
import SystemPackage
import Foundation
import StrictJSON
import Testing

/// A LoRA adapter that is merged while its base is streamed, against what PEFT makes of it.
@Suite struct AdapterMergeTests {
  @Test(arguments: AdapterFixture.merged)
  func `a merged package has the bits of PEFT's merge`(name: String) throws {
    let oracle = try AdapterFixture.oracle(name)
    #expect(oracle.count >= 2)
    try withWorkshop { shop in
      try shop.writeAdapterManifest(name)
      try shop.run()
      let package = Package(shop.package)
      var wanted: Set<String> = []
      for (source, digest) in oracle {
        let place = AdapterMergeTests.place(of: source)
        wanted.insert(place.tensor)
        let tensor = try package.tensor(place.tensor)
        let bytes =
          place.expert.map { expert in
            let size = tensor.bytes.count / tensor.shape[0]
            return Array(tensor.bytes[expert * size..<(expert + 1) * size])
          } ?? tensor.bytes
        #expect(SHA256Digest.of(bytes).hex == digest, "\(source)")
      }
      // Nothing else is changed.
      let audit = try readJSON(shop.package + "/audit.json")
      let changed = (audit["tensors"]?.arrayValue ?? []).filter { $0["adapter"]?["changed"]?.doubleValue ?? 0 > 0 }
      #expect(Set(changed.compactMap { $0["name"]?.stringValue }) == wanted)
    }
  }

  /// Where a tensor of a checkpoint is in a package, and which matrix of a stack it is.
  private static func place(of name: String) -> (tensor: String, expert: Int?) {
    let moved =
      name.hasPrefix("lm_head")
      ? "language_model." + name
      : name.replacing("model.language_model.", with: "language_model.model.")
    var parts = moved.split(separator: ".").map(String.init)
    guard let at = parts.firstIndex(of: "experts"), let expert = Int(parts[at + 1]) else { return (moved, nil) }
    parts.replaceSubrange(at...at + 1, with: ["switch_mlp"])
    return (parts.joined(separator: "."), expert)
  }

  /// How many elements of a package PEFT has merged too, and how many of these are not PEFT's.
  private func elements(of package: String, _ name: String) throws -> (count: Int, differing: Int) {
    let merged = try AdapterFixture.tensors(AdapterFixture.folder + "/\(name)/merged-by-peft.safetensors")
    var (count, differing) = (0, 0)
    for (source, tensor) in merged {
      let ours = bf16(try Package(package).tensor(AdapterMergeTests.place(of: source).tensor).bytes)
      let theirs = bf16(tensor.bytes)
      #expect(ours.count == theirs.count, "\(source)")
      count += theirs.count
      differing += zip(ours, theirs).count { $0 != $1 }
    }
    return (count, differing)
  }

  @Test func `no element differs from PEFT's by as much as one unit in the last place`() throws {
    let name = "dense-peft-plain-f32"
    try withWorkshop { shop in
      try shop.writeAdapterManifest(name)
      try shop.run()
      let (count, differing) = try elements(of: shop.package, name)
      #expect(count == 65_536)
      #expect(differing == 0)
    }
  }

  @Test func `DoRA scales each row to the adapter's length, with PEFT's bits`() throws {
    let name = "dense-peft-dora"
    try withWorkshop { shop in
      try shop.writeAdapterManifest(name)
      try shop.run()
      let (count, differing) = try elements(of: shop.package, name)
      #expect(count >= 16_384)
      #expect(differing == 0)
      let audit = try AuditFile(shop.package)
      let row = try #require(audit.tensor("language_model.model.layers.0.mlp.up_proj.weight"))
      #expect(row["transforms"]?.arrayValue?.first?.stringValue == "merge_dora")
      #expect(row["adapter"]?["tensors"]?.arrayValue?.count == 3)
      #expect(row["adapter"]?["changed"]?.doubleValue ?? 0 > 0.5)
    }
  }

  @Test func `DoRA while quantizing gives the package of the merged checkpoint, on any number of threads`() throws {
    let name = "dense-peft-dora"
    try withWorkshop { shop in
      try shop.writeAdapterManifest(name)
      try shop.run()
      let base = AdapterFixture.base(name)
      var file = HeadDonor.File(
        path: "model.safetensors", tensors: try AdapterFixture.tensors(base + "/model.safetensors"))
      for source in try AdapterFixture.oracle(name).keys {
        file.tensors[source] = try Package(shop.package).tensor(AdapterMergeTests.place(of: source).tensor)
      }
      try HeadDonor(files: [file], config: readJSON(base + "/config.json"), hasIndex: false).write(to: shop.source)
      try shop.writeManifest([("head", "none"), ("check", false), ("output", "of-merged")])
      try shop.run()
      for threads in [1, 3] {
        var options = shop.options
        options.threads = threads
        try shop.writeAdapterManifest(name, pipeline: "mxfp4", [("output", .string("of-adapter-\(threads)"))])
        try shop.run(options)
        let weights = "/model.safetensors"
        #expect(
          try readBytes(shop.path + "/of-merged" + weights)
            == readBytes(shop.path + "/of-adapter-\(threads)" + weights))
      }
    }
  }

  @Test func `merging while quantizing gives the package of the merged checkpoint`() throws {
    let name = "dense-peft-plain"
    try withWorkshop { shop in
      try shop.writeAdapterManifest(name)
      try shop.run()
      let merged = Package(shop.package)
      let base = AdapterFixture.base(name)
      let tensors = try AdapterFixture.tensors(base + "/model.safetensors")
      var file = HeadDonor.File(path: "model.safetensors", tensors: tensors)
      for source in try AdapterFixture.oracle(name).keys {
        file.tensors[source] = try merged.tensor(AdapterMergeTests.place(of: source).tensor)
      }
      try HeadDonor(files: [file], config: readJSON(base + "/config.json"), hasIndex: false).write(to: shop.source)
      try shop.writeManifest([("head", "none"), ("check", false), ("output", "of-merged")])
      try shop.run()
      try shop.writeAdapterManifest(name, pipeline: "mxfp4", [("output", "of-adapter")])
      try shop.run()
      let weights = "/model.safetensors"
      #expect(try readBytes(shop.path + "/of-merged" + weights) == readBytes(shop.path + "/of-adapter" + weights))
    }
  }

  @Test(arguments: [1, 3])
  func `threads change no byte of a merged package`(threads: Int) throws {
    try withWorkshop { shop in
      try shop.writeAdapterManifest("moe-peft-experts", pipeline: "affine4")
      try shop.run()
      var options = shop.options
      options.threads = threads
      options.output = FilePath(shop.path + "/again")
      try shop.run(options)
      #expect(try digests(shop.package) == digests(shop.path + "/again"))
    }
  }

  @Test func `the audit says how much of the base each tensor of the adapter changed`() throws {
    let name = "dense-peft-rslora"
    try withWorkshop { shop in
      try shop.writeAdapterManifest(name, pipeline: "mxfp4")
      try shop.run()
      let audit = try AuditFile(shop.package)
      let row = try #require(audit.tensor("language_model.model.layers.3.self_attn.q_proj.weight"))
      let evidence = try #require(row["adapter"])
      #expect(evidence["rank"]?.intValue == 9)
      #expect(evidence["scale"]?.doubleValue == 8.0 / 3)
      #expect(evidence["rounding"]?.stringValue == "sum")
      #expect(row["transforms"]?.arrayValue?.first?.stringValue == "merge_lora")
      let weights = try AdapterFixture.tensors(AdapterFixture.folder + "/\(name)/adapter_model.safetensors")
      let factors = evidence["tensors"]?.arrayValue ?? []
      #expect(factors.count == 2)
      for factor in factors {
        let tensor = try #require(weights[factor["name"]?.stringValue ?? ""])
        #expect(factor["sha256"]?.stringValue == SHA256Digest.of(tensor.bytes).hex)
      }
      // The norm of scale * B @ A, computed here in double.
      let norm = try AdapterMergeTests.norm(
        weights, "base_model.model.model.layers.3.self_attn.q_proj.", scale: 8.0 / 3)
      let stated = try #require(evidence["delta_norm"]?.doubleValue)
      #expect(abs(stated - norm) < 2e-6 * max(1, norm))
      #expect(evidence["changed"]?.doubleValue ?? 0 > 0.5)
      #expect(audit.tensor("language_model.model.layers.0.mlp.up_proj.weight")?["adapter"] == nil)
    }
  }

  /// Frobenius norm of the product of a module's factors.
  private static func norm(
    _ weights: [String: TinyCheckpoint.Tensor], _ module: String, scale: Double
  ) throws -> Double {
    let a = try #require(weights[module + "lora_A.weight"])
    let b = try #require(weights[module + "lora_B.weight"])
    let (left, right) = (bf16(b.bytes).map { Double(value($0)) }, bf16(a.bytes).map { Double(value($0)) })
    let (rank, columns) = (a.shape[0], a.shape[1])
    var squares = 0.0
    for row in 0..<b.shape[0] {
      for column in 0..<columns {
        let sum = (0..<rank).reduce(0.0) { $0 + left[row * rank + $1] * right[$1 * columns + column] }
        squares += sum * scale * sum * scale
      }
    }
    return squares.squareRoot()
  }

  @Test func `lock, audit and provenance name the adapter's files by their digests`() throws {
    let name = "dense-peft-plain"
    try withWorkshop { shop in
      try shop.writeAdapterManifest(name)
      try shop.run()
      let path = AdapterFixture.folder + "/\(name)/adapter_model.safetensors"
      let digest = SHA256Digest.of(try readBytes(path)).hex
      func named(_ list: JSONValue?, _ key: String) -> JSONValue? {
        list?.arrayValue?.first { $0[key]?.stringValue == "adapter/adapter_model.safetensors" }
      }
      let lock = try readJSON(shop.path + "/manifest.lock.json")
      #expect(named(lock["files"], "path")?["sha256"]?.stringValue == digest)
      let audit = try readJSON(shop.package + "/audit.json")
      #expect(named(audit["inputs"], "path")?["sha256"]?.stringValue == digest)
      let statement = try readJSON(shop.package + "/provenance.json")["predicate"]?["buildDefinition"]
      #expect(named(statement?["resolvedDependencies"], "name")?["digest"]?["sha256"]?.stringValue == digest)
      #expect(statement?["externalParameters"]?["adapter"]?.stringValue == "a local folder")
      #expect(
        (audit["notes"]?.arrayValue ?? []).contains {
          $0.stringValue?.hasPrefix("the adapter changes 16 tensors") == true
        })
    }
  }

  @Test func `the card says what was merged`() throws {
    try withWorkshop { shop in
      try shop.writeAdapterManifest("dense-peft-plain")
      try shop.run()
      let card = try readText(shop.package + "/README.md")
      #expect(card.contains("A LoRA adapter of rank ") && card.contains("it changes 16 tensors"))
      try shop.writeAdapterManifest("dense-peft-plain", [("output", "plain")], without: ["adapter"])
      try shop.run()
      #expect(!(try readText(shop.path + "/plain/README.md").contains("adapter")))
    }
  }

  @Test func `another adapter under the same name makes another package`() throws {
    try withWorkshop { shop in
      try shop.copyAdapter("dense-peft-regex")
      try shop.run()
      let before = try readBytes(shop.package + "/model.safetensors")
      try shop.editAdapterTensors { tensors in
        let name = try #require(tensors.keys.first { $0.hasSuffix("layers.0.mlp.up_proj.lora_B.weight") })
        let count = tensors[name]?.bytes.count ?? 0
        tensors[name]?.bytes = Array(repeating: 0, count: count)
      }
      try shop.run()
      #expect(try readBytes(shop.package + "/model.safetensors") != before)
    }
  }

  @Test func `an adapter beside the source's weights is merged when the manifest names the folder`() throws {
    try withWorkshop { shop in
      let name = "dense-peft-regex"
      try FileManager.default.copyItem(atPath: AdapterFixture.base(name), toPath: shop.source)
      for file in ["adapter_config.json", "adapter_model.safetensors"] {
        try FileManager.default.copyItem(
          atPath: AdapterFixture.folder + "/\(name)/" + file, toPath: shop.source + "/" + file)
      }
      try shop.writeAdapterManifest(name, [("source", "source"), ("adapter", "source")])
      try shop.run()
      let merged = try readBytes(shop.package + "/model.safetensors")
      try shop.writeAdapterManifest(name, [("source", "source"), ("adapter", false), ("output", "plain")])
      try shop.run()
      let plain = shop.path + "/plain"
      #expect(try readBytes(plain + "/model.safetensors") != merged)
      #expect(
        try readText(plain + "/audit.json").contains("adapter_model.safetensors is an adapter that is not merged"))
    }
  }
}

/// The tensors of an audit report.
private struct AuditFile {
  private let rows: [JSONValue]
  init(_ package: String) throws { rows = try readJSON(package + "/audit.json")["tensors"]?.arrayValue ?? [] }
  func tensor(_ name: String) -> JSONValue? { rows.first { $0["name"]?.stringValue == name } }
}
