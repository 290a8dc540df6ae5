/// The stages, in their order.
public enum StageName: String, Sendable, CaseIterable {
  /// The stages in their order.
  case inspect, graft, quantize, verify, check, package

  /// Raised when the same input would produce another output.
  var version: Int { 1 }
}
