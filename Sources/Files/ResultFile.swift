import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A file that a command writes where a person says: the one way to do that.
///
/// What is there is replaced only when it is a result of the same kind, or when the person says so; an input of the
/// command, a private key and a part of a package are never replaced, and nothing is put into a package. A device or a
/// pipe is written into; a pipe that nobody reads within half a minute is refused. Everything else appears whole or not at all.
public struct ResultFile: Sendable {
  /// How a result of this kind is known again.
  public struct Kind: Sendable {
    /// What it is called: `a signature`.
    public let name: String
    /// Whether a file with these first bytes is one.
    public let recognizes: @Sendable (_ beginning: [UInt8]) -> Bool

    public init(_ name: String, recognizes: @escaping @Sendable (_ beginning: [UInt8]) -> Bool) {
      self.name = name
      self.recognizes = recognizes
    }
  }

  /// Where the result is to be.
  public let path: FilePath
  private let kind: Kind
  /// Whether a person said that what is there may go.
  private let force: Bool
  /// Files and folders that the command reads.
  private let inputs: [FilePath]
  /// The one file in a package that this may be, such as the signature over it.
  private let part: FilePath?

  public init(
    _ path: FilePath, _ kind: Kind, force: Bool = false, inputs: [FilePath] = [], asPart part: FilePath? = nil
  ) {
    self.path = path
    self.kind = kind
    self.force = force
    self.inputs = inputs
    self.part = part
  }

  /// Bytes of a file that a kind is known by.
  private static let beginning = 64 << 10

  /// Refuses a place that must not be written to. Asked before long work, and once more when the result is written.
  /// - Throws: ``StorageError/resultPlace(path:found:)``, ``StorageError/resultExists(path:kind:found:)``,
  ///   ``StorageError/targetIsLink(path:)``.
  public func check() throws(StorageError) { _ = try isStream() }

  /// Whether the result goes into a device or a pipe, beside which nothing can be put.
  /// - Throws: As ``check()``.
  public func isStreamed() throws(StorageError) -> Bool { try isStream() }

  /// How many moments of 50 ms the reader of a pipe is waited for.
  package static let patience = 600

  /// Writes the whole file.
  public func write(_ bytes: [UInt8]) throws(StorageError) { try write(bytes, patience: ResultFile.patience) }

  /// Writes the whole file, with another patience than ``patience``.
  /// - Parameters:
  ///   - bytes: The content of the file.
  ///   - patience: How many moments of 50 ms the reader of a pipe is waited for.
  package func write(_ bytes: [UInt8], patience: Int) throws(StorageError) {
    try write(patience: patience) { file throws(StorageError) in try file.write(bytes, at: 0) }
  }

  /// Writes the file with `body`, from its beginning to its end.
  public func write(_ body: (PosixFile) throws(StorageError) -> Void) throws(StorageError) {
    try write(patience: ResultFile.patience, body)
  }

  private func write(patience: Int, _ body: (PosixFile) throws(StorageError) -> Void) throws(StorageError) {
    if try isStream() {
      let file = try PosixFile.openStream(path, patience: patience)
      try body(file)
      return try file.close()
    }
    try AtomicFile.removeAbandoned(of: path)
    try AtomicFile.write(to: path) { file throws(StorageError) in
      try body(file)
      // The body may have taken hours.
      try check()
    }
  }

  /// Whether a device or a pipe is there, also through a link: `/dev/stdout` is one.
  private func isStream() throws(StorageError) -> Bool {
    var status = stat()
    let isThere = stat(path, &status) == 0
    if isThere, status.isStream { return true }
    try requirePlace()
    guard let own = try linkStatus(path) else { return false }
    if own.type == S_IFLNK { throw .targetIsLink(path: path) }
    guard own.isRegularFile else { throw .resultExists(path: path, kind: kind.name, found: "no regular file") }
    for input in inputs where try isSame(input, own) {
      throw .resultPlace(path: path, found: "an input of this command")
    }
    let content = (try? ReadOnlyFile(path: path, followLinks: false))
      .flatMap { try? $0.readBytes(count: min($0.size, ResultFile.beginning), at: 0) }
    guard let content else {
      throw .resultPlace(path: path, found: "a file that cannot be read, which may be a key")
    }
    if ResultFile.isKey(content) { throw .resultPlace(path: path, found: "a key") }
    guard force || kind.recognizes(content) else {
      throw .resultExists(path: path, kind: kind.name, found: "another file")
    }
    return false
  }

  /// Refuses the inside of a package and of a folder that is an input: a file more makes the one invalid, and the other
  /// is not ours.
  private func requirePlace() throws(StorageError) {
    let folder = path.folder
    guard let own = try linkStatus(folder.appending(".")), own.type == S_IFDIR else { return }
    if let part, part.lastComponent == path.lastComponent,
      try isSame(part.folder, own)
    {
      return
    }
    if try linkStatus(folder.appending("SHA256SUMS")) != nil {
      throw .resultPlace(path: path, found: "the inside of a package")
    }
    for input in inputs where try isSame(input, own) {
      throw .resultPlace(path: path, found: "the inside of an input")
    }
  }

  /// Whether a path leads to this file or folder, under whatever name.
  private func isSame(_ path: FilePath, _ other: stat) throws(StorageError) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_dev == other.st_dev && status.st_ino == other.st_ino
  }

  private static func isKey(_ content: [UInt8]) -> Bool {
    let text = String(decoding: content.prefix(4096), as: UTF8.self)
    return text.contains("-----BEGIN ") && text.contains("KEY-----")
  }
}
