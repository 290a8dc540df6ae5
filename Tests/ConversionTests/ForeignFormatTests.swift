import Checkpoint
import Safetensors
import StrictJSON
import Testing

/// F11: checkpoints of other quantizers are called what they are, with the way on.
@Suite struct ForeignFormatTests {
  enum Kind: String, CaseIterable {
    case nvfp4, channel, bitsandbytes, int4, gptq, awq, modelopt, int8, mxfp8

    var format: String {
      switch self {
      case .nvfp4: "NVFP4 (compressed-tensors)"
      case .channel: "FP8 with scales for rows or other blocks than 128 x 128"
      case .bitsandbytes: "bitsandbytes"
      case .int4: "int4 or int8 in words (compressed-tensors, pack-quantized)"
      case .gptq, .awq: "GPTQ or AWQ"
      case .modelopt: "NVFP4 (ModelOpt)"
      case .int8: "int8 (compressed-tensors)"
      case .mxfp8: "MXFP8"
      }
    }

    /// The tensors in the place of a matrix.
    func parts(_ rows: Int, _ columns: Int) -> [(String, DType, [Int])] {
      switch self {
      case .nvfp4:
        [
          ("weight_packed", .u8, [rows, columns / 2]), ("weight_scale", .f8e4m3, [rows, columns / 16]),
          ("weight_global_scale", .f32, [1]),
        ]
      case .channel: [("weight", .f8e4m3, [rows, columns]), ("weight_scale", .bf16, [rows, 1])]
      case .bitsandbytes: [("weight", .u8, [rows * columns / 2, 1]), ("weight.absmax", .u8, [8])]
      case .int4:
        [
          ("weight_packed", .i32, [rows, columns / 8]), ("weight_scale", .bf16, [rows, columns / 32]),
          ("weight_shape", .i64, [2]),
        ]
      case .gptq, .awq:
        [
          ("qweight", .i32, [columns / 8, rows]), ("qzeros", .i32, [columns / 32, rows / 8]),
          ("scales", .f16, [columns / 32, rows]),
        ]
      case .modelopt:
        [
          ("weight", .u8, [rows, columns / 2]), ("weight_scale", .f8e4m3, [rows, columns / 16]),
          ("weight_scale_2", .f32, []),
        ]
      case .int8: [("weight", .i8, [rows, columns]), ("weight_scale", .bf16, [rows, 1])]
      case .mxfp8: [("weight", .f8e4m3, [rows, columns]), ("weight_scale", .u8, [rows, columns / 32])]
      }
    }
  }

  private func source(_ kind: Kind, where isChosen: (String) -> Bool) -> TinyCheckpoint {
    var source = TinyCheckpoint(.dense)
    for (name, tensor) in source.tensors
    where name.hasSuffix("_proj.weight") && isChosen(name) && tensor.shape.count == 2 {
      source.tensors[name] = nil
      for (suffix, dtype, shape) in kind.parts(tensor.shape[0], tensor.shape[1]) {
        let count = shape.reduce(1, *) * dtype.bits / 8
        source.tensors[name.dropLast("weight".count) + suffix] = TinyCheckpoint.Tensor(
          dtype: dtype, shape: shape, bytes: Array(repeating: 0, count: count))
      }
    }
    return source
  }

  @Test(arguments: Kind.allCases)
  func `F11: a quantized trunk that says nothing of it is refused by its format's name`(kind: Kind) throws {
    try withWorkshop(source: source(kind) { $0.contains("language_model") }) { shop in
      let error = try shop.refusal("format-\(kind.rawValue)")
      #expect(error.code == "E_SOURCE_FORMAT")
      #expect(error.found == kind.format + (kind == .bitsandbytes ? "" : ", and no quantization_config"))
      #expect(error.next?.contains("BF16 release") == true)
      #expect(error.next?.contains("quantization_config") == (kind != .bitsandbytes))
    }
  }

  @Test(arguments: ["torchao", "hqq", "quark", "a method of tomorrow"])
  func `F11: a declared method that is not read is named, and not the first tensor that it left`(method: String) throws
  {
    var source = TinyCheckpoint(.dense)
    source.config.set("quantization_config", to: ["quant_method": .string(method)])
    let name = "model.language_model.layers.1.mlp.up_proj.W_q"
    source.tensors[name] = TinyCheckpoint.Tensor(dtype: .u8, shape: [4, 4], bytes: Array(repeating: 0, count: 16))
    try withWorkshop(source: source) { shop in
      let error = try #require(throws: CheckpointError.self) { try shop.open() }
      #expect(error.diagnostic.code == "E_SOURCE_FORMAT" && error.diagnostic.tensor == name)
      #expect(error.diagnostic.found?.contains(method) == true)
    }
  }

