import Files
import Foundation
import SystemPackage

/// How a manifest names a model: a folder, or `hub:org/name@revision` in the local hub cache.
public enum ModelReference: Sendable, Equatable {
  /// Absolute path of a folder.
  case folder(FilePath)
  /// A model of the hub: a snapshot in the local cache, or read where it is.
  case hub(HubReference)

  /// Reads a reference; a relative folder is taken from `base`.
  /// - Throws: ``CheckpointError/hubReference(reference:)``.
  public init(_ text: String, relativeTo base: FilePath) throws {
    if text.hasPrefix("hub:") {
      self = .hub(try HubReference(text))
    } else {
      self = .folder(FilePath(untrusted: text).absolute(from: base))
    }
  }

  /// A reference as a person typed it to the shell; a relative folder is taken from the current one.
  /// - Throws: ``CheckpointError/hubReference(reference:)``; for the name of a model of the hub without `hub:` before it,
  ///   ``CheckpointError/folderMissing(path:isFile:hub:)``.
  public init(typed text: String) throws {
    self = text.hasPrefix("hub:") ? .hub(try HubReference(text)) : .folder(try ModelReference.typedFolder(text))
  }

  /// The folder that a person typed. What looks like a model's name on the hub, and is no folder here, is refused with the
  /// way in which such a name is written.
  /// - Throws: ``CheckpointError/folderMissing(path:isFile:hub:)``, `FileError`.
  package static func typedFolder(_ text: String) throws -> FilePath {
    let path = FilePath(typed: text).absolute
    if let name = nameInAddress(text), try !path.exists { throw CheckpointError.folderMissing(path: path, hub: name) }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    let isName =
      parts.count == 2
      && parts.allSatisfy { part in
        guard let first = part.utf8.first, first != UInt8(ascii: "."), first != UInt8(ascii: "~") else { return false }
        return part.utf8.allSatisfy { byte in
          (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-_.@".utf8.contains(byte)
        }
      }
    if isName, try !path.exists, try !path.folder.exists { throw CheckpointError.folderMissing(path: path, hub: text) }
    return path
  }

  /// The model's name in the address of its page on the hub; nil for what is no such address.
  private static func nameInAddress(_ text: String) -> String? {
    guard let scheme = ["https://", "http://"].first(where: text.hasPrefix) else { return nil }
    let parts = text.dropFirst(scheme.count).split(separator: "/")
    guard parts.count >= 3, ["huggingface.co", "hf.co", "www.huggingface.co"].contains(parts[0]) else { return nil }
    return parts[1...2].joined(separator: "/")
  }

  /// Path of the folder.
  /// - Throws: ``CheckpointError/hubNotCached(reference:looked:)``; ``CheckpointError/hubRemote(reference:)`` for a model
  ///   that has no folder here.
  package func resolve() throws -> FilePath {
    switch self {
    case .folder(let path): return path
    case .hub(let reference):
      guard !reference.isRemote else { throw CheckpointError.hubRemote(reference: reference.description) }
      return try reference.snapshot(environment: ProcessInfo.processInfo.environment)
    }
  }

  /// The reference, when the model is to be read where it is.
  package var remote: HubReference? {
    if case .hub(let reference) = self, reference.isRemote { return reference }
    return nil
  }
}

/// `hub:org/name@revision`, looked up in the local cache by the public rules of the hub client, which is never written to;
/// or read by ranges where it is.
public struct HubReference: Sendable, Equatable, CustomStringConvertible {
  /// `organisation/name`.
  public let repository: String
  /// The commit, 40 hexadecimal digits, or the name of a branch or tag; `main` where none is named.
  public let revision: String
  /// Whether the model is read by ranges where it is, and not from the cache.
  public let isRemote: Bool

