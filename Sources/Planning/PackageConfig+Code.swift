import StrictJSON

extension PackageConfig {
  /// Where a configuration may name code: in itself, and in the parts that are separate configurations.
  private static let parts = ["text_config", "vision_config"]
  private static let code = "auto_map"

  /// Whether a configuration names code of its folder, or of another repository.
  static func namesCode(_ config: JSONValue) -> Bool {
    config[code] != nil || parts.contains { config[$0]?[code] != nil }
  }

  /// Takes that out: code is never copied, and none of another's is to be run.
  static func removeCode(_ config: inout JSONValue) {
    config.removeKey(code)
    for name in parts {
      guard var part = config[name], part[code] != nil else { continue }
      part.removeKey(code)
      config.set(name, to: part)
    }
  }
}
