/// Whether a path stays beneath the folder it is joined to: not absolute, no empty, `.` or `..` part, no NUL.
public func isSafeRelativePath(_ path: String) -> Bool {
  let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
  return parts.allSatisfy { part in
    !part.isEmpty && !part.elementsEqual(".".utf8) && !part.elementsEqual("..".utf8) && !part.contains(0)
  }
}
