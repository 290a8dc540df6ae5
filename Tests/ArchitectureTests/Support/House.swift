import Foundation

/// The package as it is: its manifest and its sources, read once.
struct House {
  static let root: String = {
    var url = URL(fileURLWithPath: #filePath)
    for _ in 0..<4 { url.deleteLastPathComponent() }
    return url.path
  }()

  static let read = Result { try House() }

  let package: PackageDescription
  /// The Swift files of each target.
  let files: [String: [SourceFile]]

  private init() throws {
    let manifest = try String(contentsOfFile: House.root + "/Package.swift", encoding: .utf8)
    let package = PackageDescription(manifest: manifest)
    self.package = package
    files = try Dictionary(
      package.targets.map { ($0.name, try SourceFile.all(below: House.root + "/" + $0.folder)) }
    ) { first, second in first + second }
  }
}
