import Diagnostics

/// What can keep a server from serving.
package enum ServerError: CambiumError, Equatable {
  /// The address is reached by others, and there is no key.
  case insecure(host: String)
  /// The address cannot be listened at.
  case address(host: String, port: Int, reason: String)
  /// A file of keys has none.
  case keys(file: String)
  /// The variable of the environment that should hold a key does not.
  case keyVariable(name: String)

  package var diagnostic: Diagnostic {
    switch self {
    case .insecure(let host):
      Diagnostic(
        "E_SERVE_INSECURE", "a server that others reach needs a key", expected: "--api-key-file, or a loopback address",
        found: host, next: "give a key, or say --insecure", exit: .usage)
    case .address(let host, let port, let reason):
      Diagnostic(
        "E_SERVE_ADDRESS", "the server cannot listen at \(host), port \(port)", found: reason,
        next: "choose another --port, or end the program that has it", exit: .io)
    case .keys(let file):
      Diagnostic(
        "E_SERVE_KEYS", "the file of keys has no key", file: file, expected: "one key on each line", found: "none",
        next: "write a key into the file", exit: .badInput)
    case .keyVariable(let name):
      Diagnostic(
        "E_SERVE_KEY_VARIABLE", "the environment variable that should hold the key is not set",
        expected: "a key in \(name)",
        found: "nothing", next: "set \(name), or use --api-key-file", exit: .usage)
    }
  }
}
