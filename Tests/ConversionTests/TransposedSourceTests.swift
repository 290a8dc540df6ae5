import TestSupport
import Foundation
import Safetensors
import StrictJSON
import Testing

/// GPTQ and AWQ checkpoints: whole models, matrices of many blocks, and what is refused.
@Suite struct TransposedSourceTests {
  enum Format: String, CaseIterable { case gptq, awq }

  /// What codes stand for: a scale of 1/16 and a zero point of 8 everywhere, so that every value is a bf16 number.
  private static func value(_ code: UInt32) -> UInt16 { nearestBF16(Float(Int(code) - 8) / 16) }

  /// Puts random codes in the place of a matrix.
  /// - Returns: the values that they stand for, row by row.
  private static func quantize(
    _ name: String, _ source: inout TinyCheckpoint, _ format: Format, _ random: inout SplitMix
  ) -> [UInt16] {
    guard let old = source.tensors.removeValue(forKey: name) else { return [] }
    let (rows, columns) = (old.shape[0], old.shape[1])
    let groups = columns / 32
    let module = name.dropLast("weight".count)
    let words = (0..<rows * columns / 8).map { _ in UInt32(truncatingIfNeeded: random.next()) }
    let tensor = { (shape: [Int], words: [UInt32]) in
      TinyCheckpoint.Tensor(
        dtype: .i32, shape: shape, bytes: words.flatMap { word in (0..<4).map { UInt8(word >> (8 * $0) & 255) } })
    }
    // The first form of GPTQ stores zero points less one.
    let zero: UInt32 = format == .gptq ? 0x7777_7777 : 0x8888_8888
    source.tensors[module + "qweight"] = tensor(
      format == .gptq ? [columns / 8, rows] : [columns, rows / 8], words)
    source.tensors[module + "qzeros"] = tensor(
      [groups, rows / 8], Array(repeating: zero, count: groups * rows / 8))
    source.tensors[module + "scales"] = TinyCheckpoint.Tensor(
      dtype: .f16, shape: [groups, rows], bytes: Array(repeating: [0x00, 0x2C], count: groups * rows).flatMap { $0 })
    let places = [0, 4, 1, 5, 2, 6, 3, 7]
    return (0..<rows * columns).map { index in
      let (row, column) = (index / columns, index % columns)
      let code =
        format == .gptq
        ? words[column / 8 * rows + row] >> UInt32(4 * (column % 8))
        : words[column * (rows / 8) + row / 8] >> UInt32(4 * places[row % 8])
      return value(code & 15)
    }
  }

  /// A model with codes in the place of all projections that `isChosen` wants, and their values.
  private static func source(
    _ family: TinyCheckpoint.Family, _ format: Format, _ change: (inout TinyCheckpoint.Options) -> Void = { _ in },
    where isChosen: (String) -> Bool = { $0.hasSuffix("_proj.weight") && !$0.hasPrefix("mtp.") }
  ) -> (checkpoint: TinyCheckpoint, values: [String: [UInt16]]) {
    var source = TinyCheckpoint(family, change)
    var random = SplitMix(seed: 7)
    var values: [String: [UInt16]] = [:]
    for name in source.tensors.keys.filter(isChosen).sorted() where source.tensors[name]?.shape.count == 2 {
      values[name] = quantize(name, &source, format, &random)
    }
    source.config.set("quantization_config", to: ["quant_method": .string(format.rawValue), "bits": 4])
    return (source, values)
  }

  private func keepAll(_ shop: Workshop) throws {
    try shop.writeManifest([("rules", [["match": "**", "treatment": "keep"]])])
    try shop.run()
  }

  @Test(arguments: Format.allCases)
  func `every projection of a quantized model becomes the numbers of its formula`(format: Format) throws {
    let (checkpoint, values) = Self.source(.dense, format)
    #expect(values.count > 15)
    try withWorkshop(source: checkpoint) { shop in
      try keepAll(shop)
      for (name, expected) in values {
        let own = name.replacingOccurrences(of: "model.language_model.", with: "language_model.model.")
        #expect(try digest(Package(shop.package).tensor(own).bytes) == digest(expected), "\(name)")
      }
    }
  }

  @Test(arguments: Format.allCases)
  func `quantized experts are stacked as the numbers that they stand for`(format: Format) throws {
    let (checkpoint, values) = Self.source(.next, format)
    try withWorkshop(source: checkpoint) { shop in
      try keepAll(shop)
      for layer in 0..<4 {
        for part in ["gate_proj", "up_proj", "down_proj"] {
          let place = "model.layers.\(layer).mlp."
          let expected = (0..<4).flatMap { values["\(place)experts.\($0).\(part).weight"] ?? [] }
          let tensor = try Package(shop.package).tensor("\(place)switch_mlp.\(part).weight")
          #expect(expected.count == tensor.elementCount)
          #expect(digest(tensor.bytes) == digest(expected), "\(place)\(part)")
        }
      }
    }
  }

