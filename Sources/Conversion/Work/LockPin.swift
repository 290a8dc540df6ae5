import Digests
import Files
import Manifests
import Planning
import StrictJSON

/// The lock file beside the manifest: written once everything that was read is digested, and compared.
struct LockPin: Sendable {
  let resolution: Resolution
  let planDigest: SHA256Digest
  let inputs: RunInputs
  /// Whether anything other than what the lock file pins is refused.
  let isLocked: Bool
  /// Whether the lock file is written and compared at all.
  let pins: Bool
  let observer: any RunObserver

  private func lock(_ files: [LockFile.File], _ remote: [LockFile.Remote]) -> LockFile {
    var lock = resolution.lock(plan: planDigest, files: files)
    lock.remote = remote
    return lock
  }

  /// Refuses what the hub serves now in another way than the lock file pins of the same commit: headers before anything
  /// large is read, tensors once they are here. Asked whether or not a run is locked, since a commit never changes.
  /// - Throws: `ManifestError.lockRemote`.
  func requireRemote() throws {
    let path = resolution.lockPath
    guard pins, !inputs.remote.isEmpty, !resolution.manifest.path.isDescriptor,
      let existing = try LockFile.read(path: path), !existing.remote.isEmpty
    else { return }
    for reads in [false, true] {
      let differences = existing.remoteDifferences(to: lock([], try inputs.remoteRecords(reads: reads)))
      if !differences.isEmpty { throw ManifestError.lockRemote(path: path, differences: differences) }
    }
  }

  /// Refuses before the work, under `--locked`, whatever differs in what is known without reading the shards.
  func require() throws {
    guard isLocked else { return }
    let path = resolution.lockPath
    guard let existing = try LockFile.read(path: path) else { throw ManifestError.lockMissing(path: path) }
    let small = try inputs.records { $0.shard == nil }
    let recorded = Dictionary(existing.files.map { ($0.path, $0) }) { first, _ in first }
    let files = try inputs.files.map { input in
      if let known = small.first(where: { $0.path == input.name }) {
        return LockFile.File(path: known.path, bytes: known.bytes, sha256: known.sha256.hex)
      }
      let digest = try input.shard.flatMap { try inputs.known($0)?.hex } ?? recorded[input.name]?.sha256 ?? ""
      return LockFile.File(path: input.name, bytes: input.bytes, sha256: digest, digest: input.digest)
    }
    // What is recorded of the hub is compared with the lock when it is here.
    let differences = existing.differences(to: lock(files, existing.remote))
    if !differences.isEmpty { throw ManifestError.lockDiffers(path: path, differences: differences) }
  }

  /// Compares with the lock file, or writes it, once everything that was read is digested.
  func pin() throws {
    guard pins else { return }
    if resolution.manifest.path.isDescriptor {
      guard !isLocked else { throw ManifestError.lockMissing(path: resolution.lockPath) }
      return observer.note("the manifest is read from \(resolution.manifest.path): there is no lock file")
    }
    let lock = lock(try inputs.lockedFiles(), try inputs.remoteRecords(reads: true))
    let path = resolution.lockPath
    if (try? resolution.requireOutsideInputs(path)) != nil { try AtomicFile.removeAbandoned(of: path) }
    let existing = try LockFile.read(path: path)
    if let existing, existing == lock { return }
    let changed = existing?.remoteDifferences(to: lock) ?? []
    guard changed.isEmpty else { throw ManifestError.lockRemote(path: path, differences: changed) }
    let differences = existing?.differences(to: lock) ?? []
    if isLocked {
      if existing == nil { throw ManifestError.lockMissing(path: path) }
      throw ManifestError.lockDiffers(path: path, differences: differences)
    }
    guard (try? resolution.requireOutsideInputs(path)) != nil else {
      observer.note("the manifest lies inside an input, into which nothing is written: there is no lock file")
      return
    }
    if existing != nil { observer.note("the lock file changes: " + differences.joined(separator: "; ")) }
    do {
      try AtomicFile.write(JSONWriter.pretty(lock.json), to: path)
    } catch {
      switch error {
      case .readOnly: observer.note("\(path) cannot be written: what was resolved is not pinned")
      case .unreadable: observer.note("\(path) cannot be looked at: what was resolved is not pinned")
      default: throw error
      }
    }
  }
}
