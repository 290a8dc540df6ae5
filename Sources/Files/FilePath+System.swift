import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What the system says of a path at this moment.
extension FilePath {
  /// Whether the path leads to something, also through a link.
  /// - Throws: ``FileError`` when the system does not tell, as beneath a folder that this user must not search: what is there
  ///   is not missing.
  public var exists: Bool { get throws(FileError) { try targetStatus(self) != nil } }

  /// Whether the path leads to a folder, also through a link.
  /// - Throws: as ``exists``.
  public var isFolder: Bool { get throws(FileError) { try targetStatus(self)?.isFolder ?? false } }

  /// The path from the root on, without `.` and `..`. What is above a link is what the system says: the folder that holds
  /// what the link leads to. A first name `~` is the person's own folder, `~NAME` another's.
  public var absolute: FilePath { absolute(from: Folder.current) }

  /// The same as ``absolute``, for a path that is relative to another folder than the current one.
  public func absolute(from base: FilePath) -> FilePath {
    let start = base.isAbsolute ? base : Folder.current.pushing(base)
    return start.pushing(expandingHome).withoutSteps
  }

  /// Whether the name is one of the system's own for what a process has open, such as `/dev/stdin`: beside it is no place
  /// for a file.
  public var isDescriptor: Bool {
    let path = absolute
    return ["/dev", "/dev/fd"].contains(path.folder) || path.starts(with: "/proc")
  }

  private var withoutSteps: FilePath {
    var path = FilePath(root: root, [])
    for component in components {
      switch component.kind {
      case .currentDirectory: continue
      case .parentDirectory:
        if (try? linkStatus(path))?.type == S_IFLNK { path = path.real ?? path }
        path.removeLastComponent()
      case .regular: path.append(component)
      }
    }
    return path
  }

  /// Where the system resolves the path to; nil when that is nowhere.
  private var real: FilePath? {
    guard let text = withPlatformString({ realpath($0, nil) }) else { return nil }
    defer { free(text) }
    return FilePath(platformString: text)
  }

  private var expandingHome: FilePath {
    guard isRelative, let first = components.first?.string, first.hasPrefix("~"),
      let home = homeFolder(of: String(first.dropFirst()))
    else { return self }
    return home.appending(components.dropFirst())
  }

  /// The path from the root on without links: of names that lead nowhere, what they would be beneath the last folder
  /// that is there.
  public var resolvingLinks: FilePath {
    var path = absolute
    var missing: [FilePath.Component] = []
    while true {
      if let real = path.real { return real.appending(missing.reversed()) }
      guard let name = path.lastComponent else { return absolute }
      missing.append(name)
      path.removeLastComponent()
    }
  }
}

extension FilePath {
  /// Whether the path leads to a folder or beneath it, by way of a link too, and of a mount that gives the folder a second
  /// name: then a folder above the path is that folder, whatever it is called.
  /// - Parameter folder: The folder; it need not be there.
  /// - Throws: ``FileError`` when the system does not tell.
  public func isInside(_ folder: FilePath) throws(FileError) -> Bool {
    try isInside(folder) { path throws(FileError) in
      try targetStatus(path).map { [UInt64(truncatingIfNeeded: $0.st_dev), UInt64(truncatingIfNeeded: $0.st_ino)] }
    }
  }

  /// The same as ``isInside(_:)``.
  /// - Parameters:
  ///   - folder: The folder.
  ///   - identity: The file system and the number of what a path leads to; nil for nothing.
  package func isInside(
    _ folder: FilePath, identity: (FilePath) throws(FileError) -> [UInt64]?
  ) throws(FileError) -> Bool {
    var place = resolvingLinks
    let outer = folder.resolvingLinks
    if place.starts(with: outer) { return true }
    guard let own = try identity(outer) else { return false }
    while true {
      if try identity(place) == own { return true }
      guard place.removeLastComponent() else { return false }
    }
  }
}

/// The path of the running program. Foundation's `Bundle.main` ends the process where there is no `/proc`.
public enum ProgramPath {
  /// The path as the system says it, without links; where it does not, as a shell finds the name that the program was
  /// called by. Nothing need be there: the program may have been replaced since.
  public static var own: FilePath {
    #if canImport(Darwin)
      var count: UInt32 = 0
      _NSGetExecutablePath(nil, &count)
      var text = [CChar](repeating: 0, count: Int(count) + 1)
      if _NSGetExecutablePath(&text, &count) == 0 { return FilePath(platformString: text).resolvingLinks }
    #else
      let told = Folder.linkTarget("/proc/self/exe")
      if !told.isEmpty { return told.resolvingLinks }
    #endif
    let name = FilePath(untrusted: CommandLine.arguments.first ?? "")
    return found(name, in: getenv("PATH").map { String(cString: $0) } ?? "").resolvingLinks
  }

  /// A program as a shell finds it.
  /// - Parameters:
  ///   - name: What it was called by.
  ///   - path: The folders in which one is looked for whose name is no path, with colons between them.
  package static func found(_ name: FilePath, in path: String) -> FilePath {
    guard name.components.count == 1, !name.isAbsolute else { return name.absolute }
    // An empty one is the current folder.
    let places = path.split(separator: ":", omittingEmptySubsequences: false)
      .map { FilePath(untrusted: $0.isEmpty ? "." : String($0)).absolute.pushing(name) }
    return places.first { access($0, X_OK) == 0 && (try? $0.isFolder) == false } ?? name.absolute
  }
}

extension Folder {
  /// The folder that relative paths start from; the root when it was removed.
  public static var current: FilePath {
    guard let text = getcwd(nil, 0) else { return "/" }
    defer { free(text) }
    return FilePath(platformString: text)
  }

  /// Checks that there is a current folder: relative paths would else lead anywhere.
  /// - Throws: ``StorageError``.
  public static func requireCurrent() throws(StorageError) {
    guard let text = getcwd(nil, 0) else { throw .system("find the current folder", ".", errno: errno) }
    free(text)
  }

  /// The target of a link, as it says it; empty for what is no link.
  package static func linkTarget(_ path: FilePath) -> FilePath { target(ofLink: path) }

  /// Makes a symbolic link of a name that must be free.
  public static func makeSymbolicLink(at path: FilePath, to target: FilePath) throws(StorageError) {
    guard symlink(target, path) == 0 else { throw .system("make the link", path, errno: errno) }
  }
}

/// The home of the person who runs this, when the name is empty.
private func homeFolder(of name: String) -> FilePath? {
  if name.isEmpty, let home = getenv("HOME") { return FilePath(platformString: home) }
  guard let entry = name.isEmpty ? getpwuid(getuid()) : getpwnam(name) else { return nil }
  return FilePath(platformString: entry.pointee.pw_dir)
}

// Inside the type the name of this function means its own method.
private func target(ofLink path: FilePath) -> FilePath { linkTarget(path) }

/// The time of the machine, for records that other programs compare with the times of files.
package enum FileClock {
  /// Seconds since 1970, with a fraction.
  package static var secondsSince1970: String {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let fraction = String(now.tv_nsec / 1_000_000 + 1000).dropFirst()
    return "\(now.tv_sec).\(fraction)"
  }
}
