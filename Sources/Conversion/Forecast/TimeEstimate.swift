import Diagnostics
import Planning
import StrictJSON

/// How long a run would take at stated rates. An estimate: bytes are counted, rates are told and never measured here, so
/// that the same manifest yields the same words on every machine.
public struct TimeEstimate: Sendable, Equatable {
  /// Bytes in a second.
  public struct Rates: Sendable, Equatable {
    /// What a machine reads, converts and writes.
    public var files: Int
    /// What decoding reads of the weights.
    public var weights: Int

    /// The members; those of a small machine when nothing is said.
    /// - Parameters:
    ///   - files: What is read, converted and written; at least 1.
    ///   - weights: What decoding reads; at least 1.
    public init(files: Int = 250_000_000, weights: Int = 5_000_000_000) {
      self.files = max(1, files)
      self.weights = max(1, weights)
    }
  }

  /// The rates of the estimate.
  public let rates: Rates
  /// Bytes of the inputs: once for their digests, and once to convert them.
  public let bytesRead: Int
  /// Bytes of the package.
  public let bytesWritten: Int
  /// Passes of the model and bytes of weights that they read, at most; nil without a decode check.
  public let check: (passes: Int, bytes: Int)?

  package init(inputBytes: Int, outputBytes: Int, check: (passes: Int, bytes: Int)?, _ rates: Rates) {
    self.rates = rates
    bytesRead = CheckedSum.clamped([inputBytes, inputBytes])
    bytesWritten = outputBytes
    self.check = check
  }

  public static func == (a: TimeEstimate, b: TimeEstimate) -> Bool {
    a.rates == b.rates && a.bytesRead == b.bytesRead && a.bytesWritten == b.bytesWritten
      && a.check?.passes == b.check?.passes && a.check?.bytes == b.check?.bytes
  }

  /// Whole seconds of the conversion, upwards.
  public var seconds: Int { Self.seconds(CheckedSum.clamped([bytesRead, bytesWritten]), rates.files) }

  /// Whole seconds of the decode check at most, upwards; nil without one.
  public var checkSeconds: Int? { check.map { Self.seconds($0.bytes, rates.weights) } }

  private static func seconds(_ bytes: Int, _ rate: Int) -> Int { bytes / rate + (bytes % rate > 0 ? 1 : 0) }

  /// The lines of `plan`.
  package var lines: [String] {
    var lines = [
      "time          about \(Self.words(seconds)), an estimate: \(Fixed.bytes(bytesRead)) to read and "
        + "\(Fixed.bytes(bytesWritten)) to write at \(Fixed.bytes(rates.files)) per second (--throughput)"
    ]
    if let check, let checkSeconds {
      lines.append(
        "check time    at most \(Self.words(checkSeconds)), an estimate: \(check.passes) passes over "
          + "\(Fixed.bytes(check.bytes)) at \(Fixed.bytes(rates.weights)) per second (--bandwidth)")
    }
    return lines
  }

  /// `40 s`, `12 min`, `3 h 5 min`.
  static func words(_ seconds: Int) -> String {
    guard seconds >= 120 else { return "\(seconds) s" }
    let minutes = seconds / 60 + (seconds % 60 > 0 ? 1 : 0)
    return minutes < 120 ? "\(minutes) min" : "\(minutes / 60) h \(minutes % 60) min"
  }

  /// The member `estimate` of `plan --json`.
  package var json: JSONValue {
    .object([
      ("bytes_read", .int(bytesRead)), ("bytes_written", .int(bytesWritten)), ("bytes_per_second", .int(rates.files)),
      ("seconds", .int(seconds)), ("check_bytes_read_at_most", check.map { .int($0.bytes) } ?? .null),
      ("check_passes_at_most", check.map { .int($0.passes) } ?? .null),
      ("check_bytes_per_second", .int(rates.weights)),
      ("check_seconds_at_most", checkSeconds.map { .int($0) } ?? .null),
    ])
  }
}
