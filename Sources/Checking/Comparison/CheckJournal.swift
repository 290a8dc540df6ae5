import Diagnostics
import Digests
import Files
import Inference
import StrictJSON
import SystemPackage
import Workspace

/// Decodings of a check that are made, kept in a folder: a check that was interrupted makes only the others.
///
/// What is kept of a decoding is all that the check compares: tokens, digests, rounds. So the report is the one of a check
/// that was not interrupted.
public final class CheckJournal {
  private let journal: Journal
  private var made: [String: CheckedDecoding] = [:]

  /// Opens the journal of a folder, or begins one.
  /// - Parameters:
  ///   - folder: A folder that is there.
  ///   - key: Digest of all that decides decodings, but for prompts and options: model, source, program. What was kept
  ///     under another key is thrown away.
  /// - Throws: What reading and writing the folder throws.
  public init(folder: FilePath, key: SHA256Digest) throws {
    let (journal, records) = try Journal.open(folder: folder, key: key)
    self.journal = journal
    for record in records {
      // Each line has its own checksum; what another version wrote is made again.
      guard let name = record["decoding"]?.stringValue, let decoding = CheckedDecoding(record) else { continue }
      made[name] = decoding
    }
  }

  /// How many decodings it has.
  public var count: Int { made.count }

  func decoding(_ name: String) -> CheckedDecoding? { made[name] }

  /// Keeps a decoding.
  func append(_ name: String, _ decoding: CheckedDecoding) throws {
    try journal.append([.object([("decoding", .string(name))] + decoding.members)])
    made[name] = decoding
  }

  /// Removes it, when the check has its report.
  public func remove() throws { try journal.remove() }

  /// Ends its use; what it has stays.
  public func close() throws { try journal.close() }
}

extension CheckJournal {
  /// A key of a model as it is now: of the program, and of what the system says of all files in the model's folders.
  /// - Throws: `FileError`.
  public static func key(_ model: LoadedModel) throws -> SHA256Digest {
    var lines = [Tool.name]
    for folder in model.folders {
      lines.append(folder.string)
      for name in try namesInFolder(folder) {
        let path = folder.appending(name)
        guard try !Folder.isFolder(path) else { continue }
        let identity = try ReadOnlyFile(path: path).identity
        lines.append(
          "\(name) \(identity.device) \(identity.inode) \(identity.size) \(identity.modified) \(identity.changed)")
      }
    }
    return SHA256Digest.of(JSONWriter.canonical(.array(lines.map { .string($0) })))
  }
}

/// The names by which a journal knows the decodings of a check: all that decides their results, but for model and program.
struct DecodingNames {
  private let context: String

  /// - Parameters:
  ///   - part: Tells decodings of the package from those of the source.
  ///   - prompts: All prompts of the check.
  ///   - options: The options of the check.
  init(_ part: String, _ prompts: [EncodedPrompt], _ options: CheckOptions) {
    var hash = SHA256Stream()
    let head: [Int] = [options.limit, options.draftShortlist, prompts.count, options.stops.count]
    // A number more, so that what was kept without it stays what it is.
    let measured = options.measuresShortlist ? [1] : []
    for number in head + options.stops.sorted() + measured { DecodingNames.enter(number, &hash) }
    hash.update(Array(options.arithmetic.rawValue.utf8))
    for prompt in prompts { DecodingNames.enter(prompt.prompt, &hash) }
    context = part + " " + String(hash.finish().hex.prefix(32))
  }

  /// - Parameters:
  ///   - prompt: Number of the prompt.
  ///   - setting: Name of the way of decoding.
  ///   - withStops: Whether stop tokens end it.
  func name(_ prompt: Int, _ setting: String, withStops: Bool = false) -> String {
    "\(context) \(prompt) \(setting)" + (withStops ? " stops" : "")
  }

  private static func enter(_ prompt: Prompt, _ hash: inout SHA256Stream) {
    for number in [prompt.tokens.count, prompt.positionDelta, prompt.embeddings.count] + prompt.tokens {
      enter(number, &hash)
    }
    for position in prompt.positions ?? [] {
      for number in [position.time, position.height, position.width] { enter(number, &hash) }
    }
    for (index, row) in prompt.embeddings.sorted(by: { $0.key < $1.key }) {
      enter(index, &hash)
      row.withUnsafeBytes { hash.update($0) }
    }
  }

  private static func enter(_ number: Int, _ hash: inout SHA256Stream) {
    withUnsafeBytes(of: Int64(number).littleEndian) { hash.update($0) }
  }
}

extension CheckedDecoding {
  fileprivate var members: [(String, JSONValue)] {
    [
      ("tokens", .array(tokens.map(JSONValue.int))), ("logits", .array(logits.map { .string($0.hex) })),
      ("state", .string(state.hex)), ("rounds", .array(rounds.map(\.json))), ("stop", .optional(stop)),
    ]
  }

  /// The stop token that ended it; nil at the limit.
  private var stop: Int? { if case .stop(let token) = finish { token } else { nil } }

  /// Reads ``members`` back; nil for anything else.
  fileprivate init?(_ record: JSONValue) {
    guard let tokens = record["tokens"]?.integers,
      let state = record["state"]?.stringValue.flatMap(SHA256Digest.init(hex:)),
      let logits = record["logits"]?.arrayValue, let rounds = record["rounds"]?.arrayValue, let stop = record["stop"],
      stop.isNull || stop.intValue != nil
    else { return nil }
    self.tokens = tokens
    self.state = state
    self.logits = logits.compactMap { $0.stringValue.flatMap(SHA256Digest.init(hex:)) }
    self.rounds = rounds.compactMap(DecodingRound.init)
    finish = stop.intValue.map(Decoding.Finish.stop) ?? .limit
    guard self.logits.count == logits.count, self.rounds.count == rounds.count else { return nil }
  }
}

extension DecodingRound {
  fileprivate var json: JSONValue {
    .object([
      ("known", .int(knownTokens)), ("accepted", .int(accepted)),
      ("drafter", drafter.map { .string($0.rawValue) } ?? .null),
      ("drafts", .array(drafts.map(JSONValue.int))), ("emitted", .array(emitted.map(JSONValue.int))),
    ])
  }

  fileprivate init?(_ value: JSONValue) {
    guard let known = value["known"]?.intValue, let accepted = value["accepted"]?.intValue,
      let drafts = value["drafts"]?.integers, let emitted = value["emitted"]?.integers
    else { return nil }
    self.init(
      knownTokens: known, drafts: drafts, accepted: accepted, emitted: emitted,
      drafter: value["drafter"]?.stringValue.flatMap(DrafterKind.init(rawValue:)))
  }
}

extension JSONValue {
  /// Its elements, when all are whole numbers.
  fileprivate var integers: [Int]? {
    guard let elements = arrayValue else { return nil }
    let found = elements.compactMap(\.intValue)
    return found.count == elements.count ? found : nil
  }
}
