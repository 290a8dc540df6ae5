import Diagnostics
import Foundation
import Safetensors
import StrictJSON
import Testing

/// Adapters that are not merged: each is refused by name, and nothing is made.
@Suite struct AdapterRefusalTests {
  /// What is wrong, with which error it is refused.
  enum Fault: String, CaseIterable {
    case undeclaredMagnitude = "adapter-undeclared-magnitude E_ADAPTER_CONFLICT"
    case noMagnitude = "adapter-no-magnitude E_ADAPTER_CONFLICT"
    case otherMagnitude = "adapter-other-magnitude E_ADAPTER_SHAPE"
    case bias = "adapter-bias E_ADAPTER_UNSUPPORTED"
    case otherKind = "adapter-other-kind E_ADAPTER_UNSUPPORTED"
    case pissa = "adapter-pissa E_ADAPTER_UNSUPPORTED"
    case transposed = "adapter-transposed E_ADAPTER_UNSUPPORTED"
    case mlx = "adapter-mlx E_ADAPTER_UNSUPPORTED"
    case lookAround = "adapter-look-around E_ADAPTER_UNSUPPORTED"
    case noRank = "adapter-no-rank E_ADAPTER_CONFIG"
    case otherRank = "adapter-other-rank E_ADAPTER_SHAPE"
    case otherBase = "adapter-other-base E_ADAPTER_SHAPE"
    case oneFactor = "adapter-one-factor E_ADAPTER_INCOMPLETE"
    case oneLayerLess = "adapter-one-layer-less E_ADAPTER_INCOMPLETE"
    case leftOver = "adapter-left-over E_ADAPTER_UNUSED"
    case unknownLayer = "adapter-unknown-layer E_ADAPTER_TARGET"
    case integers = "adapter-integers E_ADAPTER_DTYPE"
    case twice = "adapter-twice E_ADAPTER_CONFLICT"
    case notTargeted = "adapter-not-targeted E_ADAPTER_CONFLICT"
    case notSaved = "adapter-not-saved E_ADAPTER_CONFLICT"
    case savedMissing = "adapter-saved-missing E_ADAPTER_INCOMPLETE"
    case numberAsFlag = "adapter-number-as-flag E_ADAPTER_CONFIG"
    case wordAsFlag = "adapter-word-as-flag E_ADAPTER_CONFIG"
    case listAsFlag = "adapter-list-as-flag E_ADAPTER_CONFIG"
    case wordAsLayer = "adapter-word-as-layer E_ADAPTER_CONFIG"
    case missing = "adapter-missing E_ADAPTER_MISSING"
    case pickled = "adapter-pickled E_ADAPTER_MISSING"

    var code: String { String(rawValue.split(separator: " ")[1]) }

    func plant(in shop: Workshop) throws {
      switch self {
      case .undeclaredMagnitude, .otherMagnitude: try shop.copyAdapter("dense-peft-dora")
      case .bias: return try shop.writeAdapterManifest("dense-peft-bias")
      default: try shop.copyAdapter("dense-peft-regex")
      }
      let module = "base_model.model.model.layers.3.mlp.up_proj"
      switch self {
      case .otherKind: try shop.setAdapterField("peft_type", "LOHA")
      case .pissa: try shop.setAdapterField("init_lora_weights", "pissa_niter_4")
      case .transposed: try shop.setAdapterField("fan_in_fan_out", true)
      case .mlx:
        try writeBytes(
          JSONWriter.pretty(["fine_tune_type": "lora", "lora_parameters": ["rank": 8]]),
          shop.path + "/adapter/adapter_config.json")
      case .lookAround: try shop.setAdapterField("target_modules", "(?!visual).*mlp.*")
      case .savedMissing: try shop.setAdapterField("modules_to_save", ["lm_head"])
      case .numberAsFlag: try shop.setAdapterField("use_rslora", 1)
      case .wordAsFlag: try shop.setAdapterField("use_dora", "true")
      case .listAsFlag: try shop.setAdapterField("fan_in_fan_out", [])
      case .wordAsLayer: try shop.setAdapterField("layers_to_transform", [1, "3"])
      case .noRank: try shop.setAdapterField("r", 0)
      case .otherRank: try shop.setAdapterField("r", 8)
      case .otherBase:
        try shop.editAdapterTensors { tensors in
          let old = tensors[module + ".lora_A.weight"]
          tensors[module + ".lora_A.weight"] = .init(
            dtype: .bf16, shape: [4, 32], bytes: Array(old?.bytes.prefix(256) ?? []))
        }
      case .oneFactor: try shop.editAdapterTensors { $0[module + ".lora_B.weight"] = nil }
      case .oneLayerLess:
        try shop.setAdapterField("target_modules", ["up_proj", "down_proj"])
        try shop.editAdapterTensors { tensors in
          tensors[module + ".lora_A.weight"] = nil
          tensors[module + ".lora_B.weight"] = nil
        }
      case .leftOver:
        try shop.editAdapterTensors { $0[module + ".lora_C.weight"] = $0[module + ".lora_A.weight"] }
      case .unknownLayer:
        try shop.editAdapterTensors { $0 = $0.renamed { $0.replacing("layers.3.", with: "layers.9.") } }
      case .integers: try shop.editAdapterTensors { $0[module + ".lora_A.weight"]?.dtype = .i16 }
      case .twice:
        try shop.editAdapterTensors { tensors in
          let other = module.replacing("model.model.layers", with: "model.model.language_model.layers")
          for factor in [".lora_A.weight", ".lora_B.weight"] { tensors[other + factor] = tensors[module + factor] }
        }
      case .notTargeted: try shop.setAdapterField("target_modules", ["up_proj"])
      case .notSaved:
        try shop.editAdapterTensors { tensors in
          tensors["base_model.model.model.norm.weight"] = .init(
            dtype: .bf16, shape: [64], bytes: Array(repeating: 0, count: 128))
        }
      case .missing: try FileManager.default.removeItem(atPath: shop.path + "/adapter")
      case .pickled:
        let path = shop.path + "/adapter/adapter_model"
        try FileManager.default.moveItem(atPath: path + ".safetensors", toPath: path + ".bin")
      case .undeclaredMagnitude: try shop.setAdapterField("use_dora", false)
      case .noMagnitude: try shop.setAdapterField("use_dora", true)
      case .otherMagnitude:
        try shop.editAdapterTensors { tensors in
          tensors[module + ".lora_magnitude_vector"]?.shape = [64]
          tensors[module + ".lora_magnitude_vector"]?.bytes.removeLast(128)
        }
      case .bias: break
      }
    }
  }

