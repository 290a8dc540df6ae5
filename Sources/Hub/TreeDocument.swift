import StrictJSON

/// The list of a commit's files as the hub's client keeps it: `trees/COMMIT.json`. A commit never changes, so that it
/// spares a request forever.
enum TreeDocument {
  /// Reads a document; nil for one of another version, or that is no such list: it is asked for anew.
  static func files(_ bytes: [UInt8], _ name: HubName) -> [HubFile]? {
    guard let value = try? JSONValue.parse(bytes, file: "trees", maxDepth: 8, maxValues: 1 << 21),
      value["format_version"]?.intValue == 1, let members = value["files"]?.members
    else { return nil }
    let entries = members.map { member -> JSONValue in
      var pairs: [(String, JSONValue)] = [("type", "file"), ("path", .string(member.key))]
      if let size = member.value["size"] { pairs.append(("size", size)) }
      if let blob = member.value["blob_id"] { pairs.append(("oid", blob)) }
      if let digest = member.value["lfs_sha256"], !digest.isNull {
        pairs.append(("lfs", .object([("oid", digest), ("size", member.value["lfs_size"] ?? .null)])))
      }
      return .object(pairs)
    }
    return try? TreeListing.checked(entries, name)
  }

  /// The document of a list.
  static func bytes(_ files: [HubFile]) -> [UInt8] {
    let members = files.map { file -> (String, JSONValue) in
      var pairs: [(String, JSONValue)] = [("size", .int(file.size)), ("blob_id", .string(file.blob))]
      if let digest = file.sha256 { pairs += [("lfs_sha256", .string(digest)), ("lfs_size", .int(file.size))] }
      return (file.path, .object(pairs))
    }
    return JSONWriter.pretty(.object([("format_version", 1), ("files", .object(members))]))
  }
}
