import StrictJSON
import SystemPackage

/// The options of a server as a JSON object, by the names that they have on the command line:
///
///     { "host": "0.0.0.0", "api-key-file": "keys.txt", "served-model-name": ["qwen", "claude-*"], "always-usage": true }
///
/// Keys themselves are not in it: they have a separate file, or the environment.
package struct ConfigurationFile: Sendable {
  /// The words of a command line that says the same.
  package let arguments: [String]

  /// - Parameters:
  ///   - value: The document.
  ///   - file: Its path. Paths in it are meant from its folder.
  ///   - options: The names of options that take a value, without their dashes, and whether each may come several times.
  ///   - flags: The names of options that take none.
  ///   - objects: The names of options whose value may be an object, which the command line has as its JSON.
  /// - Throws: `JSONError`, with the place of what is wrong.
  package init(
    _ value: JSONValue, file: FilePath, options: [String: Bool], flags: [String], objects: Set<String> = []
  ) throws(JSONError) {
    let fields = try JSONFields(value, file: file.string, what: "the server's configuration")
    try fields.refuseUnknown((options.keys + flags).sorted())
    var arguments: [String] = []
    for key in fields.keys {
      guard let value = fields[key] else { continue }
      if flags.contains(key) {
        guard let flag = value.boolValue else {
          throw .type(fields.place(of: key), key: key, expected: "true or false", found: value.typeName)
        }
        arguments += flag ? ["--\(key)"] : []
        continue
      }
      let isList = options[key] == true
      for value in isList ? value.arrayValue ?? [value] : [value] {
        let isObject = objects.contains(key) && value.members != nil
        guard let word = isObject ? String(decoding: JSONWriter.compact(value), as: UTF8.self) : Self.word(value) else {
          throw .type(
            fields.place(of: key), key: key,
            expected: isList ? "a string, a number or a list of them" : "a string or a number", found: value.typeName)
        }
        arguments.append("--\(key)=\(key.hasSuffix("-file") ? Self.path(word, in: file) : word)")
      }
    }
    self.arguments = arguments
  }

  private static func word(_ value: JSONValue) -> String? {
    switch value.content {
    case .string(let text): text
    case .number(let spelling): spelling
    default: nil
    }
  }

  private static func path(_ word: String, in file: FilePath) -> String {
    let path = FilePath(word)
    return path.isAbsolute ? word : file.removingLastComponent().pushing(path).string
  }
}
