import CCurl
import Diagnostics
import Threads

/// Asks a hub, and the stores that it leads to, by the rules of the house: which redirects are followed, who gets the
/// token, what is asked again and how often.
final class HubClient: Sendable {
  let settings: HubSettings
  let traffic = Traffic()
  private let pool = CurlPool()
  /// Whether the hub answered from a public address: then none of its answers may lead into a private network.
  private let isPublic = Guarded(false)

  init(_ settings: HubSettings) { self.settings = settings }

  /// A question.
  struct Question: Sendable {
    let address: WebAddress
    /// What is asked for, as messages name it.
    let place: String
    /// The range of the file; nil for all of it.
    var range: Range<Int>?
    /// Seconds of silence that are borne.
    let timeout: Int
  }

  /// What came of a question.
  enum Outcome {
    /// The body came whole, as far as the other side says.
    case answered(HTTPAnswer)
    /// An error of the other side, with the beginning of its body.
    case refused(HTTPAnswer, message: String)
    /// Nothing, or not all of it, for a reason that may pass.
    case broken(HubError)
  }

  /// Asks once, and follows redirects.
  /// - Parameters:
  ///   - question: What is asked.
  ///   - leaving: Called with the hub's own last answer, which may lead elsewhere: what is said of a file is in its head.
  ///   - begin: Called with the head of an answer that is no error, before its body.
  ///   - take: Called with the body, piece by piece.
  /// - Returns: How it ended; what the closures throw is thrown.
  func ask(
    _ question: Question, leaving: (HTTPAnswer) throws -> Void = { _ in },
    begin: @escaping (HTTPAnswer) throws -> Void = { _ in }, take: @escaping (UnsafeRawBufferPointer) throws -> Void
  ) throws -> Outcome {
    if let variable = settings.offlineBy { throw HubError.offline(place: question.place, variable: variable) }
    var address = question.address
    var seen: Set<String> = []
    while true {
      guard seen.count < HubClient.mostRedirects, seen.insert(address.text).inserted else {
        throw HubError.redirect(
          place: question.place, found: seen.contains(address.text) ? "a circle of redirects" : "more redirects")
      }
      let outcome = try exchange(question, address, begin, take)
      guard case .answered(let answer) = outcome else { return outcome }
      // Where it leads must be a place that may be gone to, before what it says of itself counts.
      let following = answer.isRedirect ? try next(from: address, answer, question.place) : nil
      if settings.isHub(address.origin) { try leaving(answer) }
      guard let following else { return outcome }
      address = following
    }
  }

  /// Redirects that are followed, and one.
  private static let mostRedirects = 9

  private func next(from address: WebAddress, _ answer: HTTPAnswer, _ place: String) throws -> WebAddress {
    guard let location = answer["location"], let next = address.following(location) else {
      throw HubError.redirect(place: place, found: "a redirect to what is no address")
    }
    let endpoint = settings.endpoint.origin
    if next.origin == address.origin { return next }
    if NetworkAddress.isPrivate(host: next.origin.host), !NetworkAddress.isPrivate(host: endpoint.host) {
      throw HubError.privateAddress(place: place, found: next.place)
    }
    guard next.origin.scheme == "https" || NetworkAddress.isLoopback(host: next.origin.host) else {
      throw HubError.redirect(place: place, found: "an open address, \(next.place)")
    }
    return next
  }

  /// One request and its answer. Errors and redirects have their own bodies, of which the beginning is kept.
  private func exchange(
    _ question: Question, _ address: WebAddress, _ begin: @escaping (HTTPAnswer) throws -> Void,
    _ take: @escaping (UnsafeRawBufferPointer) throws -> Void
  ) throws -> Outcome {
    let isHub = settings.isHub(address.origin)
    var request = CurlRequest(address: address, timeout: question.timeout)
    request.range = question.range
    request.lines = ["Accept-Encoding: identity", "Accept: */*"]
    if isHub, let token = settings.token { request.lines.append(token.header) }
    request.certificates = settings.certificates
    var isContent = false
    var other: [UInt8] = []
    let transfer = CurlTransfer(
      address, refusesPrivate: !isHub && isPublic.withLock { $0 }, leastRate: (60 << 10, 60),
      begin: { answer in
        isContent = (200..<300).contains(answer.status)
        guard isContent else { return }
        if let coding = answer["content-encoding"], coding.lowercased() != "identity" {
          throw HubError.encoding(place: question.place, found: coding)
        }
        try begin(answer)
      },
      take: { bytes in
        if isContent { return try take(bytes) }
        if other.count < HubClient.mostMessageBytes {
          other += bytes.prefix(HubClient.mostMessageBytes - other.count)
        }
      })
    let end = try pool.with { $0.perform(request, transfer) }
    traffic.count(requests: 1, bytes: transfer.received)
    if isHub, let peer = end.peer, !NetworkAddress.isPrivate(host: peer) { isPublic.withLock { $0 = true } }
    return try meaning(of: end, transfer, question, address, message: other)
  }

  private static let mostMessageBytes = 4096

  private func meaning(
    of end: CurlEnd, _ transfer: CurlTransfer, _ question: Question, _ address: WebAddress, message: [UInt8]
  ) throws -> Outcome {
    if let failure = transfer.failure { throw failure }
    if let peer = transfer.refusedPeer {
      throw HubError.privateAddress(place: question.place, found: "\(address.place) at \(HubClient.dotted(peer))")
    }
    // An error that was said is one, even if the connection broke off in the middle of its words.
    if let answer = transfer.answer, answer.status >= 400 {
      return .refused(answer, message: HubClient.words(answer, message))
    }
    switch end.code {
    case CURLE_OK:
      guard let answer = transfer.answer, answer.status >= 200 else {
        return .broken(.cut(place: question.place, expected: "an answer", found: "none"))
      }
      return .answered(answer)
    case CURLE_OPERATION_TIMEDOUT, CURLE_ABORTED_BY_CALLBACK:
      if transfer.answer == nil, end.peer == nil {
        return .broken(.unreachable(place: question.place, reason: "\(address.origin): \(end.reason)"))
      }
      return .broken(
        .stalled(
          place: question.place,
          expected: transfer.isTooSlow ? "1 KiB per second" : "a byte within \(question.timeout) seconds"))
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT, CURLE_SSL_CONNECT_ERROR:
      return .broken(.unreachable(place: question.place, reason: "\(address.origin): \(end.reason)"))
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL:
      // No wait changes that.
      throw HubError.unreachable(place: question.place, reason: "\(address.origin): \(end.reason)")
    default:
      return .broken(
        .cut(place: question.place, expected: "the whole answer", found: "\(transfer.received) bytes: \(end.reason)"))
    }
  }

  /// What the other side says of its error: the hub's header, else the first line of the body.
  private static func words(_ answer: HTTPAnswer, _ body: [UInt8]) -> String {
    let text = answer["x-error-message"] ?? String(decoding: body, as: UTF8.self)
    let line = text.split(whereSeparator: \.isNewline).first { !$0.allSatisfy(\.isWhitespace) } ?? ""
    return String(line.prefix(200))
  }

  private static func dotted(_ bytes: [UInt8]) -> String {
    bytes.count == 4
      ? bytes.map(String.init).joined(separator: ".")
      : stride(from: 0, to: bytes.count - 1, by: 2).map {
        String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16)
      }.joined(separator: ":")
  }
}
