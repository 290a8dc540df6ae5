import PackageCheck
import SystemPackage
import Quantization
import Safetensors
import Testing

/// FP8 checkpoints: E4M3 matrices with one scale for each block of 128 × 128 become what the same numbers in bf16 do.
@Suite struct Float8SourceTests {
  /// The same model twice: as FP8 with scales, and as the bf16 numbers that FP8 stands for. Experts stay one tensor each.
  private func pair(_ family: TinyCheckpoint.Family) -> (packed: TinyCheckpoint, plain: TinyCheckpoint) {
    var packed = TinyCheckpoint(family) {
      $0.hidden = 192
      $0.hasHead = true
    }
    var plain = packed
    var random: UInt64 = 7
    func next() -> UInt64 {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return random >> 33
    }
    for (name, tensor) in packed.tensors.sorted(by: { $0.key < $1.key })
    where tensor.shape.count == 2 && name.hasSuffix("proj.weight") && !name.contains("visual") {
      let (rows, columns) = (tensor.shape[0], tensor.shape[1])
      let grid = [(rows + 127) / 128, (columns + 127) / 128]
      let scales = (0..<grid[0] * grid[1]).map { _ in Float(next() % 1000 + 1) / 65_536 }
      let codes = (0..<rows * columns).map { _ in UInt8(next() % 127) | UInt8(next() % 2) << 7 }
      packed.tensors[name] = TinyCheckpoint.Tensor(dtype: .f8e4m3, shape: tensor.shape, bytes: codes)
      packed.tensors[name + "_scale_inv"] = TinyCheckpoint.Tensor(
        dtype: .f32, shape: grid, bytes: scales.flatMap { bytes(of: $0.bitPattern) })
      plain.tensors[name]?.bytes = codes.indices.flatMap { index in
        let block = index / columns / 128 * grid[1] + index % columns / 128
        return bytes(of: UInt16(Float8Blocks.value(codes[index], scales[block]).bitPattern >> 16))
      }
    }
    return (packed, plain)
  }

  private func bytes<Word: FixedWidthInteger>(of word: Word) -> [UInt8] {
    (0..<Word.bitWidth / 8).map { UInt8(truncatingIfNeeded: word >> Word(8 * $0)) }
  }

  @Test(arguments: [TinyCheckpoint.Family.dense, .next], ["mxfp4", "affine8"])
  func `weights are those of the dequantized model`(family: TinyCheckpoint.Family, pipeline: String) throws {
    let (packed, plain) = pair(family)
    var weights: [[String: String]] = []
    for source in [packed, plain] {
      try withWorkshop(source: source) { shop in
        try shop.writeManifest([("pipeline", .string(pipeline))])
        try shop.run()
        #expect(try PackageVerifier(path: FilePath(shop.package), threads: 2).verify().isGood)
        weights.append(
          try digests(shop.package).filter { $0.key.hasSuffix(".safetensors") }.mapValues { "\($0)" })
      }
    }
    #expect(weights[0] == weights[1])
    #expect(weights[0].count == 2)
  }

  @Test func `kept matrices are written in BF16 and say their transform`() throws {
    var (packed, plain) = pair(.dense)
    packed.config.set("quantization_config", to: ["quant_method": "fp8", "weight_block_size": [128, 128]])
    let name = "model.language_model.layers.0.mlp.up_proj.weight"
    try withWorkshop(source: packed) { shop in
      try shop.writeManifest([("rules", [["match": "**", "treatment": "keep"]])])
      try shop.run()
      let package = Package(shop.package)
      let written = try package.tensor("language_model.model.layers.0.mlp.up_proj.weight")
      #expect(written.dtype == .bf16)
      #expect(digest(written.bytes) == digest(plain.tensors[name]?.bytes))
      let row = try package.audit.tensors.first { $0.name == "language_model.model.layers.0.mlp.up_proj.weight" }
      #expect(row?.verdict == "converted")
      #expect(row?.json["transforms"] == ["dequantize_fp8_blocks"])
      // Readers would take the old block for a promise.
      #expect(try package.config["quantization_config"] == nil)
    }
  }