  @Test(arguments: ["torchao", "a method of tomorrow"], [true, false])
  func `a declared method that is not read is named of a head, too, and of a donor`(method: String, isDonor: Bool)
    throws
  {
    var source = TinyCheckpoint(.dense)
    let whole = source
    source.config.set("quantization_config", to: ["quant_method": .string(method)])
    let name = "mtp.layers.0.mlp.up_proj.W_q"
    source.tensors["mtp.layers.0.mlp.up_proj.weight"] = nil
    source.tensors[name] = TinyCheckpoint.Tensor(dtype: .u8, shape: [4, 4], bytes: Array(repeating: 0, count: 16))
    try withWorkshop(source: isDonor ? whole.stripped : source, donor: isDonor ? source : nil) { shop in
      let error = try #require(throws: CheckpointError.self) { try shop.open() }
      #expect(error.diagnostic.code == "E_SOURCE_FORMAT" && error.diagnostic.tensor == name)
      #expect(error.diagnostic.found?.contains(method) == true && error.diagnostic.next?.contains("donor") == true)
    }
  }

  @Test func `four bits with exponents as scales are MXFP4, by the name of who quantized them`() throws {
    var source = TinyCheckpoint(.dense)
    let module = "model.language_model.layers.1.mlp.up_proj.weight"
    let shape = try #require(source.tensors[module]).shape
    source.tensors[module] = TinyCheckpoint.Tensor(
      dtype: .u8, shape: [shape[0], shape[1] / 2], bytes: Array(repeating: 0, count: shape[0] * shape[1] / 2))
    source.tensors[module + "_scale"] = TinyCheckpoint.Tensor(
      dtype: .u8, shape: [shape[0], shape[1] / 32], bytes: Array(repeating: 127, count: shape[0] * shape[1] / 32))
    source.config.set("quantization_config", to: ["quant_method": "quark"])
    try withWorkshop(source: source) { shop in
      let error = try #require(throws: CheckpointError.self) { try shop.open() }
      #expect(error.diagnostic.code == "E_SOURCE_FORMAT" && error.diagnostic.found == "MXFP4 (quark)")
    }
  }

  @Test func `every spelling of a method has one meaning`() {
    let names = QuantizationMethod.allCases.flatMap(\.names)
    #expect(Set(names).count == names.count)
    for method in QuantizationMethod.allCases {
      for name in method.names { #expect(QuantizationMethod(name.uppercased()) == method) }
    }
    #expect(QuantizationMethod("torchao") == nil && QuantizationMethod("") == nil)
  }

  @Test(arguments: Kind.allCases)
  func `the bf16 head of a trunk that says nothing of its format is a donor`(kind: Kind) throws {
    let whole = TinyCheckpoint(.dense)
    try withWorkshop(source: whole.stripped, donor: source(kind) { $0.contains("language_model") }) { shop in
      try shop.run()
      let grafted = try digests(shop.package)["mtp.safetensors"]
      try withWorkshop(source: whole) { plain in
        try plain.run()
        #expect(try digests(plain.package)["mtp.safetensors"] == grafted)
      }
    }
  }

  @Test func `F11: an int4 head asks for another donor`() throws {
    try withWorkshop(source: source(.int4) { $0.hasPrefix("mtp.") }) { shop in
      let error = try shop.refusal("format-int4-head")
      #expect(error.code == "E_SOURCE_FORMAT")
      #expect(error.next?.contains("donor") == true)
    }
  }

  @Test func `F03: the bf16 head of a GPTQ release is a donor, and its scales are no sign of MLX`() throws {
    let whole = TinyCheckpoint(.dense)
    var donor = source(.gptq) { $0.contains("language_model") }
    donor.config.set("quantization_config", to: ["quant_method": "gptq", "bits": 4])
    try withWorkshop(source: whole.stripped, donor: donor) { shop in
      try shop.run()
      let grafted = try digests(shop.package)["mtp.safetensors"]
      try withWorkshop(source: whole) { plain in
        try plain.run()
        #expect(try digests(plain.package)["mtp.safetensors"] == grafted)
      }
    }
  }
}
