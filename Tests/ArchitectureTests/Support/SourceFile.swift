import Foundation

/// One Swift file: what it imports, which types it declares, which names it uses.
struct SourceFile {
  /// Of the folder in its target; empty for a file of the target's own folder.
  let folder: String
  /// Modules that it imports, without those of the system.
  let imports: Set<String>
  /// Types that other files can see, declared at the top.
  let types: Set<String>
  /// Every type that it declares, nested and private ones too.
  let allTypes: Set<String>
  let names: Set<String>

  /// Modules of the toolchain, of which no manifest speaks.
  private static let system: Set = [
    "Darwin", "Dispatch", "Foundation", "FoundationEssentials", "Glibc", "Musl", "Swift", "Synchronization", "Testing",
    "XCTest",
  ]
  private static let kinds: Set = ["actor", "class", "enum", "protocol", "struct", "typealias"]

  init(folder: String, text: String) {
    self.folder = folder
    let source = SourceText(text)
    names = Set(source.names)
    var imports: Set<String> = []
    var types: Set<String> = []
    var allTypes: Set<String> = []
    var depth = 0
    for line in source.code.split(separator: "\n") {
      let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
      if depth == 0, let at = words.firstIndex(of: "import"), at + 1 < words.count {
        let named = SourceFile.kinds.contains(words[at + 1]) || words[at + 1] == "func" ? at + 2 : at + 1
        if named < words.count { imports.insert(words[named]) }
      }
      for (at, word) in words.enumerated() where SourceFile.kinds.contains(word) && at + 1 < words.count {
        allTypes.insert(words[at + 1])
      }
      if depth == 0, let at = words.firstIndex(where: SourceFile.kinds.contains), at + 1 < words.count,
        !words[..<at].contains("private"), !words[..<at].contains("fileprivate")
      {
        types.insert(words[at + 1])
      }
      for character in line { depth += character == "{" ? 1 : character == "}" ? -1 : 0 }
    }
    self.imports = imports.subtracting(SourceFile.system)
    self.types = types
    self.allTypes = allTypes
  }

  /// The Swift files below a folder, in the order of their paths.
  static func all(below root: String) throws -> [SourceFile] {
    let paths = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
    return try paths.filter { $0.hasSuffix(".swift") }.sorted().map { path in
      let folder = path.split(separator: "/").dropLast().first.map(String.init) ?? ""
      return SourceFile(folder: folder, text: try String(contentsOfFile: root + "/" + path, encoding: .utf8))
    }
  }
}
