import Files
import SystemPackage

/// What the hub's client, or `cambium fetch --to`, recorded of the files that it put into a folder: for each of them the
/// commit, and the digest that the hub states, beneath `.cache/huggingface/download/`.
enum LocalFetch {
  /// The commit that the files come from, in words; nil for a folder of which nothing is recorded.
  static func note(_ folder: FilePath, names: [String]) -> String? {
    let commits = names.map { commit(folder, $0) }
    let known = Set(commits.compactMap { $0 }).sorted()
    guard let first = known.first else { return nil }
    guard known.count == 1 else {
      return "the files were fetched from \(known.count) commits of the hub, \(known.prefix(4).joined(separator: ", "))"
    }
    let count = commits.count { $0 != nil }
    return count == names.count
      ? "fetched from the hub at commit \(first)"
      : "\(count) of \(names.count) files were fetched from the hub at commit \(first); of the others nothing is recorded"
  }

  private static func commit(_ folder: FilePath, _ name: String) -> String? {
    let records = folder.appending(".cache").appending("huggingface").appending("download")
    let path = records.appending(FilePath(name).components).appending(suffix: ".metadata")
    guard let bytes = try? readSmallFile(path, limit: 4096) else { return nil }
    let line = bytes.prefix { $0 != 10 }
    let isCommit = line.count == 40 && line.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    return isCommit ? String(decoding: line, as: UTF8.self) : nil
  }
}
