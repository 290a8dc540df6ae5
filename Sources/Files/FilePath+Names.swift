import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension FilePath {
  /// A path in a text that comes from outside. The system's paths end at the first zero byte, and would lead to another
  /// file: such a byte becomes `%00`, and the file is not found.
  public init(untrusted text: String) { self.init(text.utf8.contains(0) ? text.replacing("\0", with: "%00") : text) }

  /// A path as a person typed it to the shell, which has put its folder in the place of a `~`: one that is still there is
  /// the name of a file.
  public init(typed text: String) { self.init(untrusted: text.hasPrefix("~") ? "./" + text : text) }

  /// A path as the bytes that the system names it by, which need not be UTF-8.
  init(bytes: [UInt8]) { self.init(platformString: bytes.map { CChar(bitPattern: $0) } + [0]) }

  /// The bytes of the path.
  public var bytes: [UInt8] {
    withPlatformString { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
  }

  /// The bytes of the last name; none for a root.
  var nameBytes: [UInt8] { lastComponent.map { FilePath(root: nil, [$0]).bytes } ?? [] }

  /// A name beneath a folder, as bytes that need not be UTF-8.
  package func appending(bytes name: [UInt8]) -> FilePath { appending(FilePath(bytes: name).components) }

  /// The path with `text` after its last name.
  public func appending(suffix text: String) -> FilePath { FilePath(bytes: bytes + text.utf8) }

  /// The folder that the last name of the path is in: `.` for a name alone.
  public var folder: FilePath {
    let folder = removingLastComponent()
    return folder.isEmpty ? "." : folder
  }

  /// The last name; empty for a root.
  public var name: String { lastComponent?.string ?? "" }
}
