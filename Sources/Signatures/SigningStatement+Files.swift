import Digests
import StrictJSON
import SystemPackage

extension SigningStatement {
  /// Compares the files of a folder with the statement: the same names, each with the same bytes.
  /// - Throws: ``SignatureError/wrong(path:expected:found:)`` for the first that differs.
  public func requireSame(_ found: [Resource], folder: FilePath) throws {
    let wanted = Dictionary(resources.map { (UTF8Name($0.name), $0.sha256) }) { first, _ in first }
    for resource in found where wanted[UTF8Name(resource.name)] != resource.sha256 {
      throw SignatureError.wrong(
        path: folder.appending(resource.name),
        expected: wanted[UTF8Name(resource.name)].map { "sha256 \($0.hex)" } ?? "no such file: it was not signed",
        found: "sha256 \(resource.sha256.hex)")
    }
    let names = Set(found.map { UTF8Name($0.name) })
    if let missing = resources.first(where: { !names.contains(UTF8Name($0.name)) }) {
      throw SignatureError.wrong(
        path: folder.appending(missing.name), expected: "sha256 \(missing.sha256.hex)", found: "no such file")
    }
  }
}
