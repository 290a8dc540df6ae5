import Diagnostics

/// Why a server cannot be measured.
package enum LoadError: CambiumError, Equatable {
  /// A text is no address of a server.
  case address(text: String)
  /// Nobody answers at an address.
  case connection(address: String, reason: String)
  /// The server refuses the request of the measurement.
  case refused(address: String, status: Int, words: String)
  /// An answer breaks off, or is none.
  case broken(address: String, problem: String)

  package var diagnostic: Diagnostic {
    switch self {
    case .address(let text):
      Diagnostic(
        "E_LOAD_ADDRESS", "this is no address of a server", expected: "http://HOST:PORT", found: text,
        next: "give the address that verify-runner serve prints", exit: .usage)
    case .connection(let address, let reason):
      Diagnostic(
        "E_LOAD_CONNECTION", "nobody answers at \(address)", found: reason,
        next: "start the server, or look at its port",
        exit: .io)
    case .refused(let address, let status, let words):
      Diagnostic(
        "E_LOAD_REFUSED", "the server at \(address) refuses the request", expected: "status 200",
        found: "\(status): \(words)", next: "see what the server says; --key gives it a key", exit: .badInput)
    case .broken(let address, let problem):
      Diagnostic(
        "E_LOAD_BROKEN", "an answer of the server at \(address) is not whole", found: problem,
        next: "see what the server says", exit: .io)
    }
  }
}
