import Checking
import Diagnostics
import Inference
import Threads

/// A prompt of a bench.
public struct BenchPrompt {
  /// Name in reports; each prompt has its own.
  public var id: String
  /// Class of text, by which figures are reported.
  public var kind: String
  /// Tokens, pads of images among them.
  public var tokens: Int
  /// Makes the prompt, of an image with the tower's rows: that is part of each measurement.
  let make: () throws -> Prompt

  /// - Parameter encoded: A prompt of a check.
  public init(_ encoded: EncodedPrompt) {
    self.init(id: encoded.id, kind: encoded.kind, tokens: encoded.tokens.count) { encoded.prompt }
  }

  init(id: String, kind: String, tokens: Int, make: @escaping () throws -> Prompt) {
    self.id = id
    self.kind = kind
    self.tokens = tokens
    self.make = make
  }
}

/// Something that was asked for and that the package, or the machine, cannot do.
public struct Unavailable: Sendable, Hashable {
  /// What there is not.
  public enum Kind: String, Sendable, Hashable { case decoder, prompts }

  /// What there is not.
  public var kind: Kind
  /// Its name.
  public var name: String
  /// Why there is none, in words.
  public var reason: String

  /// A decoder or class of prompts that is left out, and why.
  public init(_ kind: Kind, _ name: String, reason: String) {
    self.kind = kind
    self.name = name
    self.reason = reason
  }
}

/// The prompts of a bench, and the classes that the package cannot run.
public struct BenchPrompts {
  /// What can be run.
  public private(set) var prompts: [BenchPrompt] = []
  /// What cannot, with the reason.
  public private(set) var unavailable: [Unavailable] = []

  /// Classes that the program has prompts for, in the order of reports.
  public static let classes = ["code", "prose", "chat", "tool", "image"]

  /// No prompts.
  public init() {}

  /// Adds prompts of text, encoded with the package's tokenizer and template; a class that cannot be encoded is left out
  /// as a whole, with the reason.
  public mutating func add(_ texts: [CheckPrompt], with encoder: PromptEncoder) throws {
    for kind in BenchPrompts.order(texts.map(\.kind)) {
      try attempt(kind) {
        try texts.filter { $0.kind == kind }.map { BenchPrompt(try encoder.encode($0)) }
      }
    }
  }

  /// Adds a prompt for each of some pictures: a question about it, through the package's tower and template.
  public mutating func add(
    pictures: [BenchPicture], model: LoadedModel, encoder: PromptEncoder, pool: WorkerPool
  ) throws {
    try attempt("image") {
      let tower = try VisionTower.open(model)
      return try pictures.map { picture in
        let visual = try picture.visual(model: model.path)
        var chat = ChatRequest(user: picture.question, images: 1)
        chat.extra = [("enable_thinking", false)]
        let make = { try encoder.encode(chat, [visual], tower: tower, pool: pool) }
        return BenchPrompt(id: picture.name, kind: "image", tokens: try make().tokens.count, make: make)
      }
    }
  }

  /// Adds token ids of one class.
  public mutating func add(ids: [[Int]], kind: String) {
    prompts += ids.enumerated().map {
      BenchPrompt(EncodedPrompt(id: "\(kind)-\($0 + 1)", kind: kind, tokens: $1))
    }
  }

  /// Random ids below a vocabulary's size, the same for a seed on every machine.
  public static func random(count: Int, vocabulary: Int, seed: UInt64) -> [Int] {
    var random = RandomSource(seed: seed)
    return (0..<count).map { _ in Int(random.next() % UInt64(max(1, vocabulary))) }
  }

  private mutating func attempt(_ kind: String, _ body: () throws -> [BenchPrompt]) throws {
    do {
      prompts += try body()
    } catch {
      guard let error = error as? any CambiumError else { throw error }
      unavailable.append(Unavailable(.prompts, kind, reason: BenchPrompts.reason(error.diagnostic)))
    }
  }

  /// The classes that the program knows in its order, then others by name.
  public static func order(_ kinds: [String]) -> [String] {
    let known = classes.filter(kinds.contains)
    return known + Set(kinds).subtracting(known).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// No path: a report must not depend on where the package is.
  private static func reason(_ diagnostic: Diagnostic) -> String {
    ["\(diagnostic.code): \(diagnostic.summary)", diagnostic.found.map { "found \($0)" }].compactMap { $0 }
      .joined(separator: "; ")
  }
}

extension Unavailable {
  /// The text for a person.
  public var text: String { "\(kind.rawValue) \(name): \(reason)" }
}
