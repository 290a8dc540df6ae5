import Digests
import Files
import Foundation

/// Which published folder is ours: the path, and digests of the `SHA256SUMS` that this work folder has published there.
///
/// Written before a package is renamed into place, so that a run killed on the way knows its own output again, and a
/// folder that somebody else put there is never replaced.
struct Ownership {
  private let file: String

  init(work: String) { file = work + "/\(StageName.package.rawValue)/published" }

  private func lines() -> [String] {
    guard let bytes = try? ReadOnlyFile(path: file).readAll(limit: 1 << 20) else { return [] }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// Whether the folder at `output` was published from here.
  func covers(_ output: String) -> Bool {
    let lines = lines()
    guard lines.first == output, let sums = try? digestOfFile(atPath: output + "/" + PackageFiles.sums) else {
      return false
    }
    return lines.dropFirst().contains(sums.digest.hex)
  }

  /// Before publishing: what stood there stays ours, what will stand there is too.
  func claim(_ output: String, sums: SHA256Digest) throws {
    let earlier = lines()
    let kept = earlier.first == output ? Array(earlier.dropFirst()) : []
    try AtomicFile.write(Array(([output] + kept + [sums.hex]).joined(separator: "\n").utf8), to: file)
  }

  /// After publishing. What is settled already is not written again.
  func settle(_ output: String, sums: SHA256Digest) throws {
    let bytes = Array("\(output)\n\(sums.hex)\n".utf8)
    if (try? ReadOnlyFile(path: file).readAll(limit: bytes.count)) == bytes { return }
    try AtomicFile.write(bytes, to: file)
  }
}
