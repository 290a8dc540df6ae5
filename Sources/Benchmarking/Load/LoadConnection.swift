#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A connection to a server, for one request. Reading waits: each has its own thread, so that nothing but the network
/// and the server is between an event and the time that is noted for it.
final class LoadConnection {
  private let socket: Int32
  private let address: LoadAddress
  private var buffer = [UInt8](repeating: 0, count: 64 << 10)
  /// Seconds of silence before it is abandoned.
  private static let patience = 1_800

  /// - Throws: ``LoadError/connection(address:reason:)``.
  init(_ address: LoadAddress) throws(LoadError) {
    self.address = address
    var hints = addrinfo()
    #if canImport(Darwin)
      hints.ai_socktype = SOCK_STREAM
    #else
      hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    #endif
    var found: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(address.host, "\(address.port)", &hints, &found)
    defer { if let found { freeaddrinfo(found) } }
    guard code == 0 else { throw .connection(address: address.text, reason: String(cString: gai_strerror(code))) }
    var next = found
    var reason = "it has no address"
    while let one = next?.pointee {
      let made = LoadConnection.made(one.ai_family, one.ai_socktype, one.ai_protocol)
      if made >= 0 {
        if LoadConnection.connects(made, one.ai_addr, one.ai_addrlen) {
          socket = made
          LoadConnection.prepare(made)
          return
        }
        reason = String(cString: strerror(errno))
        close(made)
      } else {
        reason = String(cString: strerror(errno))
      }
      next = one.ai_next
    }
    throw .connection(address: address.text, reason: reason)
  }

  deinit { close(socket) }

  // The functions of the system have the names of members here.
  #if canImport(Darwin)
    private static func made(_ family: Int32, _ type: Int32, _ kind: Int32) -> Int32 {
      Darwin.socket(family, type, kind)
    }
    private static func connects(_ socket: Int32, _ address: UnsafeMutablePointer<sockaddr>?, _ length: socklen_t)
      -> Bool
    {
      Darwin.connect(socket, address, length) == 0
    }
  #else
    private static func made(_ family: Int32, _ type: Int32, _ kind: Int32) -> Int32 {
      Glibc.socket(family, type, kind)
    }
    private static func connects(_ socket: Int32, _ address: UnsafeMutablePointer<sockaddr>?, _ length: socklen_t)
      -> Bool
    {
      Glibc.connect(socket, address, length) == 0
    }
  #endif

  private static func prepare(_ socket: Int32) {
    var time = timeval(tv_sec: patience, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    // A request goes out at once.
    var one: Int32 = 1
    setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
  }

  /// Sends all bytes.
  func send(_ bytes: [UInt8]) throws(LoadError) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes { part in write(socket, part.baseAddress, part.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw .broken(address: address.text, problem: String(cString: strerror(errno))) }
      sent += count
    }
  }

  /// The bytes that come next; none at the end of the connection.
  func receive() throws(LoadError) -> ArraySlice<UInt8> {
    while true {
      let count = read(socket, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .broken(address: address.text, problem: String(cString: strerror(errno))) }
      return buffer[..<count]
    }
  }
}