  /// What the user is told; nothing stands at the output.
  private func refused(_ shop: Workshop) throws -> Diagnostic {
    let error = try diagnostic { try shop.run() }
    #expect(!exists(shop.package), "something stands at the output")
    return error
  }

  @Test(arguments: Fault.allCases)
  func `an adapter that cannot be merged whole is refused`(fault: Fault) throws {
    try withWorkshop { shop in
      try fault.plant(in: shop)
      let error = try refused(shop)
      #expect(error.code == fault.code)
      #expect(error.exitStatus == (fault.code == "E_ADAPTER_MISSING" ? .missingInput : .badInput))
    }
  }

  @Test func `a source with an adapter of which the manifest says nothing is refused`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try writeBytes([1, 2, 3], shop.source + "/adapter_model.bin")
      #expect(try refused(shop).code == "E_ADAPTER_UNMERGED")
      try shop.writeManifest([("adapter", false)])
      try shop.run()
    }
  }

  @Test func `an adapter alone is no source`() throws {
    try withWorkshop { shop in
      let folder = AdapterFixture.folder + "/dense-peft-plain"
      try shop.writeManifest([("source", .string(folder))])
      #expect(try refused(shop).code == "E_ADAPTER_ALONE")
    }
  }

  @Test func `a base that is quantized takes no adapter`() throws {
    try withWorkshop { shop in
      let name = "dense-peft-regex"
      try shop.writeManifest([
        ("source", .string(AdapterFixture.base(name))), ("head", "none"), ("check", false), ("output", "quantized"),
      ])
      try shop.run()
      try shop.writeAdapterManifest(name, [("source", "quantized")])
      #expect(try refused(shop).code == "E_ADAPTER_BASE")
    }
  }

  @Test func `an adapter with infinity in it is refused while it is merged`() throws {
    try withWorkshop { shop in
      try shop.copyAdapter("dense-peft-regex")
      try shop.editAdapterTensors { tensors in
        let name = "base_model.model.model.layers.3.mlp.up_proj.lora_A.weight"
        tensors[name]?.bytes.replaceSubrange(0..<2, with: [0x80, 0x7F])
      }
      let error = try diagnostic { try shop.run() }
      #expect(error.code == "E_NONFINITE")
      #expect(error.file?.hasSuffix("adapter_model.safetensors") == true)
      #expect(!exists(shop.package))
    }
  }

  @Test func `a rule cannot drop what the adapter changes`() throws {
    try withWorkshop { shop in
      try shop.copyAdapter("dense-peft-regex")
      try shop.setAdapterField("target_modules", ".*")
      try shop.editAdapterTensors { tensors in
        tensors = [:]
        let file = AdapterFixture.base("dense") + "/model.safetensors"
        let name = try #require(
          AdapterFixture.tensors(file).first {
            $0.key.hasPrefix("model.visual.") && $0.value.shape.count == 2
              && $0.key.hasSuffix(".attn.proj.weight")
          })
        let module = "base_model.model." + name.key.dropLast(".weight".count)
        let shape = name.value.shape
        tensors[module + ".lora_A.weight"] = .init(
          dtype: .bf16, shape: [4, shape[1]], bytes: Array(repeating: 0, count: 8 * shape[1]))
        tensors[module + ".lora_B.weight"] = .init(
          dtype: .bf16, shape: [shape[0], 4], bytes: Array(repeating: 0, count: 8 * shape[0]))
      }
      try shop.writeAdapterManifest(
        "dense-peft-regex",
        [("adapter", "adapter"), ("rules", [["role": "vision", "treatment": "drop"]])])
      #expect(try refused(shop).code == "E_ADAPTER_CONFLICT")
    }
  }
}
