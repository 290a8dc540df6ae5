import Foundation
import Testing

/// The package that the fuzzer and the sanitizers build holds links to the project's sources: CI does not build it, so what
/// would keep it from building is looked for here.
@Suite struct SanitizedPackageTests {
  private let folder = House.root + "/tools/fuzz/"

  @Test func `its targets declare what the sources that they share import`() throws {
    let house = try House.read.get()
    let rooms = Set(house.package.targets.map(\.name))
    let shared = PackageDescription(manifest: try String(contentsOfFile: folder + "Package.swift", encoding: .utf8))
    // Without a list of its own a target has that of all parsers.
    let targets = shared.targets.filter { !$0.dependencies.isEmpty && rooms.contains($0.name) }
    #expect(targets.count > 20)
    for target in targets {
      // Of Signatures a part is there: see below.
      let files = (house.files[target.name] ?? []).filter { !$0.imports.contains("Crypto") }
      let imported = files.reduce(into: Set<String>()) { $0.formUnion($1.imports) }.intersection(rooms)
      let missing = imported.subtracting(target.dependencies).sorted()
      #expect(missing.isEmpty, "\(target.name) imports \(missing.joined(separator: ", ")), undeclared")
    }
  }

  @Test func `of Signatures it has every file that needs no cryptography`() throws {
    let sources = House.root + "/Sources/Signatures/"
    let wanted = try FileManager.default.contentsOfDirectory(atPath: sources).filter { name in
      let text = try String(contentsOfFile: sources + name, encoding: .utf8)
      return !SourceFile(folder: "", text: text).imports.contains("Crypto")
    }
    let linked = try FileManager.default.contentsOfDirectory(atPath: folder + "Sources/Signatures")
    #expect(linked.sorted() == wanted.sorted())
  }
}
