/// What the package's decoding is checked with, before it is published: prompts, depths, floors.
public struct DecodeCheck: Sendable, Equatable {
  /// How many of the program's own prompts are decoded, 1 to ``mostPrompts``.
  public var prompts: Int
  /// Tokens decoded for each prompt at each setting.
  public var tokens: Int
  /// Depths of MTP decoding, ascending.
  public var depths: [Int]
  /// Share of first drafts that must be accepted at every depth; nil demands nothing.
  public var acceptanceFloor: Double?
  /// The same, as a share of what the unquantized source reaches with the same head; nil demands nothing, and the source
  /// is not decoded.
  public var relativeFloor: Double?
  /// Whether the package is compared with the unquantized source on a short text, when that is on this machine.
  public var comparesSource = true
  /// Largest mean of KL(source, package) on that text, in nats; nil demands nothing.
  public var maxKL: Double?
  /// Share of its positions where both must have the same best token; nil demands nothing.
  public var minTop1: Double?
  /// Why the source is not compared, as far as the plan tells; nil when it is.
  package var sourceObstacle: String?
  /// Whether the source is compared in a copy, of which the runner reads every tensor, as far as the plan tells.
  package var copiesSource = false
  /// Whether the package is published when the check cannot take place; else that fails the run.
  public var isOptional = false
  /// The drafter that goes into the package, or lookup where neither it nor a head does: no manifest says it here.
  package var drafter: Drafter?

  /// A drafter with its own weights, decoded with beside the head.
  package struct Drafter: Sendable, Equatable {
    /// The way of decoding, as the runner spells it.
    package var name: String
    /// Tokens that it drafts in a round.
    package var places: Int

    /// A drafter by the name that the runner decodes with.
    package init(name: String, places: Int) {
      self.name = name
      self.places = places
    }

    /// What drafts where no weights do: it copies from the text itself, at most so many tokens a round.
    package static let lookup = Drafter(name: "lookup", places: 16)
  }

  /// Whether nothing has weights that draft: plain decoding and lookup are checked.
  package var draftsByLookup: Bool { drafter == .lookup }

  /// Whether the package cannot be published without a comparison with the source.
  package var demandsSource: Bool { maxKL != nil || minTop1 != nil }

  /// Most bundled prompts that a manifest can ask for.
  public static let mostPrompts = 11
  /// Most tokens a prompt.
  public static let mostTokens = 4096
  /// Most drafts a round.
  public static let deepest = 8

  /// Creates a check; the defaults are what is checked when nothing is said.
  public init(
    prompts: Int = 4, tokens: Int = 24, depths: [Int] = [1, 3], acceptanceFloor: Double? = nil,
    relativeFloor: Double? = nil
  ) {
    self.prompts = prompts
    self.tokens = tokens
    self.depths = depths
    self.acceptanceFloor = acceptanceFloor
    self.relativeFloor = relativeFloor
  }

  /// What a manifest or a pipeline says of the check.
  public enum Choice: Sendable, Equatable {
    /// `false`: the package is not decoded.
    case off
    /// The fields that are named; the others are as they would be without a word.
    case fields(Fields)
  }

  /// What is said, field by field.
  public struct Fields: Sendable, Equatable {
    /// How many of the bundled prompts.
    public var prompts: Int?
    /// Tokens decoded for each prompt.
    public var tokens: Int?
    /// Drafts a round, one way of decoding each.
    public var depths: [Int]?
    /// Share of the first drafts that must be accepted, 0 to 1.
    public var acceptanceFloor: Double?
    /// The same, as a share of what the source reaches.
    public var relativeFloor: Double?
    /// Whether the package is compared with the source.
    public var comparesSource: Bool?
    /// Largest mean of the KL to the source, in nats.
    public var maxKL: Double?
    /// Share of the positions where both must have the same best token, 0 to 1.
    public var minTop1: Double?
    /// Whether the package is published when the check cannot take place.
    public var isOptional: Bool?
  }

  /// What a manifest says, over what its pipeline says; nil when the package is not decoded.
  public static func resolve(manifest: Choice?, pipeline: Choice?) -> DecodeCheck? {
    guard let last = manifest ?? pipeline, last != .off else { return nil }
    var check = DecodeCheck()
    for choice in [pipeline, manifest] {
      guard case .fields(let fields) = choice else { continue }
      check.prompts = fields.prompts ?? check.prompts
      check.tokens = fields.tokens ?? check.tokens
      check.depths = fields.depths ?? check.depths
      check.acceptanceFloor = fields.acceptanceFloor ?? check.acceptanceFloor
      check.relativeFloor = fields.relativeFloor ?? check.relativeFloor
      check.comparesSource = fields.comparesSource ?? check.comparesSource
      check.maxKL = fields.maxKL ?? check.maxKL
      check.minTop1 = fields.minTop1 ?? check.minTop1
      check.isOptional = fields.isOptional ?? check.isOptional
    }
    return check
  }
}
