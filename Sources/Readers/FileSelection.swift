import StrictJSON

/// Which safetensors files readers take.
enum FileSelection {
  /// `model*.safetensors` of the folder itself, whatever the index says (mlx-lm).
  static func modelGlob(_ view: PackageView) -> [PackageView.File] {
    top(view).filter { $0.name.hasPrefix("model") }
  }

  /// The files that the index names, as far as they are there; without an index, all of the folder itself (mlx-vlm,
  /// mlx-swift-lm). From a file that is named, every tensor is taken.
  static func indexed(_ view: PackageView) -> [PackageView.File] {
    let named = Set((view.index ?? [:]).values.map(UTF8Name.init))
    let listed = top(view).filter { named.contains(UTF8Name($0.name)) }
    return listed.isEmpty ? top(view).filter { !$0.name.hasSuffix("consolidated.safetensors") } : listed
  }

  /// Where mlx-vlm's splitter looks for a head: the files that the index names for `mtp.*`, else all that hold any.
  static func head(_ view: PackageView) -> [PackageView.File] {
    let named = Set((view.index ?? [:]).filter { $0.key.string.hasPrefix("mtp.") }.values.map(UTF8Name.init))
    return top(view).filter { file in
      named.isEmpty ? file.names.contains { $0.hasPrefix("mtp.") } : named.contains(UTF8Name(file.name))
    }
  }

  private static func top(_ view: PackageView) -> [PackageView.File] { view.files.filter { !$0.name.contains("/") } }
}
