import SystemPackage
import Manifests

/// Names of the files of a package.
package enum PackageFiles {
  /// The audit report.
  package static let audit = "audit.json"
  /// The card.
  package static let card = "README.md"
  /// The digests of all other files.
  package static let sums = "SHA256SUMS"
  /// The provenance.
  package static let provenance = "provenance.json"
  /// Made by `cambium sign` when the package is there; in no list of its files.
  package static let signature = "model.sig"
  /// The index of the weights.
  package static let index = "model.safetensors.index.json"
  /// The tokenizer: the source's, or made of the files of older releases.
  package static let tokenizer = "tokenizer.json"
  /// The chat template: the source's, or made of the file of older releases.
  package static let template = "chat_template.jinja"
  /// The configuration.
  package static let config = "config.json"
  /// The folder of a head that vllm-mlx is to find, and what says there how its norms are stored.
  package static let headFolder = "mtp"
  package static let headManifest = "mtp/manifest.json"

  /// What the package is called: the last part of the manifest's output.
  package static func title(_ resolution: Resolution) -> String {
    let name = resolution.manifest.output.lastComponent?.string ?? "package"
    return name + resolution.target.suffix
  }
}

/// One file of the package.
public struct PlannedFile: Sendable {
  /// Where a file's bytes come from.
  public enum Content: Sendable {
    /// Header bytes, then tensors at planned offsets.
    case weights
    /// The file is copied from the source byte for byte.
    case copied(from: FilePath)
    /// A file of the drafter, copied byte for byte, however large it is.
    case drafter(from: FilePath)
    /// The bytes are known already.
    case generated([UInt8])
    /// Made at the end, of the planned size: `README.md`, `audit.json`, `audit.html`, `provenance.json`,
    /// `SHA256SUMS`.
    case measured
  }

  /// Its path in the package.
  public let path: String
  /// Its size.
  public let bytes: Int
  /// Where its bytes come from.
  public let content: Content

  /// A file at its place in the package.
  package init(path: String, bytes: Int, content: Content) {
    self.path = path
    self.bytes = bytes
    self.content = content
  }

  /// What reports call the content.
  public var kind: String {
    switch content {
    case .weights: "weights"
    case .copied, .drafter: "copied"
    case .generated: "generated"
    case .measured: "measured"
    }
  }
}
