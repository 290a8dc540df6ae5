#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What an address of the network is, by the tables of RFC 6890 and its followers.
package enum NetworkAddress {
  /// Whether an address is none of the public network: this machine, a local network, or reserved.
  /// - Parameter bytes: 4 or 16 bytes.
  static func isPrivate(_ bytes: [UInt8]) -> Bool {
    if bytes.count == 16 {
      // Version 4 in version 6: mapped, compatible, translated (64:ff9b::/96) and 6to4.
      if bytes[..<10].allSatisfy({ $0 == 0 }),
        bytes[10..<12].allSatisfy({ $0 == 0xFF }) || bytes[10..<12].allSatisfy({ $0 == 0 })
      {
        return isPrivate(Array(bytes[12...]))
      }
      if bytes[..<12].elementsEqual([0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]) {
        return isPrivate(Array(bytes[12...]))
      }
      if bytes[0] == 0x20, bytes[1] == 0x02 { return isPrivate(Array(bytes[2..<6])) }
      return bytes[0] & 0xFE == 0xFC || (bytes[0] == 0xFE && bytes[1] & 0x80 == 0x80) || bytes[0] == 0xFF
    }
    guard bytes.count == 4 else { return true }
    switch (bytes[0], bytes[1]) {
    case (0, _), (10, _), (127, _), (169, 254), (192, 168), (224..., _): return true
    case (100, 64...127), (172, 16...31), (198, 18...19): return true
    case (192, 0): return bytes[2] == 0
    default: return false
    }
  }

  /// Whether a host of an address is written as a private address, or as a name of this machine.
  package static func isPrivate(host: String) -> Bool {
    host == "localhost" || host.hasSuffix(".localhost") || literal(host).map(isPrivate) ?? false
  }

  /// Whether a host is this machine, by its name or a literal address.
  package static func isLoopback(host: String) -> Bool {
    if host == "localhost" || host.hasSuffix(".localhost") { return true }
    guard let bytes = literal(host) else { return false }
    return bytes.count == 4 ? bytes[0] == 127 : bytes == [UInt8](repeating: 0, count: 15) + [1]
  }

  /// The bytes of an address that is written out, also in the short and octal forms that systems read; nil for a name.
  private static func literal(_ host: String) -> [UInt8]? {
    var six = in6_addr()
    if inet_pton(AF_INET6, host, &six) == 1 { return withUnsafeBytes(of: six) { Array($0) } }
    var four = in_addr()
    if inet_aton(host, &four) != 0 { return withUnsafeBytes(of: four) { Array($0) } }
    return nil
  }

  /// The bytes of a socket's address; none for another kind than the two of the internet.
  static func bytes(_ address: UnsafePointer<sockaddr>) -> [UInt8] {
    switch Int32(address.pointee.sa_family) {
    case AF_INET:
      address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { four in
        withUnsafeBytes(of: four.pointee.sin_addr) { Array($0) }
      }
    case AF_INET6:
      address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { six in
        withUnsafeBytes(of: six.pointee.sin6_addr) { Array($0) }
      }
    default: []
    }
  }
}
