import Manifests
import Planning

extension ReaderMatrix.Row {
  /// Whether the reader does with the folder what a manifest that requires it asks for: loads it, and with the head, if
  /// there is one and it can use one.
  package func isEnough(hasHead: Bool) -> Bool {
    verdict.word == .withHead || (verdict.word == .withoutHead && (!reader.usesHeads || !hasHead))
  }
}

extension Resolution {
  /// Readers that the package is for; a drafter's folder is for none.
  package var requiredReaders: Set<String> {
    target == .package ? Set(manifest.readers.flatMap { Reader.meant(by: $0).map(\.name) }) : []
  }

  /// Refuses a plan that a reader which the manifest requires cannot load; with the head, if it can use one.
  package func requireReaders(_ matrix: ReaderMatrix) throws {
    if target == .package, let name = manifest.readers.first(where: { Reader.meant(by: $0).isEmpty }) {
      throw ConversionError.readerUnknown(manifest: manifest.path, reader: name, known: Reader.all.map(\.name))
    }
    for row in matrix.rows where row.isRequired && !row.isEnough(hasHead: head != nil) {
      throw ConversionError.readerRefuses(
        manifest: manifest.path, reader: row.reader.name, verdict: row.verdict.word.rawValue,
        reason: row.verdict.reason)
    }
  }
}
