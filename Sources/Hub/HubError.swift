import Diagnostics
import SystemPackage

/// What can go wrong between us and a hub. A `place` is `hub:org/name@revision/file` or an address without its query:
/// signed addresses are secrets for an hour, and are never printed.
public enum HubError: CambiumError, Equatable {
  /// A name of a model that is not `hub:org/name` or `hub:org/name@revision`.
  case name(text: String, found: String)
  /// An environment variable that tells where the hub is, or how long to wait, has no such value.
  case setting(variable: String, expected: String, found: String)
  /// The network may not be used, by `HF_HUB_OFFLINE` or `TRANSFORMERS_OFFLINE`.
  case offline(place: String, variable: String)
  /// No connection to the hub, or none that is safe: the name is not known, nothing answers, the certificate is wrong.
  case unreachable(place: String, reason: String)
  /// The other side sent nothing, or nearly nothing, for too long.
  case stalled(place: String, expected: String)
  /// A transfer broke off, and went no further after several attempts.
  case cut(place: String, expected: String, found: String)
  /// The hub answered with an error of its own, or with a status that nothing here expects.
  case status(place: String, status: Int, message: String)
  /// The hub limits how often it is asked, and its wait is over the limit or was in vain.
  case rateLimited(place: String, seconds: Int)
  /// The repository does not exist, or is private.
  case repository(name: String, hasToken: Bool)
  /// The repository has no such branch, tag or commit.
  case revision(name: String, revision: String)
  /// The repository has no such file at this commit.
  case entry(place: String)
  /// The repository is gated: its terms must be accepted first.
  case gated(name: String, page: String, hasToken: Bool, message: String)
  /// The hub does not let this token, or nobody, have the repository.
  case forbidden(place: String, message: String)
  /// The hub does not accept the token.
  case token(place: String, message: String)
  /// The answer is not one of a hub: it names no commit.
  case notHub(place: String, endpoint: String)
  /// An answer belongs to another commit than the one that was asked for.
  case commit(place: String, expected: String, found: String)
  /// A redirect goes nowhere, in a circle, too far, or from a safe address to an open one.
  case redirect(place: String, found: String)
  /// An address of the public hub leads to a private address.
  case privateAddress(place: String, found: String)
  /// The whole file was sent where a part of it was asked for.
  case rangeIgnored(place: String, expected: String)
  /// Another part of the file was sent than was asked for, or of a file of another size.
  case range(place: String, expected: String, found: String)
  /// More or fewer bytes were sent than the answer said.
  case length(place: String, expected: String, found: String)
  /// An answer is encoded, where a plain one was asked for.
  case encoding(place: String, found: String)
  /// An answer has another form than the hub's.
  case answer(place: String, expected: String, found: String)
  /// A listing has a path that must not be written, or more of them than any model has.
  case listing(name: String, expected: String, found: String)
  /// An answer is larger than its use allows.
  case tooLarge(place: String, limit: Int)
  /// The store behind the hub refused an address that the hub had just signed.
  case refused(place: String, status: Int, message: String)
  /// A file is not the one that was recorded of it: the hub, or what answers in its place, changed it.
  case changed(place: String, expected: String, found: String)
  /// The bytes that came have another digest than the hub says. Nothing of them is kept.
  case digest(place: String, expected: String, found: String)
  /// No file of the repository matches what is to be fetched.
  case nothingToFetch(name: String, filters: String)
  /// A file stands where one is to be fetched to, and it is not what cambium or the hub's client put there, or not as they
  /// did.
  case occupied(path: FilePath, found: String = "another file")
  /// A stop was asked for. What was fetched is kept.
  case stopped(place: String)
  /// libcurl does not start.
  case library(reason: String)
  /// Something else failed while a model of the hub was read, which no input can cause.
  case unforeseen(reason: String)

  /// Whether it says that there is no network, or none may be used, and nothing of the model.
  public var isWithoutNetwork: Bool {
    switch self {
    case .offline, .unreachable, .stalled: true
    default: false
    }
  }

  private static let again = "check the network, then run the same command again: it goes on where it stopped"
  private static let other = "what answers there is not a hub, or is out of order: set HF_ENDPOINT to another one"

