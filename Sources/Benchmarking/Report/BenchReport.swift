import Checking
import Inference

/// What a bench found.
public struct BenchReport: Sendable {
  /// Number of the layout of ``json`` and ``csv``.
  public static let schema = 1

  /// What the run was asked for.
  public struct Settings: Sendable, Hashable {
    public var threads: Int
    public var promptChunk: Int
    public var arithmetic: String
    /// Lowest ids that may be drafted; 0 for all.
    public var draftShortlist: Int
    public var limit: Int
    public var repetitions: Int
    public var imposed: ImposedAcceptance?

    public init(
      threads: Int, promptChunk: Int, arithmetic: String, draftShortlist: Int = 0, limit: Int, repetitions: Int,
      imposed: ImposedAcceptance?
    ) {
      self.threads = threads
      self.promptChunk = promptChunk
      self.arithmetic = arithmetic
      self.draftShortlist = draftShortlist
      self.limit = limit
      self.repetitions = repetitions
      self.imposed = imposed
    }
  }

  public struct PromptLine: Sendable, Hashable {
    public var id: String
    public var kind: String
    public var tokens: Int

    public init(id: String, kind: String, tokens: Int) {
      self.id = id
      self.kind = kind
      self.tokens = tokens
    }
  }

  /// Memory of the process, bytes.
  public struct Memory: Sendable, Hashable {
    /// Pages that are no file's, the most behind any decoding; nil where the system does not say.
    public var anonymous: Int?
    /// All resident pages.
    public var resident: Int
    /// Of the package's files.
    public var mapped: Int

    public init(anonymous: Int?, resident: Int, mapped: Int) {
      self.anonymous = anonymous
      self.resident = resident
      self.mapped = mapped
    }
  }

  public var machine: Machine
  public var load: Double?
  /// Bytes a second that the machine reads with as many threads; the best measured before and behind the decodings.
  public var readBandwidth: Double
  public var model: ModelSummary
  public var settings: Settings
  public var prompts: [PromptLine]
  public var unavailable: [Unavailable]
  public var results: [BenchResult]
  public var differences: [BenchDifference]
  public var memory: Memory
  public var passes: PassTimes?

  public init(
    machine: Machine, load: Double?, readBandwidth: Double, model: ModelSummary, settings: Settings,
    prompts: [PromptLine], unavailable: [Unavailable], results: [BenchResult], differences: [BenchDifference],
    memory: Memory, passes: PassTimes?
  ) {
    self.machine = machine
    self.load = load
    self.readBandwidth = readBandwidth
    self.model = model
    self.settings = settings
    self.prompts = prompts
    self.unavailable = unavailable
    self.results = results
    self.differences = differences
    self.memory = memory
    self.passes = passes
  }

  /// The failure that the result means, if any.
  public var failure: BenchError? { differences.first.map(BenchError.different) }

  /// Classes in the order of the results, each once.
  var kinds: [String] {
    var kinds: [String] = []
    for result in results where !kinds.contains(result.kind) { kinds.append(result.kind) }
    return kinds
  }

  /// Drafts are imposed: figures of decoders that draft are those of another acceptance than the model's.
  var isImposed: Bool { settings.imposed != nil }
}
