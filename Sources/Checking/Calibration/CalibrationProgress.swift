import Digests
import Files
import Manifests
import StrictJSON
import SystemPackage
import Workspace

/// What a calibration is of; one that goes on must be of the same.
struct CalibrationIdentity: Sendable, Equatable {
  let fingerprint: SHA256Digest
  let text: SHA256Digest
  let tokens: Int
  let window: Int
  let windows: Int
  /// Names and columns, in the order of the work.
  let inputs: [(name: String, columns: Int)]

  static func == (a: Self, b: Self) -> Bool { a.work == b.work && a.fingerprint == b.fingerprint && a.text == b.text }

  /// Digest of window and inputs.
  var work: SHA256Digest {
    SHA256Digest.of(
      JSONWriter.canonical(
        .object([
          ("window", .int(window)),
          ("inputs", .array(inputs.map { [.string($0.name), .int($0.columns)] })),
        ])))
  }
}

/// How far a calibration is: inputs that are done, then windows of those that are collected now. A folder: `progress.json`, and a
/// file of numbers for each input.
struct CalibrationProgress: Sendable {
  /// Sums of one input so far.
  struct Sums: Sendable, Equatable {
    var tokens: Int
    var digest: SHA256Digest
  }

  private static let version = "cambium_calibration_progress"

  private let identity: CalibrationIdentity
  private let folder: FilePath
  /// Inputs that are done, in the order of the work.
  var done: [Calibration.Input] = []
  /// Windows that have passed through the inputs after those that are done.
  var windows = 0
  /// Sums of these inputs; empty before a stop.
  var sums: [Sums] = []

  /// What was kept in a folder, or nothing done.
  /// - Throws: ``CalibrationError/other(file:expected:found:)``, `JSONError`, `FileError`; `E_TARGET_EXISTS` for a folder with
  ///   files of somebody else, which is neither written into nor removed.
  init(_ folder: FilePath, _ identity: CalibrationIdentity) throws {
    self.identity = identity
    self.folder = folder
    let path = document
    guard try path.exists else {
      let names = try Folder.entries(folder)
      guard
        names.allSatisfy({
          let path = folder.appending($0)
          return AtomicFile.isTemporary(path) || $0 == WorkLock.fileName && WorkLock.isLock(path)
        })
      else {
        throw StorageError.targetExists(path: folder)
      }
      return
    }
    let file = path.string
    let value = try JSONValue.parse(ReadOnlyFile(path: path).readAll(limit: 64 << 20), file: file)
    let fields = try JSONFields(value, file: file, what: "progress")
    try fields.refuseUnknown([
      Self.version, "fingerprint_sha256", "text_sha256", "work_sha256", "done", "windows", "sums",
    ])
    try fields.require(Self.version, 1)
    for (key, own) in [
      ("fingerprint_sha256", identity.fingerprint), ("text_sha256", identity.text), ("work_sha256", identity.work),
    ] {
      let found = try fields.sha256(key)
      guard found == own else {
        throw CalibrationError.other(file: file, expected: "\(key) \(own.hex)", found: found.hex)
      }
    }
    done = try fields.objects("done").map(Calibration.Input.init)
    windows = try fields.int("windows", in: 0...identity.windows)
    sums = try fields.objects("sums").map { fields in
      try fields.refuseUnknown(["tokens", "sha256"])
      return Sums(tokens: try fields.int("tokens", in: 0...1 << 40), digest: try fields.sha256("sha256"))
    }
    guard done.count + sums.count <= identity.inputs.count,
      zip(done, identity.inputs).allSatisfy({ $0.name == $1.name && $0.columns == $1.columns })
    else {
      throw CalibrationError.other(
        file: file, expected: "the inputs that were begun with", found: "\(done.count + sums.count) others")
    }
  }

  /// What is kept of an input.
  enum Kind {
    /// What goes into the file.
    case moments
    /// Sums of the first windows. Those of an earlier stop are another file, which is there until the progress names this one.
    case sums(windows: Int)

    fileprivate var ending: String {
      switch self {
      case .moments: ".moments"
      case .sums(let windows): ".\(windows)" + CalibrationProgress.sumsEnding
      }
    }
  }

  private static let sumsEnding = ".sums"

  /// Says what is done. It is there before any numbers: a folder without it is somebody's.
  private var document: FilePath { folder.appending("progress.json") }

  /// The file of an input's numbers.
  func place(_ input: Int, _ kind: Kind) -> FilePath { folder.appending("\(input)" + kind.ending) }

  /// Keeps an input's numbers; returns their digest.
  func keep(_ bytes: [UInt8], of input: Int, _ kind: Kind) throws -> SHA256Digest {
    try AtomicFile.write(bytes, to: place(input, kind))
    return SHA256Digest.of(bytes)
  }

  /// Reads an input's numbers.
  /// - Throws: ``CalibrationError/other(file:expected:found:)`` when they are not those that were kept; `FileError`.
  func numbers(of input: Int, _ kind: Kind, _ digest: SHA256Digest) throws -> [UInt8] {
    let path = place(input, kind)
    let bytes = try ReadOnlyFile(path: path).readAll(limit: Int.max)
    let own = SHA256Digest.of(bytes)
    guard own == digest else {
      throw CalibrationError.other(
        file: path.string, expected: "numbers of SHA-256 \(digest.hex)", found: own.hex)
    }
    return bytes
  }

  /// Writes `progress.json`, whole or not at all.
  func write() throws {
    let value = JSONValue.object([
      (Self.version, .int(1)), ("fingerprint_sha256", .string(identity.fingerprint.hex)),
      ("text_sha256", .string(identity.text.hex)), ("work_sha256", .string(identity.work.hex)),
      ("done", .array(done.map(\.json))), ("windows", .int(windows)),
      (
        "sums",
        .array(sums.map { .object([("tokens", .int($0.tokens)), ("sha256", .string($0.digest.hex))]) })
      ),
    ])
    try AtomicFile.write(JSONWriter.canonical(value), to: document)
  }

  /// Removes the sums of earlier stops.
  func removeEarlierSums() throws {
    let current = Set(identity.inputs.indices.map { place($0, .sums(windows: windows)).name })
    for name in try Folder.entries(folder) where isSums(name) && !current.contains(name) {
      try Folder.removeTree(folder.appending(name))
    }
  }

  /// Whether a file has the name of an input's sums: `INPUT.WINDOWS.sums`.
  private func isSums(_ name: String) -> Bool {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, "." + parts[2] == CalibrationProgress.sumsEnding, let input = JSONInteger.natural(parts[0]),
      let windows = JSONInteger.natural(parts[1])
    else { return false }
    return identity.inputs.indices.contains(input) && windows <= identity.windows
  }

  /// Removes what was kept, and the folder when nothing else is in it.
  func remove() throws(StorageError) {
    let sums = try Folder.entries(folder).filter(isSums).map { folder.appending($0) }
    let own = identity.inputs.indices.map { place($0, .moments) } + sums + [document]
    // What a killed run left; that of a living one stays.
    if try Folder.entries(folder).contains(where: { AtomicFile.isTemporary(folder.appending($0)) }) {
      for path in own { try AtomicFile.removeAbandoned(of: path) }
    }
    let names = Set(own.map { Array($0.name.utf8) } + [Array(WorkLock.fileName.utf8)])
    let known = try Folder.tree(folder).filter { names.contains($0.name) }
    try Folder.removeKnown(folder, known, last: document.name)
  }
}
