import Checkpoint
import Diagnostics
import Planning
import Readers
import Safetensors
import StrictJSON

/// What a model folder is: architecture, roles, dtypes, head, problems. Reads headers only.
public struct Inspection {
  /// The folder that was looked at.
  public let folder: CheckpointFolder
  /// Problems that would stop a conversion, in plain words.
  public let problems: [String]
  /// What is to be said of the head, and done about it.
  public let diagnosis: HeadDiagnosis
  /// What readers make of the folder; nil when it is no MLX package.
  public let readers: ReaderMatrix?
  private let roles: [(role: String, tensors: Int, bytes: Int)]

  /// - Parameter folder: A checkpoint or a package.
  public init(_ folder: CheckpointFolder) {
    self.folder = folder
    var problems: [String] = []
    var roles: [TensorRole: TensorTally] = [:]
    if folder.tensorNames.allSatisfy({ $0.contains("mtp.") }) {
      problems = []
    } else {
      do { roles = try folder.trunk().tallies } catch { problems.append(Diagnostic.words(error)) }
    }
    do {
      try folder.requireSidecars()
    } catch {
      // The place alone says which of the files it is.
      let place = (error as? any CambiumError)?.diagnostic.file.map { ", in \($0)" } ?? ""
      problems.append(Diagnostic.words(error) + place)
    }
    if folder.headEvidence.isPresent {
      do {
        roles[.mtp] = try folder.head(for: folder).tally
      } catch {
        problems.append(Diagnostic.words(error))
      }
    }
    self.problems = problems
    // Readers are asked about what they load: of a checkpoint that is to be converted nothing is said, and nothing read.
    readers =
      folder.conversionEvidence == nil && !folder.isDrafter ? nil : (try? ReaderMatrix.verdicts(of: folder))
    let bases = (try? SourceCard(folder: folder))?.baseModels ?? []
    diagnosis = HeadDiagnosis(folder, baseModels: bases, readers: readers)
    self.roles = TensorRole.allCases.compactMap { role in
      roles[role].map { (role.rawValue, $0.tensors, $0.bytes) }
    }
  }

  private var dtypes: [(dtype: String, tensors: Int, bytes: Int)] {
    var counts: [String: (Int, Int)] = [:]
    for shard in folder.shards {
      for entry in shard.file.header.tensors {
        let (count, bytes) = counts[entry.dtype.rawValue] ?? (0, 0)
        counts[entry.dtype.rawValue] = (count + 1, bytes + entry.byteCount)
      }
    }
    return counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value.0, $0.value.1) }
  }

  /// The answer to "does this model have a usable head, where, in which state, and what can I do about it".
  public var headSentence: String {
    let head = folder.headEvidence
    let declared =
      head.declaredLayers.map { "config.json declares \($0) MTP layer\($0 == 1 ? "" : "s")" }
      ?? "config.json says nothing of MTP"
    guard head.isPresent else {
      return head.isBrokenPromise
        ? "no head: \(declared), but no tensor is named mtp.*; graft one by naming a donor in the manifest"
        : "no head: \(declared), and no tensor is named mtp.*"
    }
    let packed = head.packed.isEmpty ? "" : "\(head.packed.count) matrices quantized, "
    return
      "\(head.tensors.count) tensors under \(head.prefix ?? "") in \(head.shards.joined(separator: ", ")), \(packed)"
      + "\(head.layout ?? ""), norms stored as \(head.normConvention.rawValue) (\(head.normEvidence)); \(declared)"
  }

  /// The document of `inspect --json`.
  public var json: JSONValue {
    let roleRows: [JSONValue] = roles.map {
      .object([("role", .string($0.role)), ("tensors", .int($0.tensors)), ("bytes", .int($0.bytes))])
    }
    let dtypeRows: [JSONValue] = dtypes.map {
      .object([("dtype", .string($0.dtype)), ("tensors", .int($0.tensors)), ("bytes", .int($0.bytes))])
    }
    return .object([
      ("architecture", .string(folder.model.modelType)), ("drafter", .bool(folder.isDrafter)),
      ("converted", .bool(folder.conversionEvidence != nil)), ("shards", .int(folder.shards.count)),
      ("tensors", .int(folder.tensorCount)), ("bytes", .int(folder.tensorBytes)), ("roles", .array(roleRows)),
      ("dtypes", .array(dtypeRows)), ("head", headJSON), ("readers", readers?.json ?? .null),
      ("notes", .array(folder.notes.map { .string($0) })), ("problems", .array(problems.map { .string($0) })),
    ])
  }

  private var headJSON: JSONValue {
    let head = folder.headEvidence
    return .object([
      ("present", .bool(head.isPresent)), ("tensors", .int(head.tensors.count)),
      ("declared_layers", head.declaredLayers.map { .int($0) } ?? .null),
      ("prefix", head.prefix.map { .string($0) } ?? .null), ("files", .array(head.shards.map { .string($0) })),
      ("layout", head.layout.map { .string($0) } ?? .null), ("experts", head.experts.map { .int($0) } ?? .null),
      ("packed_matrices", .int(head.packed.count)), ("norm_convention", .string(head.normConvention.rawValue)),
      ("norm_evidence", .string(head.normEvidence)), ("diagnosis", diagnosis.json),
    ])
  }

  /// The lines of `inspect`.
  public var text: String {
    var lines = [
      "architecture  \(folder.model.modelType)",
      "tensors       \(folder.tensorCount) in \(folder.shards.count) file\(folder.shards.count == 1 ? "" : "s"), \(Fixed.bytes(folder.tensorBytes))",
      "MTP head      \(headSentence)",
      "              \(diagnosis.state.rawValue): \(diagnosis.summary)",
    ]
    lines += diagnosis.advice.map { "              → \($0)" }
    lines.append("")
    lines += TextTable(["role", "tensors", "bytes"], roles.map { [$0.role, "\($0.tensors)", "\($0.bytes)"] }).lines
    lines.append("")
    lines += TextTable(["dtype", "tensors", "bytes"], dtypes.map { [$0.dtype, "\($0.tensors)", "\($0.bytes)"] }).lines
    if let readers {
      lines.append("")
      lines += readers.lines
    }
    for note in folder.notes { lines.append("note: \(note)") }
    for problem in problems { lines.append("problem: \(problem)") }
    return lines.joined(separator: "\n")
  }
}
