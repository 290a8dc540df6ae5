import CKernels
import Threads
import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What a power cut does, for crash tests: with `CAMBIUM_POWER_LOSS=<seed>` in the environment, a crash at a
/// ``crashPoint(_:)`` first takes back what was not synced. Seed 0 takes back everything; another seed picks, for each
/// write and each name, whether it reached the storage, since nothing promises an order. Without the variable each call
/// costs one comparison.
///
/// Content counts as durable once its file was synced; a name, a new one and one that was renamed or removed, once its
/// folder was. What was removed comes back with the content that was durable.
final class PowerLoss: Sendable {
  /// Nil unless a test asks for it.
  static let shared: PowerLoss? = getenv("CAMBIUM_POWER_LOSS").flatMap { UInt64(String(cString: $0)) }
    .map(PowerLoss.init)

  /// A file or a folder, whatever its name is by now.
  private struct Node: Hashable {
    let device: UInt64
    let inode: UInt64

    init?(_ status: stat?) {
      guard let status else { return nil }
      device = UInt64(status.st_dev)
      inode = UInt64(status.st_ino)
    }
  }

  /// A file that lost its name, as it was then.
  private struct Gone {
    let node: Node
    let mode: mode_t
    let content: [UInt8]
  }

  private enum Undo {
    /// Bytes that were there, and the file's size.
    case content(of: Node, offset: Int, bytes: [UInt8], size: off_t)
    case created(path: FilePath)
    case folder(path: FilePath)
    /// A rename, with the file that was under the new name, if there was one.
    case renamed(from: FilePath, to: FilePath, replaced: Gone?)
    case exchanged(FilePath, FilePath)
    case removed(path: FilePath, Gone)
    case removedFolder(path: FilePath, Node)
  }

  private struct Change {
    let node: Node
    let number: Int
    let undo: Undo
  }

  private struct State {
    var changes: [Change] = []
    /// Our own descriptors of files that were written; a file that came back from its removal has another.
    var descriptors: [Node: Int32] = [:]
    var next = 0
  }

  private let seed: UInt64
  private let state = Guarded(State())

  private init(seed: UInt64) { self.seed = seed }

  // MARK: what happens

  /// Called before bytes are written, or the size is changed (`count` 0: what follows `offset` goes).
  func willChange(_ descriptor: Int32, at offset: Int, count: Int) {
    var status = stat()
    guard fstat(descriptor, &status) == 0, let node = Node(status) else { return }
    state.withLock { state in
      let own = state.descriptors[node] ?? dup(descriptor)
      state.descriptors[node] = own
      let end = count == 0 ? Int(status.st_size) : min(offset + count, Int(status.st_size))
      let bytes = [UInt8](unsafeUninitializedCapacity: max(0, end - offset)) { buffer, filled in
        filled = max(0, pread(own, buffer.baseAddress, buffer.count, off_t(offset)))
      }
      record(node, .content(of: node, offset: offset, bytes: bytes, size: status.st_size), &state)
    }
  }

  func didCreate(_ path: FilePath) { recordName(path) { .created(path: path) } }

  func didMakeFolder(_ path: FilePath) { recordName(path) { .folder(path: path) } }

  func willRename(_ from: FilePath, _ to: FilePath) {
    recordName(to) { .renamed(from: from, to: to, replaced: PowerLoss.file(to)) }
  }

  func willExchange(_ one: FilePath, _ other: FilePath) { recordName(one) { .exchanged(one, other) } }

  /// Called before a name goes. A link is not brought back.
  func willRemove(_ path: FilePath, isFolder: Bool) {
    recordName(path) {
      if isFolder {
        var status = stat()
        return lstat(path, &status) == 0 ? Node(status).map { .removedFolder(path: path, $0) } : nil
      }
      return PowerLoss.file(path).map { .removed(path: path, $0) }
    }
  }

  /// Everything before this moment is what a sync that begins now covers.
  func mark() -> Int { state.withLock { $0.next } }

  /// Called after a successful sync of a file's content, or of a folder's names.
  func didSync(_ descriptor: Int32, since mark: Int) {
    var status = stat()
    guard fstat(descriptor, &status) == 0, let node = Node(status) else { return }
    state.withLock { state in
      var durable = [node]
      while let node = durable.popLast() {
        // What was in a folder that is gone for good is out of reach, whatever became of its names.
        durable += state.changes.compactMap { change in
          guard change.node == node, change.number < mark, case .removedFolder(_, let child) = change.undo else {
            return nil
          }
          return child
        }
        state.changes.removeAll { $0.node == node && $0.number < mark }
      }
    }
  }

  // MARK: the cut

  /// Takes back what is not durable. The lock is kept: no other thread changes anything any more.
  func strike() {
    state.withLock { state in
      for change in state.changes.reversed() where isLost(change.number) { undo(change.undo, &state) }
      kill(getpid(), SIGKILL)
    }
  }

  private func isLost(_ number: Int) -> Bool {
    guard seed != 0 else { return true }
    // SplitMix64.
    var value = seed &+ UInt64(truncatingIfNeeded: number) &* 0x9E37_79B9_7F4A_7C15
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return (value ^ (value >> 31)) & 1 == 1
  }

  private func undo(_ change: Undo, _ state: inout State) {
    switch change {
    case .content(let node, let offset, let bytes, let size):
      guard let descriptor = state.descriptors[node] else { return }
      _ = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset)) }
      ftruncate(descriptor, size)
    case .created(let path): unlink(path)
    case .folder(let path): rmdir(path)
    case .renamed(let from, let to, let replaced):
      if rename(to, from) == 0, let replaced { bringBack(replaced, to, &state) }
    case .exchanged(let one, let other): _ = exchangeNames(one, other)
    case .removed(let path, let gone): bringBack(gone, path, &state)
    case .removedFolder(let path, _): mkdir(path, 0o755)
    }
  }

  /// The file is another one now, which earlier changes of the old one must find.
  private func bringBack(_ gone: Gone, _ path: FilePath, _ state: inout State) {
    let descriptor = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, gone.mode)
    guard descriptor >= 0 else { return }
    _ = gone.content.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    fchmod(descriptor, gone.mode)
    state.descriptors[gone.node] = descriptor
  }

  // MARK: bookkeeping

  private func recordName(_ path: FilePath, _ undo: () -> Undo?) {
    var status = stat()
    guard stat(path.folder, &status) == 0, let node = Node(status), let undo = undo() else { return }
    state.withLock { record(node, undo, &$0) }
  }

  private func record(_ node: Node, _ undo: Undo, _ state: inout State) {
    state.changes.append(Change(node: node, number: state.next, undo: undo))
    state.next += 1
  }

  /// A plain file; nil for anything else.
  private static func file(_ path: FilePath) -> Gone? {
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.isRegularFile, let node = Node(status) else { return nil }
    let content = [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { buffer, filled in
      filled = max(0, pread(descriptor, buffer.baseAddress, buffer.count, 0))
    }
    return Gone(node: node, mode: status.st_mode & 0o777, content: content)
  }
}
