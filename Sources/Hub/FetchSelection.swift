/// Which files of a repository are fetched: weights in safetensors and what a converter, a tokenizer and a reader of the
/// licence need, or what a person names.
public struct FetchSelection: Sendable {
  private let include: [PathPattern]
  private let exclude: [PathPattern]

  /// - Parameters:
  ///   - include: Patterns of which a path must match one; with none, the usual files.
  ///   - exclude: Patterns of which a path must match none.
  public init(include: [String] = [], exclude: [String] = []) {
    self.include = include.map(PathPattern.init)
    self.exclude = exclude.map(PathPattern.init)
  }

  /// The patterns in words, for messages.
  var words: String {
    (include.isEmpty ? "what is fetched by default" : include.map(\.pattern).joined(separator: ", "))
      + (exclude.isEmpty ? "" : ", without " + exclude.map(\.pattern).joined(separator: ", "))
  }

  /// Whether a file is fetched.
  public func has(_ path: String) -> Bool {
    (include.isEmpty ? FetchSelection.isUsual(path) : include.contains { $0.matches(path) })
      && !exclude.contains { $0.matches(path) }
  }

  private static let usualEnds = [".safetensors", ".json", ".jinja", ".model", ".txt", ".tiktoken", ".vocab"]
  private static let legal = ["LICENSE", "LICENCE", "NOTICE", "COPYING", "USE_POLICY", "README"]

  /// Neither weights in other formats, nor what other programs keep in their own folders, are usual.
  private static func isUsual(_ path: String) -> Bool {
    let parts = path.split(separator: "/")
    guard let name = parts.last, !parts.contains(where: { $0.hasPrefix(".") }),
      !["original", "onnx", "openvino", "coreml", "gguf"].contains(parts.first.map { $0.lowercased() })
    else { return false }
    return usualEnds.contains { name.lowercased().hasSuffix($0) } || legal.contains { name.uppercased().hasPrefix($0) }
  }
}

/// A pattern over paths as the hub's client reads it: `*` any signs, slashes too, `?` one, `[a-z]` one of some, `[!a-z]` none
/// of them.
package struct PathPattern: Sendable {
  /// The pattern as it was written.
  package let pattern: String
  private enum Token: Sendable {
    case any, one
    case byte(UInt8)
    case of(Set<UInt8>)
  }
  private let tokens: [Token]

  package init(_ pattern: String) {
    self.pattern = pattern
    // As for the client, a folder represents what is in it.
    tokens = PathPattern.read(Array((pattern.hasSuffix("/") ? pattern + "*" : pattern).utf8))
  }

  /// Whether the whole path matches. Time is bounded by the product of both lengths.
  package func matches(_ path: String) -> Bool {
    let path = Array(path.utf8)
    var reachable = [true] + Array(repeating: false, count: path.count)
    for token in tokens {
      var next = Array(repeating: false, count: path.count + 1)
      if case .any = token {
        var isReached = false
        for at in reachable.indices {
          isReached = isReached || reachable[at]
          next[at] = isReached
        }
      } else {
        for at in path.indices where reachable[at] && PathPattern.takes(token, path[at]) { next[at + 1] = true }
      }
      reachable = next
    }
    return reachable[path.count]
  }

  private static func takes(_ token: Token, _ byte: UInt8) -> Bool {
    switch token {
    case .any, .one: true
    case .byte(let own): own == byte
    case .of(let bytes): bytes.contains(byte)
    }
  }

  private static func read(_ bytes: [UInt8]) -> [Token] {
    var tokens: [Token] = []
    var at = 0
    while at < bytes.count {
      switch bytes[at] {
      case UInt8(ascii: "*"): tokens.append(.any)
      case UInt8(ascii: "?"): tokens.append(.one)
      case UInt8(ascii: "["):
        guard let end = bytes[(at + 1)...].dropFirst().firstIndex(of: UInt8(ascii: "]")) else {
          tokens.append(.byte(bytes[at]))
          break
        }
        tokens.append(.of(set(bytes[(at + 1)..<end])))
        at = end
      case let byte: tokens.append(.byte(byte))
      }
      at += 1
    }
    return tokens
  }

  private static func set(_ text: ArraySlice<UInt8>) -> Set<UInt8> {
    let isInverted = text.first == UInt8(ascii: "!")
    let text = isInverted ? text.dropFirst() : text
    var found: Set<UInt8> = []
    var at = text.startIndex
    while at < text.endIndex {
      if at + 2 < text.endIndex, text[at + 1] == UInt8(ascii: "-"), text[at] <= text[at + 2] {
        found.formUnion(text[at]...text[at + 2])
        at += 3
      } else {
        found.insert(text[at])
        at += 1
      }
    }
    return isInverted ? Set(UInt8.min...UInt8.max).subtracting(found) : found
  }
}
