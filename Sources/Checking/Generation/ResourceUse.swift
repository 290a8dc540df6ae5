import Inference
import StrictJSON

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Time and memory that the process took so far. Memory is that of the mapped weights, as far as they have been read, the
/// state, and a constant: buffers of a pass, tokenizer, the program.
public struct ResourceUse: Sendable {
  /// How long it took to open the model.
  public var loading: Duration
  /// Most bytes that were resident at once, mapped files among them.
  public var peakBytes: Int
  /// Bytes of the mapped files.
  public var mappedBytes: Int
  /// Bytes of the state, f32.
  public var fixedStateBytes: Int
  /// Bytes by which the state grows with each token.
  public var stateBytesPerToken: Int

  /// - Parameters:
  ///   - loading: How long it took to open the model.
  ///   - mappedBytes: The mapped bytes of the model.
  ///   - summary: The model's tensors and bytes.
  public init(loading: Duration, mappedBytes: Int, summary: ModelSummary) {
    self.loading = loading
    self.mappedBytes = mappedBytes
    fixedStateBytes = summary.fixedStateBytes
    stateBytesPerToken = summary.stateBytesPerToken
    peakBytes = ResourceUse.peak
  }

  /// The figures as a part of a report, in seconds and bytes.
  public var json: JSONValue {
    .object([
      ("loading_seconds", .decimal(loading.inSeconds, 6)), ("peak_bytes", .int(peakBytes)),
      ("mapped_bytes", .int(mappedBytes)), ("fixed_state_bytes", .int(fixedStateBytes)),
      ("state_bytes_per_token", .int(stateBytesPerToken)),
    ])
  }

  /// The figures in one line for people.
  public var text: String {
    "process: loaded in \(decimal(loading.inSeconds, 3)) s; at most \(mega(peakBytes)) MB resident, with "
      + "\(mega(mappedBytes)) MB of mapped files; state \(mega(fixedStateBytes)) MB and "
      + "\(decimal(Double(stateBytesPerToken) / 1e3, 1)) kB a token"
  }

  private func mega(_ bytes: Int) -> String { decimal(Double(bytes) / 1e6, 1) }

  private static var peak: Int {
    var usage = rusage()
    #if canImport(Glibc)
      guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
      return usage.ru_maxrss * 1024
    #else
      guard getrusage(RUSAGE_SELF, &usage) == 0 else { return 0 }
      return usage.ru_maxrss
    #endif
  }
}
