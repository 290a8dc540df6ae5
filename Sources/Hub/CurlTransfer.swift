import CCurl
import Threads

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What happens while one answer comes: its head is read, its body handed on, and it is ended when it goes wrong.
///
/// libcurl calls it on the thread that waits for the answer, and on no other.
final class CurlTransfer {
  /// The head, once it is whole; of an interim answer and the final one the last.
  private(set) var answer: HTTPAnswer?
  /// Bytes of the body that came.
  private(set) var received = 0
  /// Why the transfer was ended by us.
  private(set) var failure: (any Error)?
  /// Whether the other side was too slow.
  private(set) var isTooSlow = false
  /// A private address that was not connected to.
  private(set) var refusedPeer: [UInt8]?

  private let address: WebAddress
  private let refusesPrivate: Bool
  /// Fewest bytes in so many seconds.
  private let leastRate: (bytes: Int, seconds: Int)
  private let begin: (HTTPAnswer) throws -> Void
  private let take: (UnsafeRawBufferPointer) throws -> Void
  private var status = 0
  private var lines: [String] = []
  private var headBytes = 0
  private var hasBegun = false
  private var window: (began: ContinuousClock.Instant, bytes: Int)?

  /// Most bytes of a head.
  private static let mostHeadBytes = 256 << 10

  /// - Parameters:
  ///   - address: What is asked for.
  ///   - refusesPrivate: Whether no private address may be connected to.
  ///   - leastRate: Fewest bytes in so many seconds.
  ///   - begin: Called with the head, before the first byte of the body.
  ///   - take: Called with the body, piece by piece.
  init(
    _ address: WebAddress, refusesPrivate: Bool, leastRate: (bytes: Int, seconds: Int),
    begin: @escaping (HTTPAnswer) throws -> Void, take: @escaping (UnsafeRawBufferPointer) throws -> Void
  ) {
    self.address = address
    self.refusesPrivate = refusesPrivate
    self.leastRate = leastRate
    self.begin = begin
    self.take = take
  }

  static func of(_ context: UnsafeMutableRawPointer?) -> CurlTransfer? {
    context.map { Unmanaged<CurlTransfer>.fromOpaque($0).takeUnretainedValue() }
  }

  /// One line of a head. A line `HTTP/…` begins a new one: an interim answer came before.
  func takeHeader(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Bool {
    headBytes += count
    guard let bytes, headBytes <= CurlTransfer.mostHeadBytes else { return false }
    let line = String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self).trimmingSpaces
    if line.hasPrefix("HTTP/") {
      status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
      lines = []
    } else if line.isEmpty {
      answer = HTTPAnswer(status: status, address: address, lines: lines)
    } else {
      lines.append(line)
    }
    return true
  }

  func takeBody(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Bool {
    guard let bytes, failure == nil else { return failure == nil && count == 0 }
    do {
      if !hasBegun, let answer {
        hasBegun = true
        try begin(answer)
      }
      received += count
      try take(UnsafeRawBufferPointer(start: bytes, count: count))
      return true
    } catch {
      failure = error
      return false
    }
  }

  /// Whether the transfer goes on: nobody asked for a stop, and bytes come.
  func goesOn(received: Int) -> Bool {
    if StopSignal.shared.isRequested {
      failure = failure ?? HubError.stopped(place: address.place)
      return false
    }
    let now = ContinuousClock.now
    guard let window else {
      window = (now, received)
      return true
    }
    guard now - window.began >= .seconds(leastRate.seconds) else { return true }
    isTooSlow = received - window.bytes < leastRate.bytes
    self.window = (now, received)
    return !isTooSlow
  }

  /// Whether a connection to this address may be made.
  func allows(_ peer: UnsafePointer<sockaddr>) -> Bool {
    guard refusesPrivate else { return true }
    let bytes = NetworkAddress.bytes(peer)
    guard NetworkAddress.isPrivate(bytes) else { return true }
    refusedPeer = bytes
    return false
  }
}
