import Checkpoint
import Diagnostics
import Files
import SystemPackage
import Threads

/// What the environment says of the hub: where it is, whether it may be asked, with which token, where the cache is.
public struct HubSettings: Sendable {
  /// Where the hub is, without a slash at its end; a mirror may have a path.
  let endpoint: WebAddress
  /// The variable that forbids to use the network; nil when none does.
  public let offlineBy: String?
  /// Whether the cache may have links, and not copies, in its snapshots.
  let usesLinks: Bool
  /// Sent to the hub's own addresses alone.
  package let token: HubToken?
  /// The cache of the hub's client.
  public let cache: FilePath
  /// Seconds without a byte, or without a connection: of answers about files, and of files.
  let answerTimeout: Int
  let transferTimeout: Int
  /// A file of certificates, or a folder of them, in place of the system's.
  let certificates: (file: String?, folder: String?)
  /// How often is asked without any progress.
  private(set) var attempts = 5
  /// How a wait passes between two attempts; false when a stop was asked for.
  let pause: @Sendable (_ milliseconds: Int) -> Bool
  /// Milliseconds since some moment.
  let now: @Sendable () -> Int

  /// The public hub: its address, and the short one that leads to it.
  private static let known = ["https://huggingface.co", "https://hf.co"]

  /// - Parameters:
  ///   - environment: The variables of the process.
  ///   - pause: How a wait passes; false when a stop was asked for.
  ///   - now: Milliseconds since some moment, to tell how fast bytes come over several attempts.
  /// - Throws: ``HubError/setting(variable:expected:found:)``, `FileError` for a token file that cannot be read.
  public init(
    _ environment: [String: String], pause: @escaping @Sendable (_ milliseconds: Int) -> Bool = HubSettings.wait,
    now: @escaping @Sendable () -> Int = HubSettings.clock
  ) throws {
    let value = { (name: String) in environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    endpoint = try HubSettings.endpoint(value("HF_ENDPOINT"))
    offlineBy = ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"].first { HubSettings.isOn(value($0)) }
    cache = HubReference.cacheFolder(environment)
    usesLinks = !["HF_HUB_DISABLE_SYMLINKS"].contains { HubSettings.isOn(value($0)) }
    let home = HubReference.hubHome(environment)
    token =
      ["HF_HUB_DISABLE_IMPLICIT_TOKEN"].contains(where: { HubSettings.isOn(value($0)) })
      ? nil : try HubToken.find(variable: value("HF_TOKEN"), file: value("HF_TOKEN_PATH"), home: home, environment)
    answerTimeout = try HubSettings.seconds("HF_HUB_ETAG_TIMEOUT", value)
    transferTimeout = try HubSettings.seconds("HF_HUB_DOWNLOAD_TIMEOUT", value)
    certificates = (value("SSL_CERT_FILE"), value("SSL_CERT_DIR"))
    self.pause = pause
    self.now = now
  }

  /// Whether a token may be sent there: to the endpoint, and to the public hub, which a mirror may lead to.
  func isHub(_ origin: WebAddress.Origin) -> Bool {
    origin == endpoint.origin || HubSettings.known.contains { WebAddress($0)?.origin == origin }
  }

  /// An address beneath the endpoint.
  /// - Parameters:
  ///   - path: Escaped, without a slash at its beginning.
  ///   - query: Escaped; nil for none.
  package func address(_ path: String, query: String? = nil) -> WebAddress {
    let folder = endpoint.path == "/" ? "" : endpoint.path
    return WebAddress(origin: endpoint.origin, path: "\(folder)/\(path)", query: query)
  }

  /// The same for whoever can do without an answer: asked is once.
  var hasty: HubSettings {
    var settings = self
    settings.attempts = 1
    return settings
  }

  /// The page of a repository, for a person.
  func page(_ repository: String) -> String { address(WebAddress.escaped(repository, keepingSlashes: true)).text }

  /// Waits; false when a stop was asked for.
  public static let wait: @Sendable (_ milliseconds: Int) -> Bool = { StopSignal.shared.wait(milliseconds: $0) }

  /// Milliseconds since the first call.
  public static let clock: @Sendable () -> Int = {
    let passed = (ContinuousClock.now - began).components
    return Int(passed.seconds) * 1000 + Int(passed.attoseconds / 1_000_000_000_000_000)
  }
  private static let began = ContinuousClock.now

  private static func endpoint(_ text: String?) throws(HubError) -> WebAddress {
    var text = text ?? known[0]
    while text.hasSuffix("/") { text.removeLast() }
    let expected = "an address as https://hub.example.org; http:// of this machine alone"
    guard let address = WebAddress(text), address.query == nil,
      address.origin.scheme == "https" || NetworkAddress.isLoopback(host: address.origin.host)
    else { throw .setting(variable: "HF_ENDPOINT", expected: expected, found: text) }
    return address
  }

  private static func seconds(_ name: String, _ value: (String) -> String?) throws(HubError) -> Int {
    guard let text = value(name) else { return 10 }
    guard let number = Int(text), (1...86_400).contains(number) else {
      throw .setting(variable: name, expected: "seconds from 1 to 86400", found: text)
    }
    return number
  }

  /// What the hub's client takes for yes.
  private static func isOn(_ text: String?) -> Bool { ["1", "ON", "YES", "TRUE"].contains(text?.uppercased()) }
}

/// A secret that opens repositories. It has no description: it goes into one header, and nowhere else.
package struct HubToken: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  private let text: String

  package var description: String { "a token" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: [:]) }

  /// The line that is sent.
  package var header: String { "Authorization: Bearer \(text)" }

  /// Nil for what has a sign that a header cannot contain.
  private init?(_ text: String) {
    let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    let trimmed = line.trimmingSpaces
    guard !trimmed.isEmpty, trimmed.utf8.count <= 4096, trimmed.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      return nil
    }
    self.text = trimmed
  }

  /// `HF_TOKEN`, else the file of `HF_TOKEN_PATH`, else `token` in the client's home.
  static func find(
    variable: String?, file: String?, home: FilePath, _ environment: [String: String]
  ) throws -> HubToken? {
    if let variable {
      guard let token = HubToken(variable) else {
        throw HubError.setting(
          variable: "HF_TOKEN", expected: "one line of printable characters", found: "another text")
      }
      return token
    }
    let path = file.map { HubReference.expanded($0, environment) } ?? home.appending("token")
    let bytes = try contentIfThere { () throws(FileError) in try ReadOnlyFile(path: path).readAll(limit: 64 << 10) }
    return bytes.flatMap { HubToken(String(decoding: $0, as: UTF8.self)) }
  }
}

extension String {
  /// The text without spaces, tabs and line ends at both ends.
  var trimmingSpaces: String {
    let spaces: [UInt8] = [9, 10, 13, 32]
    var bytes = Array(utf8)[...]
    while let first = bytes.first, spaces.contains(first) { bytes.removeFirst() }
    while let last = bytes.last, spaces.contains(last) { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }
}