  public var diagnostic: Diagnostic {
    switch self {
    case .name(let text, let found):
      Diagnostic(
        "E_HUB_NAME", "\(text) does not name a model of the hub: \(found)",
        expected: "hub:organisation/name or hub:organisation/name@revision", found: text,
        next: "copy the name from the model's page", exit: .badInput)
    case .setting(let variable, let expected, let found):
      Diagnostic(
        "E_HUB_SETTING", "\(variable) cannot be used", expected: expected, found: found,
        next: "set \(variable) to such a value, or unset it", exit: .badInput)
    case .offline(let place, let variable):
      Diagnostic(
        "E_HUB_OFFLINE", "the network may not be used, and this is not in the cache", file: place,
        found: "\(variable) is set",
        next: "unset \(variable), or fetch the model with cambium fetch where there is a network",
        exit: .missingInput)
    case .unreachable(let place, let reason):
      Diagnostic(
        "E_HUB_UNREACHABLE", "the hub cannot be reached", file: place, found: reason, next: Self.again, exit: .io)
    case .stalled(let place, let expected):
      Diagnostic(
        "E_HUB_STALLED", "the transfer stands still", file: place, expected: expected, found: "less", next: Self.again,
        exit: .io)
    case .cut(let place, let expected, let found):
      Diagnostic(
        "E_HUB_CUT", "the transfer broke off, again and again", file: place, expected: expected, found: found,
        next: Self.again, exit: .io)
    case .status(let place, let status, let message):
      Diagnostic(
        "E_HUB_STATUS", "the hub answered with an error", file: place, found: "\(status) \(message)",
        next: "try again later", exit: .io)
    case .rateLimited(let place, let seconds):
      Diagnostic(
        "E_HUB_RATE_LIMIT", "the hub is asked too often", file: place, found: "the hub says: wait \(seconds) seconds",
        next: "wait, then run the same command again; with a token (HF_TOKEN) the limit is higher", exit: .resumable)
    case .repository(let name, let hasToken):
      Diagnostic(
        "E_HUB_REPOSITORY", "the repository does not exist, or is private", file: name,
        found: hasToken ? "a token, which may not have access" : "no token",
        next: "check the name; a private one needs the token of somebody who may read it, in HF_TOKEN",
        exit: .missingInput
      )
    case .revision(let name, let revision):
      Diagnostic(
        "E_HUB_REVISION", "the repository has no such branch, tag or commit", file: name, found: revision,
        next: "look at the branches and tags on the model's page", exit: .missingInput)
    case .entry(let place):
      Diagnostic(
        "E_HUB_ENTRY", "the repository has no such file at this commit", file: place,
        next: "look at the files on the model's page", exit: .missingInput)
    case .gated(let name, let page, let hasToken, let message):
      Diagnostic(
        "E_HUB_GATED", "the repository is gated: its terms must be accepted first", file: name, found: message,
        next: "accept the terms at \(page), "
          + (hasToken ? "with the account that HF_TOKEN belongs to" : "and put that account's token into HF_TOKEN"),
        exit: .missingInput)
    case .forbidden(let place, let message):
      Diagnostic(
        "E_HUB_FORBIDDEN", "the hub refuses access", file: place, found: message,
        next: "use a token that may read this repository (HF_TOKEN)", exit: .missingInput)
    case .token(let place, let message):
      Diagnostic(
        "E_HUB_TOKEN", "the hub does not accept the token", file: place, found: message,
        next: "put a token that is valid into HF_TOKEN, or unset it for a public repository", exit: .missingInput)
    case .notHub(let place, let endpoint):
      Diagnostic(
        "E_HUB_NOT_HUB", "the answer names no commit, as a hub's does", file: place,
        expected: "the header X-Repo-Commit",
        found: "none from \(endpoint)", next: Self.other, exit: .badInput)
    case .commit(let place, let expected, let found):
      Diagnostic(
        "E_HUB_COMMIT", "the answer belongs to another commit", file: place, expected: expected, found: found,
        next: Self.other, exit: .badInput)
    case .redirect(let place, let found):
      Diagnostic(
        "E_HUB_REDIRECT", "the hub leads to no address that may be used", file: place,
        expected: "at most 8 redirects, from https to https", found: found, next: Self.other, exit: .badInput)
    case .privateAddress(let place, let found):
      Diagnostic(
        "E_HUB_PRIVATE_ADDRESS", "a public address leads into a private network, and was not followed", file: place,
        expected: "a public address", found: found, next: Self.other, exit: .badInput)
    case .rangeIgnored(let place, let expected):
      Diagnostic(
        "E_HUB_RANGE_IGNORED", "the whole file was sent where a part was asked for, and nothing of it was kept",
        file: place, expected: expected, found: "status 200",
        next:
          "a proxy or mirror that knows no ranges is in between: go around it, or fetch the files with another client",
        exit: .badInput)
    case .range(let place, let expected, let found):
      Diagnostic(
        "E_HUB_RANGE", "another part of the file was sent than was asked for", file: place, expected: expected,
        found: found, next: Self.other, exit: .badInput)
    case .length(let place, let expected, let found):
      Diagnostic(
        "E_HUB_LENGTH", "another number of bytes was sent than was announced", file: place, expected: expected,
        found: found, next: Self.other, exit: .badInput)
    case .encoding(let place, let found):
      Diagnostic(
        "E_HUB_ENCODING", "an encoded answer was sent where a plain one was asked for", file: place,
        expected: "Content-Encoding: identity, or none", found: found, next: Self.other, exit: .badInput)
    case .answer(let place, let expected, let found):
      Diagnostic(
        "E_HUB_ANSWER", "the answer has not the form of a hub's", file: place, expected: expected, found: found,
        next: Self.other, exit: .badInput)
    case .listing(let name, let expected, let found):
      Diagnostic(
        "E_HUB_LISTING", "the list of files is none that can be fetched safely", file: name, expected: expected,
        found: found, next: "do not use this repository: the hub itself lists no such names", exit: .badInput)
    case .tooLarge(let place, let limit):
      Diagnostic(
        "E_HUB_ANSWER_LIMIT", "the answer is too large for its purpose", file: place,
        expected: "at most \(limit) bytes",
        found: "more", next: Self.other, exit: .badInput)
    case .refused(let place, let status, let message):
      Diagnostic(
        "E_HUB_REFUSED", "the store behind the hub refuses an address that the hub has just signed", file: place,
        found: "\(status) \(message)", next: "check this machine's clock and proxies, then run the same command again",
        exit: .io)
    case .changed(let place, let expected, let found):
      Diagnostic(
        "E_HUB_CHANGED", "the file is not the one that was recorded", file: place, expected: expected, found: found,
        next: "a commit never changes: find out what answers in the hub's place before you use either", exit: .badInput)
    case .digest(let place, let expected, let found):
      Diagnostic(
        "E_HUB_DIGEST", "the bytes that came are not those of the file, and were removed", file: place,
        expected: expected, found: found,
        next: "run the same command again; if it stays, something between here and the hub changes files",
        exit: .badInput)
    case .nothingToFetch(let name, let filters):
      Diagnostic(
        "E_HUB_NOTHING", "no file of the repository matches", file: name, expected: "files that match \(filters)",
        found: "none", next: "see cambium help fetch for what is fetched by default", exit: .badInput)
    case .occupied(let path, let found):
      Diagnostic(
        "E_HUB_OCCUPIED", "something else stands where a file is to be fetched to", file: path,
        expected: "nothing, or the file of this commit", found: found,
        next: "move it away, or fetch to another folder",
        exit: .badInput)
    case .stopped(let place):
      Diagnostic(
        "E_HUB_STOPPED", "stopped; what was fetched is kept", file: place, next: "run the same command again to go on",
        exit: .resumable)
    case .library(let reason):
      .fault("E_HUB_LIBRARY", "libcurl does not start: \(reason)")
    case .unforeseen(let reason):
      .fault("E_HUB_FAULT", "a model of the hub could not be read on: \(reason)")
    }
  }
}
