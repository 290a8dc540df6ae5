/// Which folder of a target uses which, by the types that one declares at the top and another names.
struct FolderGraph {
  struct Edge: Hashable, Comparable {
    let from: String
    let to: String

    static func < (a: Edge, b: Edge) -> Bool { (a.from, a.to) < (b.from, b.to) }
  }

  let folders: [String]
  /// The names behind each arrow.
  private(set) var edges: [Edge: Set<String>] = [:]

  init(_ files: [SourceFile]) {
    folders = Set(files.map(\.folder)).sorted()
    var declared: [String: Set<String>] = [:]
    for file in files { declared[file.folder, default: []].formUnion(file.types) }
    for file in files {
      let own = files.filter { $0.folder == file.folder }.reduce(into: Set<String>()) { $0.formUnion($1.allTypes) }
      for (folder, types) in declared where folder != file.folder {
        let used = types.intersection(file.names).subtracting(own)
        if !used.isEmpty { edges[Edge(from: file.folder, to: folder), default: []].formUnion(used) }
      }
    }
  }

  /// One line for each folder that uses another.
  var lines: [String] {
    folders.compactMap { folder in
      let targets = edges.keys.filter { $0.from == folder }.sorted().map { FolderGraph.name($0.to) }
      return targets.isEmpty ? nil : "  \(FolderGraph.name(folder)) → \(targets.joined(separator: ", "))"
    }
  }

  /// What speaks against a declared order, from the ground up: folders that it does not know or that are not there, and
  /// arrows that do not point down. With such an order there is no circle.
  /// - Parameter debts: arrows that may point up for now; one that does not is a problem too.
  func problems(order: [String], debts: [Edge] = []) -> [String] {
    var problems = folders.filter { !order.contains($0) }.map {
      "the folder \(FolderGraph.name($0)) is not in the order"
    }
    problems += order.filter { !folders.contains($0) }.map {
      "the order names \(FolderGraph.name($0)), which is not there"
    }
    for (edge, names) in edges.sorted(by: { $0.key < $1.key }) {
      guard let from = order.firstIndex(of: edge.from), let to = order.firstIndex(of: edge.to), from < to,
        !debts.contains(edge)
      else { continue }
      problems.append(
        "\(FolderGraph.name(edge.from)) uses \(FolderGraph.name(edge.to)), which stands above it: "
          + names.sorted().joined(separator: ", "))
    }
    problems += debts.filter { edges[$0] == nil }.map {
      "\(FolderGraph.name($0.from)) does not use \(FolderGraph.name($0.to)) any more: the debt is paid"
    }
    return problems
  }

  private static func name(_ folder: String) -> String { folder.isEmpty ? "(the target's own folder)" : folder }
}