  @Test(arguments: Format.allCases)
  func `a matrix of several leaves and blocks is treated as a whole`(format: Format) throws {
    let chosen = { (name: String) in name == "lm_head.weight" }
    let (checkpoint, values) = Self.source(.text, format, { $0.vocabulary = 36_864 }, where: chosen)
    let expected = try #require(values["lm_head.weight"])
    try withWorkshop(source: checkpoint) { shop in
      try keepAll(shop)
      #expect(try digest(Package(shop.package).tensor("language_model.lm_head.weight").bytes) == digest(expected))
    }
    var plain = TinyCheckpoint(.text) { $0.vocabulary = 36_864 }
    plain.tensors["lm_head.weight"]?.bytes = bytes(expected)
    var packages: [[String: String]] = []
    for source in [checkpoint, plain] {
      try withWorkshop(source: source) { shop in
        try shop.writeManifest([("pipeline", "affine8")])
        try shop.run()
        packages.append(try digests(shop.package).filter { $0.key.hasSuffix(".safetensors") }.mapValues { "\($0)" })
      }
    }
    #expect(packages[0] == packages[1])
  }

  @Test func `layouts and bits that are not read are refused by name`() throws {
    for (format, key, value, found): (Format, String, JSONValue, String) in [
      (.gptq, "checkpoint_format", "marlin", "gptq: the layout marlin"),
      (.awq, "version", "gemv", "awq: the layout gemv"),
    ] {
      var checkpoint = Self.source(.dense, format).checkpoint
      checkpoint.config.set("quantization_config", to: ["quant_method": .string(format.rawValue), key: value])
      try withWorkshop(source: checkpoint) { shop in
        let error = try shop.refusal("format-\(format.rawValue)-layout")
        #expect(error.code == "E_SOURCE_FORMAT" && error.found == found)
      }
    }
    var three = Self.source(.dense, .gptq).checkpoint
    three.config.set("quantization_config", to: ["quant_method": "gptq", "bits": 3])
    for (name, tensor) in three.tensors where name.hasSuffix(".qweight") {
      three.tensors[name]?.shape[0] = tensor.shape[0] * 3 / 4
      three.tensors[name]?.bytes.removeLast(tensor.bytes.count / 4)
    }
    try withWorkshop(source: three) { shop in
      let error = try shop.refusal("format-gptq-three-bits")
      #expect(error.code == "E_SOURCE_FORMAT" && error.found?.hasPrefix("gptq: 3 bits in words of I32") == true)
    }
  }

  @Test func `codes without their zero points, and with scales of another shape, are refused`() throws {
    var without = Self.source(.dense, .gptq).checkpoint
    let module = "model.language_model.layers.0.mlp.down_proj."
    without.tensors[module + "qzeros"] = nil
    try withWorkshop(source: without) { shop in
      let error = try shop.refusal("format-gptq-zeros")
      #expect(error.code == "E_TENSOR_MISSING" && error.tensor == module + "qzeros")
    }
    var other = Self.source(.dense, .awq).checkpoint
    other.tensors[module + "scales"]?.shape = [64, 4]
    try withWorkshop(source: other) { shop in
      let error = try shop.refusal("format-awq-scales")
      #expect(error.code == "E_SOURCE_FORMAT" && error.tensor == module + "scales")
    }
  }

  @Test func `experts whose columns are in an order that is not there are refused`() throws {
    var checkpoint = Self.source(.next, .gptq, where: { $0.contains(".experts.") && !$0.hasPrefix("mtp.") }).checkpoint
    checkpoint.config.set("quantization_config", to: ["quant_method": "gptq", "bits": 4, "desc_act": true])
    try withWorkshop(source: checkpoint) { shop in
      let error = try diagnostic { try shop.run() }
      #expect(error.code == "E_TENSOR_MISSING")
      #expect(error.tensor?.contains(".experts.0.") == true && error.tensor?.hasSuffix(".g_idx") == true)
    }
  }

  @Test(arguments: [4, -1])
  func `a column of a group that has no scale is refused`(group: Int32) throws {
    var checkpoint = Self.source(.dense, .gptq).checkpoint
    let indices = (0..<128).map { $0 == 100 ? group : Int32($0 / 32) }
    checkpoint.tensors["model.language_model.layers.0.mlp.down_proj.g_idx"] = TinyCheckpoint.Tensor(
      dtype: .i32, shape: [128],
      bytes: indices.flatMap { index in (0..<4).map { UInt8(truncatingIfNeeded: index >> (8 * $0)) } })
    try withWorkshop(source: checkpoint) { shop in
      let error = try shop.refusal("format-gptq-group\(group)")
      #expect(error.code == "E_SOURCE_FORMAT" && error.found == "a column of group \(group), and 4 groups")
    }
  }
}
