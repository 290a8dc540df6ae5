import Checkpoint
import Manifests
import Quantization

extension Planner {
  /// Tensors that are to have error feedback keep it where there are second moments of their inputs. The others get the search
  /// of scales, with a reason.
  /// - Returns: the tensors, and what is to be said of all of them.
  /// - Throws: ``CalibrationError``.
  func settleFeedback(of tensors: [PlannedTensor]) throws -> (tensors: [PlannedTensor], note: String?) {
    guard !resolution.isMeasuring else { return (tensors, nil) }
    let asking = tensors.filter { $0.format?.scales == .feedback }
    guard let calibration = resolution.calibration, let path = resolution.manifest.calibration else {
      guard let first = asking.first else { return (tensors, nil) }
      throw CalibrationError.unpaired(
        place: resolution.manifest.path.string, expected: "a calibration file for \(first.name)", found: "none")
    }
    guard !asking.isEmpty || resolution.target != .package else {
      throw CalibrationError.unpaired(
        place: resolution.manifest.path.string, expected: "a tensor with \"scales\": \"feedback\"", found: "none")
    }
    let out = try tensors.map { tensor in
      guard let format = tensor.format, format.scales == .feedback else { return tensor }
      let (has, reason) = try feedback(for: tensor, calibration, file: path.string)
      let words = [tensor.reason, reason].compactMap { $0 }
      return PlannedTensor(
        tensor.tensor, tensor.origin, .quantize(has ? format : format.with(scales: .search)), rule: tensor.rule,
        reason: words.isEmpty ? nil : words.joined(separator: "; "))
    }
    let count = out.count { $0.format?.scales == .feedback }
    guard count > 0 else { return (out, nil) }
    return (
      out,
      "error feedback for \(count) of \(asking.count) tensors that ask for it, by the calibration of SHA-256 "
        + "\(calibration.digest.hex) on \(calibration.text.tokens) tokens of the text of SHA-256 \(calibration.text.digest.hex)"
    )
  }

  /// The tensors whose inputs are to be collected: those to which a rule, or a budget's candidate, assigns error feedback.
  package func calibratedTensors(_ tensors: [PlannedTensor]) throws -> [PlannedTensor] {
    let candidates = try resolution.budget?.candidates.map { try $0.over(resolution.format) } ?? []
    let byBudget = candidates.contains { $0.scales == .feedback } ? Set(openTensors(tensors).values) : []
    return tensors.enumerated().filter { number, tensor in
      (tensor.format?.scales == .feedback || byBudget.contains(number)) && Planner.obstacle(tensor) == nil
    }.map(\.element)
  }

  /// Whether a tensor has feedback, and what is to be said of it.
  private func feedback(
    for tensor: PlannedTensor, _ calibration: Calibration, file: String
  ) throws -> (has: Bool, reason: String?) {
    if let obstacle = Planner.obstacle(tensor) { return (false, "no feedback: \(obstacle)") }
    let inputs = try Calibration.inputNames(of: tensor.name, shape: tensor.tensor.shape).map { name in
      guard let input = calibration[name], input.columns == tensor.rowElements else {
        throw CalibrationError.incomplete(
          file: file, tensor: tensor.name, expected: "\(name), \(tensor.rowElements) numbers",
          found: calibration[name].map { "\($0.columns) numbers" } ?? "no such input")
      }
      return input
    }
    let known = inputs.count { $0.digest != nil }
    if known == inputs.count { return (true, nil) }
    let few = inputs.filter { $0.digest == nil }.map(\.tokens).max() ?? 0
    let rest = "fewer tokens (at most \(few)) than numbers (\(tensor.rowElements))"
    if inputs.count == 1 { return (false, "no feedback: \(rest) came in") }
    return (
      known > 0, "no feedback for \(inputs.count - known) of \(inputs.count) experts: \(rest) came to them"
    )
  }

  /// Why there are no second moments of what a tensor takes.
  private static func obstacle(_ tensor: PlannedTensor) -> String? {
    if tensor.origin != .trunk { return "no text is run through the head" }
    switch tensor.tensor.role {
    case .embedding: return "the rows of an embedding are looked up"
    case .vision: return "no picture is run through the tower"
    default: break
    }
    if tensor.tensor.isDequantized { return "the source's codes are not run as they are" }
    guard tensor.tensor.shape.count == 2 || (tensor.tensor.role == .expert && tensor.tensor.shape.count == 3) else {
      return "neither a matrix nor a stack of experts"
    }
    return nil
  }
}
