import Checkpoint
import Quantization
import StrictJSON

/// The blocks of `config.json` that readers take quantization parameters from: the package's format, then an entry for
/// each module that differs, under the path that the loaders use.
package struct QuantizationBlocks {
  /// What mlx-vlm's drafter reads before `quantization`.
  package static let headKey = "mtplx_mtp_quantization"

  /// The block for `quantization` and its twin; nil when nothing of the trunk is quantized. `false` marks a linear layer
  /// that is not quantized.
  let trunk: JSONValue?
  /// The block for the head; nil when it is not quantized. Modules without scales need no entry there.
  let head: JSONValue?

  init(_ plan: Plan) {
    trunk = plan.format.map { format in
      QuantizationBlocks.block(
        Packing(format), plan.tensors.filter { $0.origin == .trunk }, marksKept: true)
    }
    let quantizedHead = plan.tensors.filter { $0.origin == .head && $0.packing != nil }
    head = quantizedHead.first?.packing.map { QuantizationBlocks.block($0, quantizedHead, marksKept: false) }
  }

  private static func block(_ format: Packing, _ tensors: [PlannedTensor], marksKept: Bool) -> JSONValue {
    var members = parameters(format)
    for tensor in tensors {
      guard tensor.name.hasSuffix(".weight"), tensor.tensor.shape.count >= 2, tensor.tensor.transform == .none,
        tensor.tensor.settled == .none,
        tensor.tensor.role != .vision, let part = tensor.parts.first?.name
      else { continue }
      let module = String(part.dropLast(".weight".count))
      if let own = tensor.packing {
        if own != format { members.append((module, .object(parameters(own)))) }
      } else if marksKept {
        members.append((module, false))
      }
    }
    return .object(members)
  }

  /// The mode is always named: an entry without one means affine, whatever the package's mode is.
  private static func parameters(_ format: Packing) -> [(String, JSONValue)] {
    [("group_size", .int(format.groupSize)), ("bits", .int(format.bits)), ("mode", .string(format.mode))]
  }
}

extension Packing {
  init(_ format: QuantizationFormat) {
    self.init(mode: format.mode.rawValue, bits: format.bits, groupSize: format.groupSize)
  }
}

extension PlannedTensor {
  /// The number format in the package, whether it is quantized now or was before; nil for plain floats.
  var packing: Packing? { format.map { Packing($0) } ?? tensor.packing }
}
