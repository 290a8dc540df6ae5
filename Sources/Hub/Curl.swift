import CCurl
import Diagnostics
import Threads

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// libcurl's handles, of which each has connections that are used again. One thread at a time has one.
final class CurlPool: Sendable {
  private let idle = Guarded<[CurlHandle]>([])

  /// Once a process; libcurl is safe with threads from then on.
  private static let start: CURLcode = curl_global_init(3)

  /// Calls `body` with a handle that nobody else has.
  func with<Result>(_ body: (CurlHandle) throws -> Result) throws -> Result {
    guard CurlPool.start == CURLE_OK else {
      throw HubError.library(reason: "curl_global_init: \(CurlPool.start.rawValue)")
    }
    let kept = idle.withLock { $0.popLast() }
    let handle = try kept ?? CurlHandle()
    defer { idle.withLock { $0.append(handle) } }
    return try body(handle)
  }
}

/// One easy handle of libcurl.
///
/// `Sendable` because ``CurlPool`` hands it to one thread at a time.
final class CurlHandle: @unchecked Sendable {
  private let handle: UnsafeMutableRawPointer

  fileprivate init() throws {
    guard let handle = curl_easy_init() else { throw HubError.library(reason: "curl_easy_init") }
    self.handle = handle
  }

  deinit { curl_easy_cleanup(handle) }

  /// One request and its answer, without any redirect.
  func perform(_ request: CurlRequest, _ transfer: CurlTransfer) -> CurlEnd {
    curl_easy_reset(handle)
    var lines: UnsafeMutablePointer<curl_slist>?
    for line in request.lines { lines = curl_slist_append(lines, line) ?? lines }
    defer { curl_slist_free_all(lines) }
    var message = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))
    let context = Unmanaged.passUnretained(transfer).toOpaque()
    let code = message.withUnsafeMutableBytes { buffer -> CURLcode in
      set(CURLOPT_ERRORBUFFER, buffer.baseAddress)
      setUp(request)
      if let lines { set(CURLOPT_HTTPHEADER, UnsafeMutableRawPointer(lines)) }
      setCallbacks(context)
      defer { cambium_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, nil) }
      return withExtendedLifetime(transfer) { curl_easy_perform(handle) }
    }
    let text = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return CurlEnd(
      code: code, reason: text.isEmpty ? String(cString: curl_easy_strerror(code)) : text, peer: peer)
  }

  /// The address of the other end, as text; nil without a connection.
  private var peer: String? {
    var text: UnsafeMutablePointer<CChar>?
    guard cambium_curl_get_text(handle, CURLINFO_PRIMARY_IP, &text) == CURLE_OK, let text else { return nil }
    let peer = String(cString: text)
    return peer.isEmpty ? nil : peer
  }

  private func setUp(_ request: CurlRequest) {
    set(CURLOPT_URL, request.address.text)
    set(CURLOPT_PROTOCOLS_STR, "http,https")
    set(CURLOPT_USERAGENT, Tool.name.replacing(" ", with: "/"))
    for (option, value) in [
      (CURLOPT_NOSIGNAL, 1), (CURLOPT_FOLLOWLOCATION, 0), (CURLOPT_PATH_AS_IS, 1),
      (CURLOPT_SUPPRESS_CONNECT_HEADERS, 1),
      (CURLOPT_NOBODY, request.isHead ? 1 : 0), (CURLOPT_CONNECTTIMEOUT, request.timeout), (CURLOPT_LOW_SPEED_LIMIT, 1),
      (CURLOPT_LOW_SPEED_TIME, request.timeout), (CURLOPT_TCP_KEEPALIVE, 1), (CURLOPT_BUFFERSIZE, 256 << 10),
      (CURLOPT_NETRC, 0), (CURLOPT_NOPROGRESS, 0),
    ] {
      cambium_curl_set_number(handle, option, value)
    }
    if let range = request.range { set(CURLOPT_RANGE, "\(range.lowerBound)-\(range.upperBound - 1)") }
    if let file = request.certificates.file { set(CURLOPT_CAINFO, file) }
    if let folder = request.certificates.folder { set(CURLOPT_CAPATH, folder) }
  }

  private func setCallbacks(_ context: UnsafeMutableRawPointer) {
    cambium_curl_set_sink(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
      CurlTransfer.of(context)?.takeHeader(bytes, size * count) == true ? size * count : 0
    }
    cambium_curl_set_sink(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
      CurlTransfer.of(context)?.takeBody(bytes, size * count) == true ? size * count : 0
    }
    cambium_curl_set_progress(handle) { context, _, received, _, _ in
      CurlTransfer.of(context)?.goesOn(received: Int(clamping: received)) == true ? 0 : 1
    }
    cambium_curl_set_open(handle) { context, _, address in
      // The structure is long enough for either kind of address, which its own field need not be.
      guard let address, let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) else { return -1 }
      let peer = UnsafeRawPointer(address).advanced(by: offset).assumingMemoryBound(to: sockaddr.self)
      guard CurlTransfer.of(context)?.allows(peer) == true else { return -1 }
      return socket(address.pointee.family, address.pointee.socktype, address.pointee.protocol)
    }
    for option in [CURLOPT_HEADERDATA, CURLOPT_WRITEDATA, CURLOPT_XFERINFODATA, CURLOPT_OPENSOCKETDATA] {
      set(option, context)
    }
  }

  private func set(_ option: CURLoption, _ text: String) { cambium_curl_set_text(handle, option, text) }

  private func set(_ option: CURLoption, _ pointer: UnsafeMutableRawPointer?) {
    cambium_curl_set_pointer(handle, option, pointer)
  }
}

/// What is asked of libcurl.
struct CurlRequest {
  let address: WebAddress
  var isHead = false
  var range: Range<Int>?
  /// Further lines of the head.
  var lines: [String] = []
  /// Seconds without a connection, or without a byte.
  var timeout: Int
  var certificates: (file: String?, folder: String?) = (nil, nil)
}

/// How an exchange ended.
struct CurlEnd {
  let code: CURLcode
  /// What libcurl says of it.
  let reason: String
  /// The address of the other end.
  let peer: String?
}