  private func weights(_ source: TinyCheckpoint) throws -> [String: String] {
    try withWorkshop(source: source) { shop in
      try shop.run()
      return try digests(shop.package).filter { $0.key.hasSuffix(".safetensors") }.mapValues { "\($0)" }
    }
  }

  @Test func `F12: scales of blocks under the name weight_scale give the same bytes`() throws {
    let (packed, _) = pair(.dense)
    var other = packed
    for name in packed.tensors.keys where name.hasSuffix("_scale_inv") {
      other.rename(name, to: String(name.dropLast("_inv".count)))
    }
    #expect(try weights(other) == weights(packed))
  }

  @Test func `scales that are powers of two, as exponents alone, are those numbers`() throws {
    let (packed, _) = pair(.dense)
    var (exponents, floats) = (packed, packed)
    for (name, tensor) in packed.tensors where name.hasSuffix("_scale_inv") {
      let count = tensor.shape.reduce(1, *)
      let codes = (0..<count).map { UInt8(truncatingIfNeeded: 110 + $0 * 7 % 12) }
      exponents.tensors[name] = TinyCheckpoint.Tensor(dtype: .f8e8m0, shape: tensor.shape, bytes: codes)
      floats.tensors[name]?.bytes = codes.flatMap { code in
        bytes(of: Float(sign: .plus, exponent: Int(code) - 127, significand: 1).bitPattern)
      }
    }
    exponents.config.set("quantization_config", to: ["quant_method": "fp8", "scale_fmt": "ue8m0"])
    #expect(try weights(exponents) == weights(floats))
    #expect(try weights(exponents) != weights(packed))
  }

  @Test func `ModelOpt's scales of blocks, with the axes of a block kept, are those of blocks`() throws {
    let (packed, _) = pair(.dense)
    var kept = packed
    for (name, tensor) in packed.tensors where name.hasSuffix("_scale_inv") {
      kept.tensors[name] = nil
      kept.tensors[String(name.dropLast("_inv".count))] = TinyCheckpoint.Tensor(
        dtype: .f32, shape: [tensor.shape[0], 1, tensor.shape[1], 1], bytes: tensor.bytes)
    }
    kept.config.set("quantization_config", to: ["quant_method": "modelopt", "quant_algo": "FP8_PB_WO"])
    #expect(try weights(kept) == weights(packed))
    kept.config.removeKey("quantization_config")
    try withWorkshop(source: kept) { shop in
      let error = try diagnostic { _ = try shop.open() }
      #expect(error.code == "E_SOURCE_FORMAT")
    }
  }

  @Test func `what hf_quant_config.json says beside a config.json that says nothing is read, and pinned`() throws {
    var packed = TinyCheckpoint(.dense)
    let name = "model.language_model.layers.0.mlp.up_proj.weight"
    let shape = try #require(packed.tensors[name]).shape
    packed.tensors[name] = TinyCheckpoint.Tensor(
      dtype: .f8e4m3, shape: shape, bytes: (0..<shape[0] * shape[1]).map { UInt8(truncatingIfNeeded: $0 * 37 % 0x7F) })
    packed.tensors[name + "_scale"] = TinyCheckpoint.Tensor(
      dtype: .f32, shape: [shape[0], 1], bytes: (0..<shape[0]).flatMap { bytes(of: (Float($0 + 1) / 512).bitPattern) })
    var stated = packed
    stated.config.set("quantization_config", to: ["quant_method": "modelopt"])
    let file = "{\"producer\": {\"name\": \"modelopt\"}, \"quantization\": {\"quant_algo\": \"FP8\"}}"
    try withWorkshop(source: packed) { shop in
      let error = try diagnostic { _ = try shop.open() }
      #expect(error.code == "E_SOURCE_FORMAT")
      try writeBytes(Array(file.utf8), shop.source + "/hf_quant_config.json")
      try shop.run()
      let audit = try Package(shop.package).audit
      #expect(audit.inputs.contains { $0.path == "source/hf_quant_config.json" })
      #expect(audit.notes.contains { $0.contains("hf_quant_config.json beside it is read") })
      #expect(try PackageVerifier(path: FilePath(shop.package), threads: 2).verify().isGood)
      let own = try digests(shop.package).filter { $0.key.hasSuffix(".safetensors") }.mapValues { "\($0)" }
      #expect(try own == weights(stated))
    }
  }

