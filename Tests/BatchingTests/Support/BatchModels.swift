import Inference
import TestSupport

/// The models that tests of batches run.
enum BatchModels {
  /// A trained trunk with its head, a DFlash drafter and an EAGLE-3 drafter.
  static func demo() throws -> LoadedModel {
    let drafters = Repository.tests("InferenceTests") + "/Fixtures/drafters"
    return try LoadedModel.open(
      Repository.demoTrunk, head: Repository.demoDonor,
      drafters: [drafters + "/demo-dflash", drafters + "/tiny-eagle3"])
  }

  /// Random weights of one of the three architectures, with a head.
  static func reference(_ name: String) throws -> LoadedModel {
    try LoadedModel.open(Repository.tests("InferenceTests") + "/Fixtures/reference/\(name)/checkpoint")
  }

  static let references = ["qwen3_next_moe", "qwen3_5_dense_vl", "qwen3_5_moe"]
}
