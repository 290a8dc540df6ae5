/// A quantizer's own name for what it writes, `quant_method` of `quantization_config`, and what is read of it: the one place
/// that says so, for trunk, head and donor alike.
package enum QuantizationMethod: CaseIterable {
  case compressedTensors
  case modelOpt
  case float8
  case gptq
  case awq
  case autoRound
  /// Known by name, to be refused by it.
  case bitsandbytes

  /// The spellings, in small letters.
  package var names: [String] {
    switch self {
    case .compressedTensors: ["compressed-tensors"]
    case .modelOpt: ["modelopt"]
    case .float8: ["fp8", "fbgemm_fp8"]
    case .gptq: ["gptq"]
    case .awq: ["awq"]
    case .autoRound: ["auto-round", "auto_round", "autoround", "intel/auto-round"]
    case .bitsandbytes: ["bitsandbytes"]
    }
  }

  /// The method of a name; nil for one of which nothing is read: torchao, HQQ, Quark and whatever comes after them.
  package init?(_ name: String) {
    let small = name.lowercased()
    guard let method = QuantizationMethod.allCases.first(where: { $0.names.contains(small) }) else { return nil }
    self = method
  }

  /// Whether its matrices may be FP8: only then is a lone scale, or one a row, taken for a factor.
  var declaresFloat8: Bool {
    switch self {
    case .compressedTensors, .modelOpt, .float8: true
    case .gptq, .awq, .autoRound, .bitsandbytes: false
    }
  }

  /// Whether codes and scales are beside each other under its own names, and are read, or refused with their details.
  var hasPackedCodes: Bool {
    switch self {
    case .compressedTensors, .modelOpt: true
    case .float8, .gptq, .awq, .autoRound, .bitsandbytes: false
    }
  }
}
