import Serving
import StrictJSON

/// What the server says of its model and of itself.
package struct ModelDocuments: Sendable {
  private let service: Service
  /// Seconds since 1970 of the server's start.
  private let since: Int
  /// What is said of the model besides its name: architecture, quantization, decoders, digest.
  private let meta: [(String, JSONValue)]

  /// Creates the documents.
  package init(_ service: Service, since: Int, meta: [(String, JSONValue)]) {
    self.service = service
    self.since = since
    self.meta = meta
  }

  /// The list of `/v1/models`, in the forms of both vendors, and of the client that wants `models`.
  package var list: JSONValue {
    let names = service.options.names.listed
    let models = names.map(model)
    return .object([
      ("object", "list"), ("data", .array(models)), ("models", .array(names.map(catalogued))), ("has_more", false),
      ("first_id", names.first.map(JSONValue.string) ?? .null), ("last_id", names.last.map(JSONValue.string) ?? .null),
    ])
  }

  /// One model.
  package func model(_ name: String) -> JSONValue {
    .object([
      ("id", .string(name)), ("object", "model"), ("created", .int(since)), ("owned_by", "cambium"),
      ("type", "model"), ("display_name", .string(name)), ("created_at", .string(Self.time(since))),
      ("max_model_len", .int(service.model.context)), ("meta", .object(meta)),
    ])
  }

  private func catalogued(_ name: String) -> JSONValue {
    .object([
      ("slug", .string(name)), ("display_name", .string(name)), ("context_window", .int(service.model.context)),
    ])
  }

  /// The document of `/v1/status`.
  package func status(_ counts: ServingCounts, isDraining: Bool) -> JSONValue {
    let load = service.engine.load
    return .object([
      ("status", isDraining ? "draining" : "ok"), ("model", .string(service.options.names.own)),
      ("since", .int(since)), ("fingerprint", .string(service.options.fingerprint)),
      ("context", .int(service.model.context)), ("decoder", .string(service.options.decoder)),
      ("sampling_defaults", service.samplingDefaults),
      ("num_running", .int(load.running)), ("num_waiting", .int(load.waiting)),
      ("total_requests_processed", .int(counts.requests)), ("total_prompt_tokens", .int(counts.promptTokens)),
      ("total_completion_tokens", .int(counts.completionTokens)), ("meta", .object(meta)),
    ])
  }

  /// A time of the calendar, in UTC (Howard Hinnant's algorithm of civil dates).
  static func time(_ seconds: Int) -> String {
    let days = seconds / 86_400
    let rest = seconds % 86_400
    let shifted = days + 719_468
    let era = shifted / 146_097
    let day = shifted - era * 146_097
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365
    let ofYear = day - (365 * year + year / 4 - year / 100)
    let month = (5 * ofYear + 2) / 153
    let ofMonth = ofYear - (153 * month + 2) / 5 + 1
    let calendar = month < 10 ? month + 3 : month - 9
    let two = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
    return "\(year + era * 400 + (calendar <= 2 ? 1 : 0))-\(two(calendar))-\(two(ofMonth))T"
      + "\(two(rest / 3_600)):\(two(rest / 60 % 60)):\(two(rest % 60))Z"
  }
}
