import Adapters
import Foundation
import Safetensors
import Testing

/// An adapter whose modules_to_save has the output projection of a model that has none of its own.
@Suite struct AdapterTiedHeadTests {
  @Test func `an lm_head for a tied base is refused as that, with the way on, and not as another base's`() throws {
    try withWorkshop { shop in
      let name = "dense-peft-plain"
      try shop.copyAdapter(name)
      // The same base, tied.
      try FileManager.default.copyItem(atPath: AdapterFixture.base(name), toPath: shop.path + "/base")
      try editJSON(shop.path + "/base/config.json") { config in
        config.set("tie_word_embeddings", to: true)
        var text = config["text_config"] ?? [:]
        text.set("tie_word_embeddings", to: true)
        config.set("text_config", to: text)
      }
      var tensors = try HeadDonor.read(shop.path + "/base/model.safetensors")
      let found = tensors.removeValue(forKey: "lm_head.weight")
      let output = try #require(found)
      let entries = tensors.sorted { $0.key < $1.key }
      let layout = try SafetensorsLayout(
        tensors: entries.map { (name: $0.key, dtype: $0.value.dtype, shape: $0.value.shape) },
        metadata: ["format": "pt"])
      try writeBytes(layout.assemble(tensors.mapValues(\.bytes)), shop.path + "/base/model.safetensors")
      try shop.writeAdapterManifest(name, [("adapter", "adapter"), ("source", "base")])
      _ = try shop.open()
      try shop.editAdapterTensors { $0["base_model.model.lm_head.weight"] = output }
      try shop.setAdapterField("modules_to_save", ["lm_head"])
      let error = try diagnostic { _ = try shop.open() }
      #expect(error.code == "E_ADAPTER_UNSUPPORTED" && error.tensor == "base_model.model.lm_head.weight")
      #expect(error.found?.contains("lm_head") == true)
      #expect(error.next?.contains("merge_and_unload") == true && error.next?.contains("trained on") == false)
    }
  }
}
