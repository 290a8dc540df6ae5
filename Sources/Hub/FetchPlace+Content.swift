import Files
import SystemPackage

/// What is there already: by its bytes, and not by its name and size.
extension FetchPlace {
  /// Whether the file is there, whole, under the name that readers use.
  /// - Throws: ``HubError/occupied(path:found:)`` for what is not replaced; `StorageError` for a link on the way to it;
  ///   `FileError`.
  func has(_ file: HubFile) throws -> Bool {
    guard cache == nil else { return try cacheHas(file) }
    let path = path(file)
    try requireNoLinks(to: path.folder)
    guard let status = try linkStatus(path) else { return false }
    guard let open = try ReadOnlyFile.ifThere(path) else {
      throw HubError.occupied(path: path, found: "what is no file")
    }
    let recorded = try recordedTag(file)
    if open.size == file.size, try held.proves(open, file.path, file.etag) {
      if recorded != file.etag { try record(file) }
      return true
    }
    // What the client or we put there for another commit is replaced as long as it is what was put there. What somebody
    // changed since, or damage did, is not: nobody but the person knows which of the two it is.
    guard let recorded else { throw HubError.occupied(path: path) }
    guard status.isRegularFile, recorded != file.etag, try held.proves(open, file.path, recorded) else {
      throw HubError.occupied(path: path, found: "a file that was changed after it was fetched")
    }
    return false
  }

  private func cacheHas(_ file: HubFile) throws -> Bool {
    let path = path(file)
    guard let status = try linkStatus(path) else { return false }
    if status.isLink {
      // The link may go through a second link into the store that several repositories share, too.
      guard Folder.linkTarget(path).name == file.etag, path.resolvingLinks == content(file).resolvingLinks else {
        return false
      }
      return try hasContent(file)
    }
    // A copy, where the file system has no links.
    guard let open = try ReadOnlyFile.ifThere(path), open.size == file.size else { return false }
    return try held.proves(open, "\(model.name)/\(file.path)", file.etag)
  }

  /// Whether the content is in the cache already, under another path or another commit's: then only a link is made. What
  /// has its name and is another content counts for nothing.
  /// - Throws: ``HubError/occupied(path:found:)`` for what is no file of the cache.
  func hasContent(_ file: HubFile) throws -> Bool {
    let path = content(file)
    guard let cache, let status = try linkStatus(path) else { return false }
    if status.isLink {
      let target = Folder.linkTarget(path).absolute(from: path.folder)
      guard target.resolvingLinks.starts(with: cache.appending("blobs").resolvingLinks) else {
        throw HubError.occupied(path: path, found: "a link that leads out of the cache, to \(target)")
      }
    } else if !status.isRegularFile {
      throw HubError.occupied(path: path, found: "what is no file")
    }
    guard let open = try ReadOnlyFile.ifThere(path), open.size == file.size else { return false }
    return try held.proves(open, heldName(file), file.etag)
  }

  /// Whether the cache has something under the name of a content that it does not have.
  func isInTheWay(_ file: HubFile) throws -> Bool { try cache != nil && linkStatus(content(file)) != nil }

  /// What the record calls the file that has the content.
  func heldName(_ file: HubFile) -> String { cache == nil ? file.path : "blobs/\(file.etag)" }

  /// Puts a file that is whole and durable into a place that is taken.
  func takePlace(_ file: HubFile) throws {
    // In the cache the client was faster, or a torn file makes room for the whole one, at one instant. In a folder it is
    // asked again whether what is there may be replaced.
    if try cache == nil ? has(file) : hasContent(file) { return try Folder.removeTree(part(file)) }
    guard try Folder.renameReplacing(part(file), content(file)) || has(file) else {
      throw HubError.unforeseen(reason: "\(part(file)) is gone")
    }
  }

  /// Refuses to write through a link beneath a plain folder, which would lead out of it. The folder itself is what the
  /// person named, and the cache has its own links.
  func requireNoLinks(to folder: FilePath) throws(StorageError) {
    guard cache == nil else { return }
    var path = model
    for name in folder.components.dropFirst(model.components.count) {
      path.append(name)
      if try linkStatus(path)?.isLink == true { throw .targetIsLink(path: path) }
    }
  }

  /// The same as ``requireNoLinks(to:)``, for the folders that every fetch writes into.
  func requireOwnFolders() throws(StorageError) {
    for name in [FetchPlace.unfinished(home).name, "download", "trees"] { try requireNoLinks(to: home.appending(name)) }
  }
}
