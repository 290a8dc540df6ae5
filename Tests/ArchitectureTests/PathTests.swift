import Foundation
import Testing

/// Paths are `FilePath`, and the system is asked about them in one room.
@Suite struct PathTests {
  /// Sources that put a slash between two texts, and why: what they join is no path.
  private static let joined: [String: String] = [
    "Archive/ArchiveWriter.swift": "names in an archive",
    "Checkpoint/FolderListing.swift": "names of files below the folder mtp",
    "Checkpoint/Head/NormConvention.swift": "names of files below the folder mtp",
    "Checkpoint/WeightIndex.swift": "names of files below the folder mtp",
    "Conversion/Work/WorkFolder.swift": "names that a receipt holds",
    "PackageCheck/PackageVerifier.swift": "a file's name and a tensor's, and names of files below the folder mtp",
    "Signatures/ModelSignature.swift": "names that are signed",
  ]

  /// The Swift sources by their paths below `Sources`.
  private func sources() throws -> [String: String] {
    let root = House.root + "/Sources/"
    let paths = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
    return try Dictionary(
      uniqueKeysWithValues: paths.filter { $0.hasSuffix(".swift") }.map {
        ($0, try String(contentsOfFile: root + $0, encoding: .utf8))
      })
  }

  private static func joins(_ text: String) -> Bool { text.contains(#"+ "/"#) }

  @Test func `no source outside Files uses FileManager`() throws {
    let sources = try sources()
    #expect(sources.count > 400)
    for (path, text) in sources where !path.hasPrefix("Files/") {
      #expect(!SourceText(text).names.contains("FileManager"), "\(path): Files asks the system")
    }
  }

  @Test func `no source joins a path by hand`() throws {
    let sources = try sources()
    for (path, text) in sources where Self.joins(text) {
      #expect(Self.joined[path] != nil, "\(path) puts a slash between two texts: a path has appending(_:)")
    }
    for (path, reason) in Self.joined {
      #expect(sources[path].map(Self.joins) == true, "\(path) needs no leave any more: \(reason)")
    }
  }

  @Test func `a join and a use of FileManager are found`() {
    #expect(Self.joins(#"let path = folder + "/" + name"#) && Self.joins(#"folder + "/config.json""#))
    #expect(!Self.joins(#"folder.appending("config.json")"#))
    #expect(SourceText("let a = FileManager.default").names.contains("FileManager"))
    #expect(!SourceText("// FileManager").names.contains("FileManager"))
  }
}
