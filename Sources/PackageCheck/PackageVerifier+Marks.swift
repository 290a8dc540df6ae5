import Audit
import Planning
import Safetensors
import StrictJSON

extension PackageVerifier {
  /// What is wrong with the marks by which readers know how to take a weight file: one that is marked for another framework,
  /// or not at all, is read with other shapes and other norms. The mark of the head's own file is checked with what else its
  /// header says.
  ///
  /// The shards of a source that was converted before keep their headers, if all of its trunk is kept, and with these
  /// whatever mark they had; and a drafter is another model's.
  func markProblems(_ audit: AuditDocument, _ shards: [UTF8Name: SafetensorsFile]) -> [String] {
    let trunk = audit.tensors.filter { $0.origin == "trunk" }
    guard !trunk.allSatisfy({ $0.verdict == "kept" }) else { return [] }
    let expected = WeightLayout.trunkMetadata
    return Set(trunk.flatMap(\.written).map { UTF8Name($0.file) }).sorted().flatMap { name -> [String] in
      guard let header = shards[name]?.header else { return [] }
      return expected.sorted { $0.key < $1.key }.filter { header.metadataValue($0.key) != $0.value }
        .map { "\(name.string): metadata \($0.key) is not \($0.value)" }
    }
  }
}
