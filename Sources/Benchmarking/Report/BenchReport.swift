import Checking
import Inference

/// What a bench found.
public struct BenchReport: Sendable {
  /// Number of the layout of ``json`` and ``csv``.
  public static let schema = 1

  /// What the run was asked for.
  public struct Settings: Sendable, Hashable {
    /// Threads that computed.
    public var threads: Int
    /// Rows of a pass over the prompt.
    public var promptChunk: Int
    /// The arithmetic's name.
    public var arithmetic: String
    /// Lowest ids that may be drafted; 0 for all.
    public var draftShortlist: Int
    /// Tokens decoded for each prompt.
    public var limit: Int
    /// Repetitions that count.
    public var repetitions: Int
    /// The acceptance that was imposed; nil for the head's own.
    public var imposed: ImposedAcceptance?

    /// What was asked for; drafts are from all ids unless a shortlist is named.
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

  /// A prompt that was run.
  public struct PromptLine: Sendable, Hashable {
    /// The prompt's id.
    public var id: String
    /// The class of the prompt.
    public var kind: String
    /// How many tokens it has.
    public var tokens: Int

    /// A prompt by its name, class and length: its text stays out of the report.
    public init(id: String, kind: String, tokens: Int) {
      self.id = id
      self.kind = kind
      self.tokens = tokens
    }
  }

  /// Memory of the process, bytes.
  public struct Memory: Sendable, Hashable {
    /// Pages that are no file's, the most after any decoding; nil where the system does not say.
    public var anonymous: Int?
    /// All resident pages.
    public var resident: Int
    /// Mapped bytes of the package's files.
    public var mapped: Int

    /// Bytes as the system counts them.
    public init(anonymous: Int?, resident: Int, mapped: Int) {
      self.anonymous = anonymous
      self.resident = resident
      self.mapped = mapped
    }
  }

  /// What it was measured on.
  public var machine: Machine
  /// The system's load before the bench; nil where it does not say.
  public var load: Double?
  /// Bytes a second that the machine reads with as many threads; the best measured before and after the decodings.
  public var readBandwidth: Double
  /// What was measured.
  public var model: ModelSummary
  /// What the model's folder is called; empty when it is not said.
  public var name = ""
  /// How it was measured.
  public var settings: Settings
  /// The prompts in their order.
  public var prompts: [PromptLine]
  /// What was asked for and could not be run.
  public var unavailable: [Unavailable]
  /// One result a decoder and class of prompts.
  public var results: [BenchResult]
  /// Verified decodings that produced other tokens than vanilla decoding.
  public var differences: [BenchDifference]
  /// What was resident.
  public var memory: Memory
  /// What single passes cost; nil when it was not measured.
  public var passes: PassTimes?
  /// The results of many sequences at once; empty when they were not measured.
  public var concurrency: [ConcurrencyResult] = []

  /// A report without a name and sequences at once, which are set afterwards.
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
