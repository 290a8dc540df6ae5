import Digests
import Files
import Quantization
import SystemPackage

/// What quantizing each tensor alone costs, measured on a text. Format: see the page *Sensitivity*.
public struct Sensitivity: Sendable, Equatable {
  /// What one format costs a set.
  public struct Cost: Sendable, Equatable {
    /// KL(source, source with this set quantized) in nats, the mean over the positions.
    public let kl: Double
    /// Share of the positions where both have the same best token.
    public let topAgreement: Double

    /// A cost that was measured, or that an allocation is tried with.
    public init(kl: Double, topAgreement: Double) {
      self.kl = kl
      self.topAgreement = topAgreement
    }
  }

  /// Tensors that have one format, and what each candidate costs them.
  public struct TensorSet: Sendable, Equatable {
    /// Canonical names, in order.
    public let tensors: [String]
    /// The cost of each candidate, by number; nil where it does not fit the tensors' columns.
    public let costs: [Cost?]

    /// Costs in the order of the candidates.
    public init(tensors: [String], costs: [Cost?]) {
      self.tensors = tensors
      self.costs = costs
    }
  }

  /// The text that was measured on.
  public struct Text: Sendable, Equatable {
    /// The digest of its bytes.
    public let digest: SHA256Digest
    /// Its tokens.
    public let tokens: Int
    /// Positions that were compared.
    public let positions: Int
    /// Tokens of a window; each begins with an empty state.
    public let window: Int

    /// A text by its digest, and how it was cut into windows.
    public init(digest: SHA256Digest, tokens: Int, positions: Int, window: Int) {
      self.digest = digest
      self.tokens = tokens
      self.positions = positions
      self.window = window
    }
  }

  /// Name and version of the program that measured.
  public let tool: String
  /// The folder's name, for people.
  public let model: String
  /// What tells the model from others: see `CheckpointFolder.fingerprint()`.
  public let fingerprint: SHA256Digest
  /// The text that was measured on.
  public let text: Text
  /// The formats that were measured.
  public let candidates: [QuantizationFormat]
  /// The sets, in the order of their first tensors' names.
  public let sets: [TensorSet]

  /// Creates a table; the sets are put in order.
  public init(
    tool: String, model: String, fingerprint: SHA256Digest, text: Text, candidates: [QuantizationFormat],
    sets: [TensorSet]
  ) {
    self.tool = tool
    self.model = model
    self.fingerprint = fingerprint
    self.text = text
    self.candidates = candidates
    self.sets = sets.sorted { ($0.tensors.first ?? "").utf8.lexicographicallyPrecedes(($1.tensors.first ?? "").utf8) }
  }

  /// Where the file of a manifest is when the manifest names none: `NAME.sensitivity.json` beside `NAME.json`.
  public static func path(beside manifest: FilePath) -> FilePath {
    let own = manifest.absolute
    let name = own.name
    return own.folder.appending(
      (name.hasBytes(atEnd: ".json") ? String(name.dropLast(5)) : name) + ".sensitivity.json")
  }
}
