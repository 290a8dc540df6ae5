import Checkpoint
import Safetensors

extension AdapterMerge {
  /// Takes the lengths of the rows (DoRA), which an adapter has for all of its modules or for none.
  /// - Parameter isMatrix: Whether the product is added to the matrix of a linear layer, whole.
  func addMagnitude(
    _ factors: AdapterTensors.Factors, to product: inout TensorDelta.Product, _ tensor: ResolvedTensor, isMatrix: Bool
  ) throws {
    guard (factors.magnitude != nil) == config.hasMagnitudes else {
      throw AdapterError.conflict(
        file: file.path.string, tensor: factors.magnitude?.name ?? factors.left?.name ?? factors.module,
        expected: "lora_magnitude_vector where use_dora is true, and only there",
        found: "use_dora \(config.hasMagnitudes)")
    }
    guard let magnitude = factors.magnitude else { return }
    guard isMatrix, tensor.assembly == "copy" else {
      throw AdapterError.unsupported(
        file: file.path.string, tensor: magnitude.name, what: "DoRA of what is no linear layer of its own",
        next: "merge it with PEFT (merge_and_unload) and name the result as source")
    }
    guard !tensor.isDequantized else {
      throw AdapterError.base(path: base.path, tensor: tensor.name, found: "codes, which DoRA cannot scale")
    }
    try require(magnitude, [tensor.shape[0]])
    product.magnitude = magnitude
  }
}
