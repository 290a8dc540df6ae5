import Diagnostics
import StrictJSON

/// What a client is told of a request that has no answer, in the form of its dialect.
package struct APIError: Error, Sendable, Equatable {
  /// What is wrong, as both vendors tell it apart.
  package enum Kind: Sendable, CaseIterable {
    /// 400
    case invalid
    /// 401: no key, or none that is known.
    case authentication
    /// 403
    case permission
    /// 404
    case notFound
    /// 405
    case method
    /// 408: the request came too slowly.
    case slow
    /// 413
    case tooLarge
    /// 415: the body is not JSON, or is compressed.
    case mediaType
    /// 421: the request was meant for another host.
    case misdirected
    /// 429: too many requests at once; the client may try again.
    case tooMany
    /// 500: a fault of the server.
    case server
    /// 503: the server starts or ends.
    case unavailable
    /// 504: the answer took longer than the server allows.
    case timeout
  }

  /// What is wrong.
  package var kind: Kind
  /// A sentence for a person.
  package var message: String
  /// The sentence in Anthropic's interface, where its clients look for other words.
  package var anthropicMessage: String?
  /// The field that is wrong, as a path in the request: `messages[2].content[0].text`.
  package var param: String?
  /// A word for programs, such as `context_length_exceeded`.
  package var code: String?
  /// Seconds after which the client may try again.
  package var retryAfter: Int?
  /// Further members of the error, for clients that know them.
  package var extra: [(String, JSONValue)] = []
  /// What the operator should read of a fault of the server; no client is told.
  package var cause: String?

  /// Creates an error.
  package init(
    _ kind: Kind, _ message: String, param: String? = nil, code: String? = nil, retryAfter: Int? = nil,
    extra: [(String, JSONValue)] = []
  ) {
    self.kind = kind
    self.message = message
    self.param = param
    self.code = code
    self.retryAfter = retryAfter
    self.extra = extra
  }

  /// A field that is wrong.
  package static func field(_ param: String, _ message: String, code: String? = nil) -> APIError {
    APIError(.invalid, "\(param): \(message)", param: param, code: code)
  }

  /// Something that the server does not do, and says so instead of leaving it out.
  package static func unsupported(_ param: String, _ message: String) -> APIError {
    .field(param, message, code: "unsupported_value")
  }

  /// An error of the house: one that an input causes is the client's, a fault is the server's. About a fault a client is told
  /// the code alone: its words may name places and files of the machine.
  package init(_ error: any Error, param: String? = nil) {
    if let error = error as? APIError {
      self = error
      return
    }
    let diagnostic = (error as? any CambiumError)?.diagnostic
    if let diagnostic, !diagnostic.isFault, [.badInput, .usage].contains(diagnostic.exitStatus) {
      self.init(.invalid, Diagnostic.words(error), param: param, code: diagnostic.code)
    } else {
      self = .fault(Diagnostic.words(error), code: diagnostic?.code ?? "internal_error")
    }
  }

  /// A fault of the server.
  /// - Parameters:
  ///   - cause: What the operator should read.
  ///   - code: What the client is told.
  package static func fault(_ cause: String, code: String = "internal_error") -> APIError {
    var error = APIError(.server, "the request could not be answered: a fault of the server", code: code)
    error.cause = cause
    return error
  }

  package static func == (a: APIError, b: APIError) -> Bool {
    a.kind == b.kind && a.message == b.message && a.param == b.param && a.code == b.code && a.retryAfter == b.retryAfter
      && JSONValue.object(a.extra) == JSONValue.object(b.extra)
  }
}

extension APIError {
  /// The status of HTTP.
  package var status: Int {
    switch kind {
    case .invalid: 400
    case .authentication: 401
    case .permission: 403
    case .notFound: 404
    case .method: 405
    case .slow: 408
    case .tooLarge: 413
    case .mediaType: 415
    case .misdirected: 421
    case .tooMany: 429
    case .server: 500
    case .unavailable: 503
    case .timeout: 504
    }
  }

  /// Whether a client gains by trying again; both vendors' clients read it from `x-should-retry`.
  package var isWorthRetrying: Bool { kind == .tooMany || kind == .unavailable }

  /// The body of the answer, or of the event in a stream.
  package func body(for dialect: Dialect) -> JSONValue {
    dialect.isAnthropic
      ? .object([
        ("type", "error"),
        (
          "error",
          .object([("type", .string(anthropicType)), ("message", .string(anthropicMessage ?? message))])
        ),
      ])
      : .object([("error", error)])
  }

  /// The error object of OpenAI's interface.
  package var error: JSONValue {
    .object(
      [
        ("message", .string(message)), ("type", .string(openAIType)), ("param", param.map(JSONValue.string) ?? .null),
        ("code", code.map(JSONValue.string) ?? .null),
      ] + extra)
  }

  /// OpenAI's word for the kind.
  package var openAIType: String {
    switch kind {
    case .invalid, .method, .slow, .tooLarge, .mediaType, .misdirected: "invalid_request_error"
    case .authentication: "authentication_error"
    case .permission: "permission_error"
    case .notFound: "not_found_error"
    case .tooMany: "rate_limit_error"
    case .server, .timeout: "server_error"
    case .unavailable: "unavailable_error"
    }
  }

  /// Anthropic's word for the kind.
  package var anthropicType: String {
    switch kind {
    case .invalid, .method, .slow, .mediaType, .misdirected: "invalid_request_error"
    case .authentication: "authentication_error"
    case .permission: "permission_error"
    case .notFound: "not_found_error"
    case .tooLarge: "request_too_large"
    case .tooMany: "rate_limit_error"
    case .server, .timeout: "api_error"
    case .unavailable: "overloaded_error"
    }
  }
}