  /// One scale a row or a matrix, in a model whose configuration says that it has FP8, against the numbers in bf16.
  @Test(arguments: ["dequantize_fp8_rows", "dequantize_fp8_matrix"])
  func `a scale for each row, or for the matrix, is a factor`(transform: String) throws {
    var packed = TinyCheckpoint(.dense)
    let name = "model.language_model.layers.0.mlp.up_proj.weight"
    let shape = try #require(packed.tensors[name]).shape
    let rows = transform == "dequantize_fp8_rows" ? shape[0] : 1
    let codes = (0..<shape[0] * shape[1]).map { UInt8(truncatingIfNeeded: $0 * 37 % 0x7F) }
    let scales = (0..<rows).map { Float($0 + 1) / 512 }
    packed.tensors[name] = TinyCheckpoint.Tensor(dtype: .f8e4m3, shape: shape, bytes: codes)
    packed.tensors[name + "_scale"] = TinyCheckpoint.Tensor(
      dtype: .f32, shape: [rows, 1], bytes: scales.flatMap { bytes(of: $0.bitPattern) })
    packed.config.set("quantization_config", to: ["quant_method": "compressed-tensors"])
    let expected = codes.indices.flatMap { index in
      bytes(of: UInt16(Float8Blocks.value(codes[index], scales[rows == 1 ? 0 : index / shape[1]]).bitPattern >> 16))
    }
    try withWorkshop(source: packed) { shop in
      try shop.writeManifest([("rules", [["match": "**", "treatment": "keep"]])])
      try shop.run()
      let package = Package(shop.package)
      let written = try package.tensor("language_model.model.layers.0.mlp.up_proj.weight")
      #expect(written.dtype == .bf16 && written.bytes == expected)
      let row = try package.audit.tensors.first { $0.name == "language_model.model.layers.0.mlp.up_proj.weight" }
      // A matrix this small is one block.
      #expect(row?.json["transforms"] == [.string(rows == 1 ? "dequantize_fp8_blocks" : transform)])
    }
  }

  @Test func `a matrix without its scales is refused`() throws {
    var (packed, _) = pair(.dense)
    packed.tensors["model.language_model.layers.1.mlp.down_proj.weight_scale_inv"] = nil
    try withWorkshop(source: packed) { shop in
      let error = try shop.refusal("fp8-without-scales")
      #expect(error.code == "E_DTYPE")
      #expect(error.tensor == "model.language_model.layers.1.mlp.down_proj.weight")
    }
  }

  @Test func `scales of another grid are refused`() throws {
    var (packed, _) = pair(.dense)
    let name = "model.language_model.layers.1.mlp.down_proj.weight_scale_inv"
    packed.tensors[name]?.shape.reverse()
    packed.tensors[name]?.shape.append(1)
    try withWorkshop(source: packed) { shop in
      let error = try shop.refusal("fp8-scales-of-another-grid")
      #expect(error.code == "E_SHAPE")
      #expect(error.tensor == name)
    }
  }

  @Test func `a NaN code is named`() throws {
    var (packed, _) = pair(.dense)
    let name = "model.language_model.layers.2.mlp.gate_proj.weight"
    packed.tensors[name]?.bytes[4321] = 0x7F
    try withWorkshop(source: packed) { shop in
      let error = try shop.refusal("fp8-nan")
      #expect(error.code == "E_NONFINITE")
      #expect(error.tensor == name)
      #expect(error.found == "element 4321 is not finite")
    }
  }
}
