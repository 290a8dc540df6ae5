import HTTPTypes
import Hummingbird
import NIOCore
import Serving
import StrictJSON

extension Response {
  /// A response with header fields.
  init(status: HTTPResponse.Status, body: ResponseBody, _ fields: [(name: String, value: String)]) {
    self.init(status: status, body: body)
    add(fields)
  }

  /// Bytes of a media type.
  init(
    _ status: HTTPResponse.Status, _ bytes: [UInt8], type: String, _ fields: [(name: String, value: String)] = []
  ) {
    self.init(
      status: status, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)),
      [("content-type", type), ("x-content-type-options", "nosniff")] + fields)
  }

  /// A document.
  init(json: JSONValue) { self.init(.ok, JSONWriter.compact(json), type: "application/json") }

  /// An error in the form of a dialect.
  init(_ error: APIError, _ dialect: Dialect) {
    var fields: [(name: String, value: String)] = [("x-should-retry", error.isWorthRetrying ? "true" : "false")]
    if let seconds = error.retryAfter {
      fields += [("retry-after", "\(seconds)"), ("retry-after-ms", "\(seconds * 1_000)")]
    }
    if error.kind == .authentication { fields.append(("www-authenticate", "Bearer")) }
    self.init(
      HTTPResponse.Status(code: error.status), JSONWriter.compact(error.body(for: dialect)), type: "application/json",
      fields)
  }

  /// Adds header fields.
  mutating func add(_ fields: [(name: String, value: String)]) {
    for (name, value) in fields {
      if let name = HTTPField.Name(name) { headers.append(HTTPField(name: name, value: value)) }
    }
  }
}

extension RequestHead {
  /// The head of a request of Hummingbird's, where the first `Host` is kept apart from others.
  init(_ request: Request) {
    let fields = request.head.headerFields.map { (name: $0.name.rawName, value: $0.value) }
    let others = fields.filter { $0.name.lowercased() == "host" }.map(\.value)
    self.init(
      method: request.method.rawValue, target: request.head.path ?? "",
      hosts: (request.head.authority.map { [$0] } ?? []) + others, fields: fields)
  }
}
