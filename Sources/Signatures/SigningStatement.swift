import Digests
import Files
import Foundation
import StrictJSON
import SystemPackage

/// The statement that is signed: an in-toto Statement v1 with the predicate of OpenSSF Model Signing v1.0
/// (<https://github.com/ossf/model-signing-spec>): every file by name and SHA-256, and one digest over all of them.
public struct SigningStatement: Sendable, Equatable {
  /// A file, by its path below the folder.
  public struct Resource: Sendable, Equatable {
    /// The file's path below the folder.
    public let name: String
    /// The digest of its content.
    public let sha256: SHA256Digest

    /// A file by its path beneath the folder, with slashes.
    public init(name: String, sha256: SHA256Digest) {
      self.name = name
      self.sha256 = sha256
    }
  }

  static let type = "https://in-toto.io/Statement/v1"
  static let predicate = "https://model_signing/signature/v1.0"

  /// Name of the folder.
  public let subject: String
  /// The resources, by code points of the names, each once.
  public let resources: [Resource]
  /// Names that were left out.
  public let ignored: [String]

  /// - Parameters:
  ///   - subject: The name of what is signed.
  ///   - resources: Its files.
  ///   - ignored: Names that are not signed.
  public init(subject: String, resources: [Resource], ignored: [String]) {
    self.subject = subject
    self.resources = resources.sorted { $0.name.unicodeScalars.lexicographicallyPrecedes($1.name.unicodeScalars) }
    self.ignored = ignored
  }

  /// SHA-256 over the files' raw digests in their order.
  public var root: SHA256Digest { SHA256Digest.of(resources.flatMap(\.sha256.bytes)) }

  /// The bytes that are signed: members sorted, no white space.
  public var bytes: [UInt8] {
    JSONWriter.canonical(
      .object([
        ("_type", .string(SigningStatement.type)), ("predicateType", .string(SigningStatement.predicate)),
        (
          "subject",
          [.object([("name", .string(subject)), ("digest", .object([("sha256", .string(root.hex))]))])]
        ),
        (
          "predicate",
          .object([
            (
              "serialization",
              .object([
                ("method", "files"), ("hash_type", "sha256"), ("allow_symlinks", false),
                ("ignore_paths", .array(ignored.map { .string($0) })),
              ])
            ),
            (
              "resources",
              .array(
                resources.map {
                  .object([
                    ("name", .string($0.name)), ("algorithm", "sha256"), ("digest", .string($0.sha256.hex)),
                  ])
                })
            ),
          ])
        ),
      ]))
  }

  /// Reads a statement back. The root must be that of the resources; names are relative, plain, and each there once.
  /// - Throws: `JSONError`, ``SignatureError/form(path:expected:found:)``.
  package init(_ bytes: [UInt8], file: FilePath) throws {
    func refuse(_ expected: String, _ found: String) -> SignatureError {
      .form(path: file, expected: expected, found: found)
    }
    let value = try JSONValue.parse(bytes, file: file.string)
    guard value["_type"]?.stringValue == SigningStatement.type,
      value["predicateType"]?.stringValue == SigningStatement.predicate
    else { throw refuse("a statement of OpenSSF Model Signing v1.0", "another") }
    let serialization = value["predicate"]?["serialization"]
    guard serialization?["method"]?.stringValue == "files", serialization?["hash_type"]?.stringValue == "sha256" else {
      throw refuse("method files, hash_type sha256", "another")
    }
    let subjects = value["subject"]?.arrayValue ?? []
    guard subjects.count == 1, let subject = subjects[0]["name"]?.stringValue else {
      throw refuse("one subject", "\(subjects.count)")
    }
    var names: Set<UTF8Name> = []
    let listed = try (value["predicate"]?["resources"]?.arrayValue ?? []).map { row in
      let name = row["name"]?.stringValue ?? ""
      guard row["algorithm"]?.stringValue == "sha256", let sha256 = SHA256Digest(hex: row["digest"]?.stringValue ?? "")
      else { throw refuse("files with their sha256", name) }
      guard isSafeRelativePath(name), names.insert(UTF8Name(name)).inserted else {
        throw refuse("names below the folder, each once", name)
      }
      return Resource(name: name, sha256: sha256)
    }
    let root = SHA256Digest.of(listed.flatMap(\.sha256.bytes))
    guard subjects[0]["digest"]?["sha256"]?.stringValue == root.hex else {
      throw refuse("the digest over all files, \(root.hex)", "another")
    }
    let paths = serialization?["ignore_paths"]
    guard let rows = paths == nil ? [] : paths?.arrayValue, rows.allSatisfy({ $0.stringValue != nil }) else {
      throw refuse("a list of paths under ignore_paths", "another value")
    }
    self.init(subject: subject, resources: listed, ignored: rows.compactMap(\.stringValue))
  }
}
