import Testing

/// What the architecture is read with.
@Suite struct FolderGraphTests {
  private func graph(_ files: [(folder: String, text: String)]) -> FolderGraph {
    FolderGraph(files.map { SourceFile(folder: $0.folder, text: $0.text) })
  }

  @Test func `a circle between two folders is found, whatever the order`() {
    let graph = graph([
      ("Low", "struct Stone {\n  var roof: Roof?\n}"), ("High", "struct Roof {\n  let stone: Stone\n}"),
    ])
    #expect(graph.problems(order: ["Low", "High"]) == ["Low uses High, which stands above it: Roof"])
    #expect(graph.problems(order: ["High", "Low"]) == ["High uses Low, which stands above it: Stone"])
  }

  @Test func `a debt is allowed as long as it is owed`() {
    let debt = FolderGraph.Edge(from: "Low", to: "High")
    let owed = graph([("Low", "let roof = Roof()"), ("High", "struct Roof {}")])
    #expect(owed.problems(order: ["Low", "High"], debts: [debt]).isEmpty)
    let paid = graph([("Low", "struct Stone {}"), ("High", "struct Roof {}")])
    #expect(
      paid.problems(order: ["Low", "High"], debts: [debt]) == ["Low does not use High any more: the debt is paid"])
  }

  @Test func `names in comments, literals and members count for nothing, those in interpolations do`() {
    let high = ("High", "struct Roof {}\nstruct Tile {}\nprivate struct Nail {}")
    let texts = [
      "// a Roof\n/* a /* nested */ Roof */ struct A {}", "let a = \"a Roof\"", "let a = #\"a \"Roof\" \\(Roof)\"#",
      "let a = \"\"\"\n  a \"Roof\"\n  \"\"\"", "let a = b.Roof", "struct B { struct Roof {} }\nlet a = Roof()",
      "let a = Nail()",
    ]
    for text in texts { #expect(graph([("Low", text), high]).edges.isEmpty, "\(text)") }
    let uses = [
      "let a = \"a \\(Roof(\")\")) b\"", "let a: [Roof] = []", "extension Roof {}", "let a = #\"\\#(Roof())\"#",
    ]
    for text in uses { #expect(graph([("Low", text), high]).edges.count == 1, "\(text)") }
  }

  @Test func `a folder that nobody put in order is found, and one that is gone`() {
    let graph = graph([("Low", ""), ("", "")])
    #expect(graph.problems(order: ["", "Cellar"]).count == 2)
  }

  @Test func `a file's imports are those of its code`() {
    let file = SourceFile(
      folder: "",
      text: "// import Comment\nimport Foundation\n@testable import Low\nimport struct High.Roof\nlet a = \"import B\"")
    #expect(file.imports == ["Low", "High"])
  }

  @Test func `the manifest's targets are read with their dependencies`() {
    let package = PackageDescription(
      manifest: """
        // .target(name: "Comment")
        let package = Package(name: "house", targets: [
          .systemLibrary(name: "CStone", pkgConfig: "stone", providers: [.apt(["libstone-dev"])]),
          .target(name: "Low"),
          .target(
            name: "High", dependencies: ["Low", .product(name: "Wood", package: "forest")], exclude: ["make.py"]),
          .executableTarget(name: "house", dependencies: [
            "High",
          ]),
          .target(name: "Help", dependencies: ["Low"], path: "Tests/Help"),
          .testTarget(name: "HighTests", dependencies: ["High", "house"]),
        ])
        """)
    #expect(package.targets.map(\.name).sorted() == ["CStone", "Help", "High", "HighTests", "Low", "house"])
    #expect(package["High"]?.dependencies == ["Low", "Wood"])
    #expect(package["HighTests"]?.kind == .test)
    #expect(package.targets.filter(\.isOfTests).map(\.folder).sorted() == ["Tests/Help", "Tests/HighTests"])
    #expect(package["CStone"]?.dependencies == [])
  }
}
