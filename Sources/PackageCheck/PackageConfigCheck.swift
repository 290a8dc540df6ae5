import Audit
import Checkpoint
import Files
import Planning
import Quantization
import StrictJSON
import SystemPackage

/// Reads a package's `config.json` as the loaders do, and compares with what was written.
package struct PackageConfigCheck {
  let config: JSONValue
  let audit: AuditDocument

  /// Checks a package's folder.
  init(path: FilePath, audit: AuditDocument) throws {
    let file = path.appending("config.json")
    config = try JSONValue.parse(
      ReadOnlyFile(path: file).readAll(limit: 16 << 20), file: file.string, maxValues: JSONValue.modestCount)
    self.audit = audit
  }

  /// Checks a package that is not there yet.
  package init(config: JSONValue, audit: AuditDocument) {
    self.config = config
    self.audit = audit
  }

  /// Asks before anything is written what verification will ask.
  /// - Parameter file: the configuration that this one is made of.
  /// - Throws: `ConversionError.contradiction(file:problems:)`.
  package func require(file: String) throws {
    var report = VerificationReport()
    check(&report)
    let problems = report.checks.flatMap(\.problems)
    guard problems.isEmpty else { throw ConversionError.contradiction(file: file, problems: problems) }
  }

  func check(_ report: inout VerificationReport) {
    var problems: [String] = []
    if config["quantization"] != config["quantization_config"] {
      problems.append("quantization and quantization_config differ")
    }
    let isDrafter = config["model_type"]?.stringValue == ModelConfig.drafterType
    // In a drafter's folder the head is the model.
    let trunk = audit.tensors.filter { $0.origin == (isDrafter ? "head" : "trunk") }
    let quantized = trunk.filter(\.isPacked)
    if let block = config["quantization"] {
      for tensor in trunk where tensor.writtenName.hasBytes(atEnd: ".weight") { problems += parameters(tensor, block) }
      let modules = Set(trunk.map { UTF8Name($0.module) })
      for member in block.members ?? [] where !["group_size", "bits", "mode"].contains(member.key) {
        if !modules.contains(UTF8Name(member.key)) {
          problems.append("\(member.key): an override for a module that is not there")
        }
      }
    } else if !quantized.isEmpty {
      problems.append("\(quantized.count) tensors are quantized, and there is no quantization block")
    }
    let head = isDrafter ? [] : audit.tensors.filter { $0.origin == "head" && $0.isPacked }
    if let block = config[QuantizationBlocks.headKey] {
      for tensor in head { problems += parameters(tensor, block) }
    } else if !head.isEmpty {
      problems.append("\(head.count) tensors of the head are quantized, and there is no \(QuantizationBlocks.headKey)")
    }
    problems += headCountProblems()
    report.add(
      "configuration", scope: "quantization of \(quantized.count + head.count) modules, head", problems: problems)
  }

  /// Compares every place that says how many layers the head has with the head's tensors.
  private func headCountProblems() -> [String] {
    let head = audit.tensors.filter { $0.origin == "head" }
    let layers = Set(head.compactMap { layer(of: $0.writtenName) }).count
    var problems: [String] = []
    var isDeclared = false
    for object in [config["text_config"], config].compactMap({ $0 }) {
      for name in Self.headCounts {
        guard let count = object[name], !count.isNull else { continue }
        isDeclared = isDeclared || name == Self.headCounts[0]
        if count.intValue != layers {
          let found = count.intValue.map(String.init) ?? count.typeName
          problems.append("\(name) is \(found), the head has \(layers) \(layers == 1 ? "layer" : "layers")")
        }
      }
    }
    if layers > 0, !isDeclared { problems.append("\(Self.headCounts[0]) is absent, the head is there") }
    if layers == 0, !head.isEmpty { problems.append("the head has no layer") }
    return problems
  }

  /// The layer of a head that a tensor belongs to: `0` of `mtp.layers.0.mlp.up_proj.weight`; nil for what is outside.
  private func layer(of name: String) -> UTF8Name? {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard let mark = parts.firstIndex(of: "layers"), parts.indices.contains(mark + 1) else { return nil }
    return UTF8Name(String(parts[mark + 1]))
  }

  /// What readers call the number of the head's layers; the first is that of this family.
  private static let headCounts = ["mtp_num_hidden_layers", "num_nextn_predict_layers"]

  /// How many values of the configuration nothing in the package says a second time. The audit has the digest of the source's
  /// configuration, of which this one is made, and nobody computes that back.
  var unheldFields: Int {
    let held = ["quantization", "quantization_config", QuantizationBlocks.headKey] + Self.headCounts
    func count(_ value: JSONValue) -> Int {
      guard let members = value.members else { return 1 }
      return members.filter { !held.contains($0.key) }.reduce(0) { $0 + count($1.value) }
    }
    return count(config)
  }

  /// Compares the parameters that a loader would take for a module with dtype and shapes as written.
  private func parameters(_ tensor: AuditDocument.Tensor, _ block: JSONValue) -> [String] {
    let module = tensor.module
    let own = block[module]
    guard tensor.isPacked else {
      return own == nil || own?.boolValue == false
        ? [] : ["\(module): not quantized, but config.json gives it parameters"]
    }
    if own?.boolValue == false { return ["\(module): quantized, but config.json says false"] }
    let source = own ?? block
    // An entry without mode means affine, whatever the package's mode is.
    let mode = source["mode"]?.stringValue ?? "affine"
    // `null` means the mode's own, as in MLX.
    let usual = QuantizationMode(rawValue: mode).flatMap { try? QuantizationFormat(mode: $0) }
    let number = { (key: String, usual: Int?) in
      source[key].flatMap { $0.isNull ? usual : $0.intValue }
    }
    guard let bits = number("bits", usual?.bits), let group = number("group_size", usual?.groupSize), bits > 0,
      group > 0
    else {
      return ["\(module): no bits or group_size"]
    }
    if tensor.verdict == "kept" { return packedBefore(tensor, mode: mode, bits: bits, group: group) }
    guard let columns = tensor.sourceShape.last, let words = tensor.written.first?.shape.last,
      tensor.written.count > 1, let groups = tensor.written[1].shape.last
    else { return ["\(module): no scales"] }
    var problems: [String] = []
    if !areEqual((words, 32), (columns, bits)) || !areEqual((groups, group), (columns, 1)) {
      problems.append(
        "\(module): \(bits) bits, group \(group) do not give \(words) words and \(groups) scales for \(columns) columns"
      )
    }
    if (mode == "affine") != (tensor.written.count == 3) {
      problems.append("\(module): mode \(mode) and \(tensor.written.count) parts")
    }
    return problems
  }

  /// Whether two products are the same number; one that no `Int` holds is none.
  private func areEqual(_ a: (Int, Int), _ b: (Int, Int)) -> Bool {
    let (x, y) = (a.0.multipliedReportingOverflow(by: a.1), b.0.multipliedReportingOverflow(by: b.1))
    return !x.overflow && !y.overflow && x.partialValue == y.partialValue
  }

  /// A matrix that was quantized before: its parts are separate tensors.
  private func packedBefore(_ tensor: AuditDocument.Tensor, mode: String, bits: Int, group: Int) -> [String] {
    let parts = audit.tensors.filter { $0.module == tensor.module }.compactMap(\.written.first)
    guard let words = tensor.written.first?.shape.last,
      let groups = parts.first(where: { $0.name.hasBytes(atEnd: ".scales") })?.shape.last
    else { return ["\(tensor.module): no scales"] }
    let (width, overflow) = group.multipliedReportingOverflow(by: bits)
    guard !overflow, areEqual((words, 32), (groups, width)),
      (mode == "affine") == parts.contains(where: { $0.name.hasBytes(atEnd: ".biases") })
    else {
      return [
        "\(tensor.module): \(mode), \(bits) bits, group \(group) are not what \(words) words and \(groups) scales are"
      ]
    }
    return []
  }
}

extension AuditDocument.Tensor {
  /// The name under which it was written.
  fileprivate var writtenName: String { written.first?.name ?? name }

  /// Path of the module that it belongs to.
  fileprivate var module: String {
    let name = writtenName
    return [".weight", ".scales", ".biases"].first { name.hasBytes(atEnd: $0) }
      .map { String(decoding: name.utf8.dropLast($0.utf8.count), as: UTF8.self) }
      ?? name
  }

  /// Whether it holds the codes of a quantized matrix, now or before.
  fileprivate var isPacked: Bool {
    verdict == "quantized" || (written.first?.dtype == "U32" && writtenName.hasBytes(atEnd: ".weight"))
  }
}