  /// - Parameters:
  ///   - text: `hub:organisation/name`, followed by `@revision` for another one than `main`.
  ///   - isRemote: Whether the model is read where it is.
  /// - Throws: ``CheckpointError/hubReference(reference:)``.
  public init(_ text: String, isRemote: Bool = false) throws {
    let parts = text.dropFirst("hub:".count).split(separator: "@", omittingEmptySubsequences: false)
    guard text.hasPrefix("hub:"), (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }),
      parts[0].split(separator: "/", omittingEmptySubsequences: false).count == 2, !parts[0].hasPrefix("/"),
      !parts[0].hasSuffix("/"), !parts[0].contains(":"), !text.contains(".."), !text.utf8.contains(0),
      parts.count == 1 || !parts[1].hasPrefix("/")
    else { throw CheckpointError.hubReference(reference: text) }
    repository = String(parts[0])
    revision = parts.count == 2 ? String(parts[1]) : "main"
    self.isRemote = isRemote
  }

  /// `hub:org/name@revision`.
  public var description: String { "hub:\(repository)@\(revision)" }

  /// The commit, when the revision is one already.
  public var commit: String? {
    revision.utf8.count == 40 && revision.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
      ? revision : nil
  }

  /// The snapshot's folder: `HF_HUB_CACHE`, else `HF_HOME/hub`, else `XDG_CACHE_HOME/huggingface/hub`, else
  /// `~/.cache/huggingface/hub`; a branch or tag goes through `refs/`.
  func snapshot(environment: [String: String]) throws -> FilePath {
    let cache = HubReference.cacheFolder(environment)
    let model = cache.appending("models--" + repository.replacing("/", with: "--"))
    var commit = revision
    if self.commit == nil {
      let file = model.appending("refs").appending(revision)
      let bytes = try contentIfThere { () throws(FileError) in try ReadOnlyFile(path: file).readAll(limit: 1 << 10) }
      let reference = bytes.map { String(decoding: $0, as: UTF8.self) }
      guard let found = reference?.trimmingCharacters(in: .whitespacesAndNewlines), !found.isEmpty, !found.contains("/")
      else {
        throw CheckpointError.hubNotCached(reference: "hub:\(repository)@\(revision)", looked: file)
      }
      commit = found
    }
    let folder = model.appending("snapshots").appending(commit)
    guard try folder.exists else {
      throw CheckpointError.hubNotCached(reference: "hub:\(repository)@\(revision)", looked: folder)
    }
    return folder
  }

  /// The cache of the hub's client: `HF_HUB_CACHE`, by its older name `HUGGINGFACE_HUB_CACHE`, else `hub` in its home.
  package static func cacheFolder(_ environment: [String: String]) -> FilePath {
    for name in ["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"] {
      if let cache = environment[name], !cache.isEmpty { return expanded(cache, environment) }
    }
    return hubHome(environment).appending("hub")
  }

  /// The home of the hub's client: `HF_HOME`, else `XDG_CACHE_HOME/huggingface`, else `~/.cache/huggingface`.
  package static func hubHome(_ environment: [String: String]) -> FilePath {
    let value = { (name: String) in environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    if let home = value("HF_HOME") { return expanded(home, environment) }
    if let cache = value("XDG_CACHE_HOME") { return expanded(cache, environment).appending("huggingface") }
    return FilePath(value("HOME") ?? NSHomeDirectory()).appending(".cache/huggingface")
  }

  /// A path as a variable of the hub's client holds it: a `~` at its beginning and `$NAME` or `${NAME}` are expanded, as
  /// Python does; a variable that is not set stays as it is written.
  package static func expanded(_ text: String, _ environment: [String: String]) -> FilePath {
    var out = ""
    var rest = text[...]
    if rest == "~" || rest.hasPrefix("~/") {
      out = environment["HOME"] ?? NSHomeDirectory()
      rest = rest.dropFirst()
    }
    while let dollar = rest.firstIndex(of: "$") {
      out += rest[..<dollar]
      rest = rest[dollar...].dropFirst()
      let isBraced = rest.first == "{"
      let name = rest.dropFirst(isBraced ? 1 : 0).prefix { $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber) }
      let behind = rest[name.endIndex...]
      if let value = environment[String(name)], !name.isEmpty, !isBraced || behind.first == "}" {
        out += value
        rest = isBraced ? behind.dropFirst() : behind
      } else {
        out += "$"
      }
    }
    return FilePath(untrusted: out + rest)
  }
}
