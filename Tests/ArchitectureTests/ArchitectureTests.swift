import Foundation
import Testing

/// The package's own sources, held against ``Architecture``.
@Suite struct ArchitectureTests {
  private let package: PackageDescription
  /// The Swift files of each target.
  private let files: [String: [SourceFile]]

  init() throws {
    let house = try House.read.get()
    package = house.package
    files = house.files
  }

  @Test func `every folder of sources and tests is a target of the manifest, and the other way round`() throws {
    for folder in ["Sources", "Tests"] {
      let there = try FileManager.default.contentsOfDirectory(atPath: House.root + "/" + folder)
        .filter { !$0.hasPrefix(".") && $0 != "README.md" }
      let declared = package.targets.filter { $0.folder.hasPrefix(folder + "/") }.map(\.name)
      #expect(Set(there) == Set(declared), "\(folder)")
    }
  }

  @Test func `a target depends only on targets that stand below it`() {
    let rooms = package.targets.filter { !$0.isOfTests }
    #expect(Set(rooms.map(\.name)) == Set(Architecture.rooms))
    #expect(Architecture.rooms.count == Set(Architecture.rooms).count)
    let places = Dictionary(uniqueKeysWithValues: Architecture.rooms.enumerated().map { ($1, $0) })
    for room in Architecture.rooms {
      guard let target = package[room] else { continue }
      let below = target.dependencies.filter { places[$0] != nil }
      for other in target.dependencies where package[other]?.isOfTests == true {
        Issue.record("\(room) uses \(other), which is for tests")
      }
      print("\(room) → \(below.sorted().joined(separator: ", "))")
      for other in below {
        #expect(places[other, default: 0] < places[room, default: 0], "\(room) uses \(other), which stands above it")
      }
    }
  }

  @Test func `a target imports what it declares, and declares what it imports`() {
    for target in package.targets {
      guard let files = files[target.name], !files.isEmpty else { continue }
      let imported = files.reduce(into: Set<String>()) { $0.formUnion($1.imports) }
      let declared = Set(target.dependencies)
      #expect(declared.count == target.dependencies.count, "\(target.name) declares a dependency twice")
      let unknown = imported.subtracting(declared).sorted()
      #expect(unknown.isEmpty, "\(target.name) imports what it does not declare: \(unknown.joined(separator: ", "))")
      // Tests run executables, which nobody can import.
      let unused = declared.subtracting(imported).filter { package[$0]?.kind != .executable }.sorted()
      #expect(unused.isEmpty, "\(target.name) declares what it does not import: \(unused.joined(separator: ", "))")
    }
  }

  @Test func `a folder of a target uses only folders that stand below it`() {
    for target in package.targets where !target.isOfTests {
      let graph = FolderGraph(files[target.name] ?? [])
      guard graph.folders.count > 1 else {
        #expect(Architecture.folders[target.name] == nil, "\(target.name) has no folders to put in order")
        continue
      }
      print("\(target.name):")
      for line in graph.lines { print(line) }
      let order = Architecture.folders[target.name] ?? []
      let problems = graph.problems(order: order, debts: Architecture.debts[target.name] ?? [])
      #expect(problems.isEmpty, "\(target.name): \(problems.joined(separator: "; "))")
    }
    #expect(Set(Architecture.folders.keys).isSubset(of: package.targets.map(\.name)))
    #expect(Set(Architecture.debts.keys).isSubset(of: Architecture.folders.keys))
  }

  @Test func `a target is small, or it is said why not`() {
    for target in package.targets where !target.isOfTests {
      let count = files[target.name]?.count ?? 0
      if let reason = Architecture.large[target.name] {
        #expect(count > Architecture.mostFiles, "\(target.name) has \(count) files, which needs no reason: \(reason)")
      } else {
        #expect(count <= Architecture.mostFiles, "\(target.name) has \(count) files")
      }
    }
    #expect(Set(Architecture.large.keys).isSubset(of: package.targets.map(\.name)))
  }
}
