import Quantization
import StrictJSON

/// The blocks of `config.json` that readers take quantization parameters from: the package's format, then an entry for
/// each module that differs, under the path that the loaders use.
struct QuantizationBlocks {
  /// What mlx-vlm's drafter reads before `quantization`.
  static let headKey = "mtplx_mtp_quantization"

  /// For `quantization` and its twin; nil when nothing of the trunk is quantized. `false` marks a linear layer that is
  /// not quantized.
  let trunk: JSONValue?
  /// For the head; nil when it is not quantized. Modules without scales need no entry there.
  let head: JSONValue?

  init(_ contents: PlanContents, format: QuantizationFormat?) {
    trunk = format.map { format in
      QuantizationBlocks.block(format, contents.tensors.filter { $0.origin == .trunk }, marksKept: true)
    }
    let quantizedHead = contents.tensors.filter { $0.origin == .head && $0.format != nil }
    head = quantizedHead.first?.format.map { QuantizationBlocks.block($0, quantizedHead, marksKept: false) }
  }

  private static func block(_ format: QuantizationFormat, _ tensors: [PlannedTensor], marksKept: Bool) -> JSONValue {
    var members = parameters(format)
    for tensor in tensors {
      guard tensor.name.hasSuffix(".weight"), tensor.tensor.shape.count >= 2, tensor.tensor.transform == .none,
        tensor.tensor.role != .vision
      else { continue }
      let module = String(tensor.name.dropLast(".weight".count))
      if let own = tensor.format {
        if own.mode != format.mode || own.bits != format.bits || own.groupSize != format.groupSize {
          members.append((module, .object(parameters(own))))
        }
      } else if marksKept {
        members.append((module, false))
      }
    }
    return .object(members)
  }

  /// The mode is always named: an entry without one means affine, whatever the package's own mode is.
  private static func parameters(_ format: QuantizationFormat) -> [(String, JSONValue)] {
    [
      ("group_size", .int(format.groupSize)), ("bits", .int(format.bits)), ("mode", .string(format.mode.rawValue)),
    ]
  }
}
