import Digests
import Files
import Quantization
import Safetensors
import StrictJSON
import SystemPackage

/// Second moments of the inputs of a model's matrices, Σ x xᵀ over the tokens of a text: what error feedback needs. Format: see
/// the page *Calibration*.
public struct Calibration: Sendable {
  /// What is known of one input. Matrices that take the same input share it.
  public struct Input: Sendable, Equatable {
    /// See ``inputName(of:)``.
    public let name: String
    /// Numbers of the input.
    public let columns: Int
    /// Tokens that reached it.
    public let tokens: Int
    /// The digest of the second moments as they are stored; nil where fewer tokens than columns came, and nothing is stored.
    public let digest: SHA256Digest?

    /// An input, and how much was seen of it.
    public init(name: String, columns: Int, tokens: Int, digest: SHA256Digest?) {
      self.name = name
      self.columns = columns
      self.tokens = tokens
      self.digest = digest
    }

    /// Whether so many tokens tell enough: with fewer than columns there are directions of which nothing is known.
    public static func isEnough(tokens: Int, columns: Int) -> Bool { tokens >= columns }
  }

  /// Name and version of the program that collected.
  public let tool: String
  /// The folder's name, for people.
  public let model: String
  /// What tells the model from others, as of ``Sensitivity/fingerprint``.
  public let fingerprint: SHA256Digest
  /// The text that was run.
  public let text: Sensitivity.Text
  /// The inputs, by name.
  public let inputs: [Input]
  /// Where the second moments are; nil for what is about to be written.
  let file: SafetensorsFile?

  /// What is about to be written.
  public init(tool: String, model: String, fingerprint: SHA256Digest, text: Sensitivity.Text, inputs: [Input]) {
    self.init(tool: tool, model: model, fingerprint: fingerprint, text: text, inputs: inputs, file: nil)
  }

  init(
    tool: String, model: String, fingerprint: SHA256Digest, text: Sensitivity.Text, inputs: [Input],
    file: SafetensorsFile?
  ) {
    self.tool = tool
    self.model = model
    self.fingerprint = fingerprint
    self.text = text
    self.inputs = inputs.sorted { UTF8Name($0.name) < UTF8Name($1.name) }
    self.file = file
  }

  /// The input of this name.
  public subscript(name: String) -> Input? {
    let wanted = UTF8Name(name)
    var (low, high) = (0, inputs.count)
    while low < high {
      let middle = (low + high) / 2
      if UTF8Name(inputs[middle].name) < wanted { low = middle + 1 } else { high = middle }
    }
    return low < inputs.count && UTF8Name(inputs[low].name) == wanted ? inputs[low] : nil
  }

  /// What is written, and the layout of the file that it is written to.
  public var layout: SafetensorsLayout {
    get throws {
      try SafetensorsLayout(
        tensors: inputs.filter { $0.digest != nil }.map {
          ($0.name, .f32, [FeedbackFactor.count(columns: $0.columns)])
        },
        metadata: [
          Calibration.key: String(decoding: JSONWriter.canonical(json), as: UTF8.self),
          Calibration.digestKey: digest.hex,
        ])
    }
  }

  /// Matrices that take the same input, by the last parts of their names: the first stands for all.
  private static let together = [
    ["q_proj", "k_proj", "v_proj"], ["gate_proj", "up_proj"], ["in_proj_qkv", "in_proj_z", "in_proj_b", "in_proj_a"],
    ["in_proj_qkvz", "in_proj_ba"],
  ]

  /// The name of what a tensor takes as input: that of the first matrix that takes it, without `.weight`.
  /// - Parameter tensor: Canonical name.
  public static func inputName(of tensor: String) -> String {
    let module = tensor.hasSuffix(".weight") ? String(tensor.dropLast(".weight".count)) : tensor
    guard let dot = module.lastIndex(of: ".") else { return module }
    let last = String(module[module.index(after: dot)...])
    guard let first = together.first(where: { $0.contains(last) })?.first else { return module }
    return String(module[...dot]) + first
  }

  /// Names of the inputs of a tensor: one, or one for each expert of a stack.
  /// - Parameters:
  ///   - tensor: Canonical name.
  ///   - shape: Two dimensions, or three with the experts first.
  public static func inputNames(of tensor: String, shape: [Int]) -> [String] {
    let name = inputName(of: tensor)
    return shape.count == 3 ? (0..<shape[0]).map { "\(name).\($0)" } : [name]
  }

  /// Where the file of a manifest is when the manifest names none: `NAME.calibration.safetensors` beside `NAME.json`.
  public static func path(beside manifest: FilePath) -> FilePath {
    let own = manifest.absolute
    let name = own.name
    return own.folder.appending(
      (name.hasBytes(atEnd: ".json") ? String(name.dropLast(5)) : name) + ".calibration.safetensors")
  }
}
