import Foundation
import SystemPackage
import PackageCheck
import StrictJSON
import Testing

/// Whatever is changed in a published package, `verify` finds it, also when the sums were made anew to hide it.
@Suite struct PackageVerifierTests {
  private func withPackage(_ body: (Package) throws -> Void) throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.writeManifest([
        ("rules", [["match": "**.o_proj.weight", "treatment": ["quantize": ["mode": "affine", "bits": 8]]]])
      ])
      try shop.run()
      #expect(try PackageVerifier(path: FilePath(shop.package), threads: 2).verify().isGood)
      // A copy: the weights of the package itself share their bytes with the work folder.
      try FileManager.default.copyItem(atPath: shop.package, toPath: shop.path + "/copy")
      try body(Package(shop.path + "/copy"))
    }
  }

  @Test func `a flipped byte in the weights is found`() throws {
    try withPackage { package in
      try flipByte(package.path + "/model.safetensors")
      let files = try package.problems(of: "files", sum: false)
      #expect(files.count == 1)
      #expect(files.first?.hasPrefix("model.safetensors: sha256 ") == true)
      let tensors = try package.problems(of: "tensors")
      #expect(tensors.count == 1)
      #expect(tensors.first?.contains("the audit says") == true)
      #expect(try package.problems(of: "files").isEmpty, "the sums hide it, the audit does not")
    }
  }

  @Test func `a flipped byte in the head is found`() throws {
    try withPackage { package in
      try flipByte(package.path + "/mtp.safetensors", fromEnd: 1000)
      #expect(try package.problems(of: "tensors").first?.hasPrefix("mtp.") == true)
    }
  }

  @Test func `a head that claims another norm convention is found`() throws {
    try withPackage { package in
      let path = package.path + "/mtp.safetensors"
      let bytes = try readBytes(path)
      let length = 8 + bytes[0..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
      let header = String(decoding: bytes[8..<length], as: UTF8.self)
      let other = header.replacingOccurrences(
        of: "\"norm_convention\":\"gamma\"", with: "\"norm_convention\":\"delta\"")
      #expect(other != header)
      try writeBytes(Array(bytes[0..<8]) + Array(other.utf8) + bytes[length...], path)
      #expect(
        try package.problems(of: "MTP head") == ["mtp.safetensors: metadata norm_convention is not gamma"])
    }
  }

  @Test(arguments: [#""format":"pt ""#, #""format":"np ""#, #""Format":"mlx""#])
  func `weights that are marked for another framework, or not at all, are found`(mark: String) throws {
    try withPackage { package in
      let path = package.path + "/model.safetensors"
      let bytes = try readBytes(path)
      let length = 8 + bytes[0..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
      let header = String(decoding: bytes[8..<length], as: UTF8.self)
      // As long as before.
      let other = header.replacingOccurrences(of: #""format":"mlx""#, with: mark)
      #expect(other != header)
      try writeBytes(
        Array(bytes[0..<8]) + Array(other.utf8) + Array(repeating: 0x20, count: header.utf8.count - other.utf8.count)
          + bytes[length...], path)
      #expect(try package.problems(of: "headers") == ["model.safetensors: metadata format is not mlx"])
    }
  }

  @Test(arguments: [("mtp_num_hidden_layers", 2), ("mtp_num_hidden_layers", 0), ("num_nextn_predict_layers", 2)])
  func `a number of the head's layers that is not that of its tensors is found`(name: String, count: Int) throws {
    try withPackage { package in
      let path = package.path + "/config.json"
      let before = try readBytes(path)
      for isText in [true, false] {
        try editJSON(path) { config in
          guard isText else { return config.set(name, to: .int(count)) }
          var text = config["text_config"] ?? .object([])
          text.set(name, to: .int(count))
          config.set("text_config", to: text)
        }
        let problems = try package.problems(of: "configuration")
        #expect(problems == ["\(name) is \(count), the head has 1 layer"], "in the text's: \(isText)")
        try writeBytes(before, path)
      }
    }
  }

  @Test func `a removed head is found`() throws {
    try withPackage { package in
      try FileManager.default.removeItem(atPath: package.path + "/mtp.safetensors")
      #expect(try package.problems(of: "MTP head", sum: false) == ["mtp.safetensors is missing"])
    }
  }

  @Test func `a damaged header is found`() throws {
    try withPackage { package in
      let path = package.path + "/mtp.safetensors"
      try writeBytes(Array(try readBytes(path).dropLast(2)), path)
      #expect(try package.problems(of: "headers").first?.hasPrefix("mtp.safetensors: E_") == true)
      #expect(try package.problems(of: "tensors").contains("mtp.fc.weight: not in mtp.safetensors"))
    }
  }

  @Test func `a removed override is found`() throws {
    try withPackage { package in
      let module = "language_model.model.layers.3.self_attn.o_proj"
      try edit(package) { $0.removeKey(module) }
      let problems = try package.problems(of: "configuration")
      #expect(!problems.isEmpty)
      #expect(problems.allSatisfy { $0.hasPrefix(module + ": ") })
    }
  }

  @Test func `a removed refusal is found`() throws {
    try withPackage { package in
      let module = "language_model.model.layers.3.self_attn.q_proj"
      try edit(package) { $0.set(module, to: false) }
      #expect(try package.problems(of: "configuration") == ["\(module): quantized, but config.json says false"])
    }
  }

  @Test func `an override for nothing is found`() throws {
    try withPackage { package in
      try edit(package) { $0.set("model.layers.3.self_attn.o_proj", to: ["bits": 8, "group_size": 64]) }
      #expect(
        try package.problems(of: "configuration")
          == ["model.layers.3.self_attn.o_proj: an override for a module that is not there"])
    }
  }

  @Test func `twins that differ are found`() throws {
    try withPackage { package in
      try editJSON(package.path + "/config.json") { config in
        var block = config["quantization_config"] ?? .object([])
        block.set("bits", to: 8)
        config.set("quantization_config", to: block)
      }
      #expect(try package.problems(of: "configuration") == ["quantization and quantization_config differ"])
    }
  }

  @Test func `an extra file is found`() throws {
    try withPackage { package in
      try writeBytes([1], package.path + "/surprise.py")
      #expect(try package.problems(of: "files", sum: false) == ["surprise.py: not listed in SHA256SUMS"])
    }
  }

  @Test func `a missing file is found`() throws {
    try withPackage { package in
      try FileManager.default.removeItem(atPath: package.path + "/tokenizer.json")
      #expect(try package.problems(of: "files", sum: false) == ["tokenizer.json: missing"])
    }
  }

  @Test func `a missing tensor is named`() throws {
    try withPackage { package in
      try FileManager.default.removeItem(atPath: package.path + "/mtp.safetensors")
      let problems = try package.problems(of: "tensors")
      #expect(problems.contains("mtp.norm.weight: not in mtp.safetensors"))
      #expect(problems.allSatisfy { $0.hasPrefix("mtp.") })
    }
  }

  @Test func `a tensor that the audit does not name is found`() throws {
    try withPackage { package in
      try TinyCheckpoint(.text).headOnly.write(to: package.path + "/more")
      try FileManager.default.moveItem(
        atPath: package.path + "/more/model-00001-of-00001.safetensors", toPath: package.path + "/extra.safetensors")
      try FileManager.default.removeItem(atPath: package.path + "/more")
      let problems = try package.problems(of: "tensors")
      #expect(problems.contains("mtp.fc.weight in extra.safetensors: the audit does not name it"))
    }
  }

  @Test func `a head under a name that strict readers refuse is found`() throws {
    try withPackage { package in
      try FileManager.default.moveItem(
        atPath: package.path + "/mtp.safetensors", toPath: package.path + "/model-mtp.safetensors")
      #expect(
        try package.problems(of: "headers") == ["model-mtp.safetensors: a name that strict readers choke on"])
      #expect(try package.problems(of: "index").contains("mtp.fc.weight in model-mtp.safetensors: not listed"))
    }
  }

  @Test func `a wrong total size is found`() throws {
    try withPackage { package in
      try editJSON(package.path + "/model.safetensors.index.json") { index in
        index.set("metadata", to: ["total_size": 12])
      }
      let problems = try package.problems(of: "index")
      #expect(problems.count == 1)
      #expect(problems.first?.hasPrefix("total_size is 12, the tensors have ") == true)
    }
  }

  @Test func `an index that points elsewhere is found`() throws {
    try withPackage { package in
      let name = "language_model.lm_head.scales"
      try editJSON(package.path + "/model.safetensors.index.json") { index in
        var map = index["weight_map"] ?? .object([])
        map.set(name, to: "mtp.safetensors")
        index.set("weight_map", to: map)
      }
      #expect(try package.problems(of: "index").contains("\(name): listed in mtp.safetensors, not there"))
    }
  }

  @Test func `a folder that is no package is refused`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      let error = try diagnostic { _ = try PackageVerifier(path: FilePath(shop.source), threads: 1).verify() }
      #expect(error.code == "E_PACKAGE_FORM")
      #expect(error.exitStatus == .badInput)
    }
  }

  private func edit(_ package: Package, _ change: (inout JSONValue) -> Void) throws {
    try editJSON(package.path + "/config.json") { config in
      var block = config["quantization"] ?? .object([])
      change(&block)
      config.set("quantization", to: block)
      config.set("quantization_config", to: block)
    }
  }
}
