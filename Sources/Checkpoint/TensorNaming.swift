import StrictJSON

/// Names of a checkpoint's tensors as its architecture's table has them, whatever tool wrote them.
struct TensorNaming {
  /// Prefixes of the table; nil where nothing is renamed.
  private let text: String?
  private let vision: String?
  /// How often each rename was needed, in the order of their first use.
  private(set) var used: [(rename: String, tool: String, count: Int)] = []

  /// - Parameter isRaw: Whether the folder is a Hugging Face checkpoint. Names of an MLX conversion and of a drafter stay.
  init(_ table: ArchitectureTable, isRaw: Bool) {
    text = isRaw ? table.sections.first?.source : nil
    vision = table.wrapped ? "model.visual." : nil
  }

  /// The table's name of a tensor. A name that no rename fits stays as it is.
  mutating func canonical(_ name: String) -> String {
    guard let text else { return name }
    let bare = withoutWrappers(name)
    if HeadPrefix.of(bare) != nil { return bare }
    if let renamed = renamed(bare, KnownRename.text, to: text, parts: ["layers", "embed_tokens", "norm"]) {
      return renamed
    }
    if let vision, let renamed = renamed(bare, KnownRename.vision, to: vision) { return renamed }
    return renamed(bare, KnownRename.output, to: "lm_head.") ?? renamed(bare, KnownRename.head, to: "mtp.") ?? bare
  }

  private mutating func withoutWrappers(_ name: String) -> String {
    var name = name
    for rename in KnownRename.wrappers {
      switch rename.place {
      case .prefix where name.hasPrefix(rename.written): name = String(name.dropFirst(rename.written.count))
      case .part where name.hasBytes(anywhere: rename.written):
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        let kept = parts.filter { $0 != rename.written }
        guard kept.count < parts.count else { continue }
        name = kept.joined(separator: ".")
      default: continue
      }
      count("\(rename.written) left out", rename.tool)
    }
    return name
  }

  /// The name under the table's prefix, when a row of the table of renames fits; nil otherwise.
  /// - Parameter parts: What must follow the prefix; empty for anything.
  private mutating func renamed(
    _ name: String, _ table: [KnownRename], to prefix: String, parts: [Substring] = []
  ) -> String? {
    for row in table where name.hasPrefix(row.written) {
      let rest = name.dropFirst(row.written.count)
      guard parts.isEmpty || parts.contains(rest.prefix { $0 != "." }) else { continue }
      // The same text in the same memory: there are names by the hundred thousand.
      if row.written == prefix { return name }
      count("\(row.written)* read as \(prefix)*", row.tool)
      return prefix + rest
    }
    return nil
  }

  private mutating func count(_ rename: String, _ tool: String) {
    if let at = used.firstIndex(where: { $0.rename == rename }) {
      used[at].count += 1
    } else {
      used.append((rename, tool, 1))
    }
  }

  /// One note a rename.
  var notes: [String] {
    used.map { "names of \($0.count) tensor\($0.count == 1 ? "" : "s"): \($0.rename) (left by \($0.tool))" }
  }
}
