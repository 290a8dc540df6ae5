import Diagnostics
import Files
import StrictJSON
import SystemPackage

/// A repository of the hub at one commit, as the hub tells of it.
public struct HubRepository: Sendable {
  /// What was asked for.
  public let name: HubName
  /// The commit that the revision points to.
  public let commit: String
  /// The files, in byte order.
  public let files: [HubFile]

  let client: HubClient

  /// What was moved so far, of this repository and of all that share its client.
  public var traffic: Traffic.Total { client.traffic.total }

  /// Asks for the commit and the list of files, as far as they are not known: a commit means itself, and its list
  /// never changes.
  /// - Parameters:
  ///   - name: The name of the model.
  ///   - commit: The commit that the name points to; nil to ask for it.
  ///   - home: The folder where the hub's client keeps what it knows of the repository.
  ///   - client: Who asks.
  /// - Throws: ``HubError``.
  init(_ name: HubName, commit: String? = nil, known home: FilePath, client: HubClient) throws {
    self.name = name
    self.client = client
    let commit = try commit ?? name.commit ?? HubRepository.commit(of: name, client)
    self.commit = commit
    files =
      try FetchPlace.knownFiles(name, commit: commit, home: home)
      ?? TreeListing(name, commit: commit, client).files
  }

  /// The address of the hub that told it, without anything secret.
  var endpoint: String { client.settings.endpoint.place }

  /// `hub:org/name@commit`.
  public var pinned: String { "hub:\(name.repository)@\(commit)" }

  /// A file by its path; nil without one.
  public subscript(path: String) -> HubFile? { files.first { $0.path == path } }

  /// Most bytes of what the hub says of a repository: a card can be long, and there may be thousands of files.
  private static let mostBytes = 64 << 20

  /// The commit that a revision points to.
  /// - Throws: ``HubError``; ``HubError/commit(place:expected:found:)`` when a commit was asked for and another is named.
  static func commit(of name: HubName, _ client: HubClient) throws -> String {
    let path = "api/models/\(escaped(name.repository))/revision/\(WebAddress.escaped(name.revision))"
    let subject = HubClient.Subject(name: name)
    let (_, value) = try client.json(
      client.settings.address(path), subject, limit: mostBytes, maxValues: JSONValue.modestCount)
    guard let commit = value["sha"]?.stringValue, HubName.isCommit(commit) else {
      throw HubError.answer(
        place: subject.place, expected: "a commit of 40 hexadecimal digits under sha",
        found: value["sha"]?.typeName ?? "none")
    }
    if let asked = name.commit, asked != commit {
      throw HubError.commit(place: subject.place, expected: asked, found: commit)
    }
    return commit
  }

  static func escaped(_ repository: String) -> String { WebAddress.escaped(repository, keepingSlashes: true) }
}

/// A file of a repository, as the hub lists it.
public struct HubFile: Sendable, Equatable {
  /// Relative, beneath the repository.
  public let path: String
  /// Bytes.
  public let size: Int
  /// The name of its content: of a large file the SHA-256 of the bytes, 64 digits; of a small one git's digest, 40.
  public let etag: String
  /// Git's digest of what the repository holds: of a large file, of the few lines that replace it.
  let blob: String

  /// The digest of the content, where the hub names it.
  var sha256: String? { etag.utf8.count == 64 ? etag : nil }
}
