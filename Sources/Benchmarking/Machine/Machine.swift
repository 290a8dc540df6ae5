import Foundation
import Inference
import Quantization

/// The machine that a measurement was made on, as far as speed depends on it. No host name, no date.
public struct Machine: Sendable, Hashable {
  /// One cache of a processor.
  public struct Cache: Sendable, Hashable {
    /// 1 for the one nearest to the core.
    public var level: Int
    /// `data`, `instruction` or `unified`.
    public var kind: String
    /// Size in bytes.
    public var bytes: Int
    /// Logical processors that share it.
    public var sharedBy: Int

    /// A cache as the system describes it.
    public init(level: Int, kind: String, bytes: Int, sharedBy: Int) {
      self.level = level
      self.kind = kind
      self.bytes = bytes
      self.sharedBy = sharedBy
    }
  }

  /// The processor's name.
  public var processor: String
  /// Such as `x86_64`.
  public var architecture: String
  /// The operating system.
  public var system: String
  /// Logical processors that this process may use, and cores; nil where the system does not say.
  public var processors: Int
  /// Cores; nil where the system does not say.
  public var cores: Int?
  /// Instruction set that the kernels use.
  public var simd: String
  /// Whether `fast` arithmetic is there.
  public var hasFast: Bool
  /// Bytes of memory.
  public var memoryBytes: Int
  /// The caches of the first processor.
  public var caches: [Cache]

  /// A machine by what is known of it, for a report that is made from numbers.
  public init(
    processor: String, architecture: String, system: String, processors: Int, cores: Int?, simd: String, hasFast: Bool,
    memoryBytes: Int, caches: [Cache]
  ) {
    self.processor = processor
    self.architecture = architecture
    self.system = system
    self.processors = processors
    self.cores = cores
    self.simd = simd
    self.hasFast = hasFast
    self.memoryBytes = memoryBytes
    self.caches = caches
  }

  /// Bytes of the largest cache; 0 when unknown.
  public var cacheBytes: Int { caches.map(\.bytes).max() ?? 0 }

  /// Asks the system.
  public static func probe() -> Machine {
    Machine(
      processor: processorName, architecture: architectureName, system: systemName,
      processors: ProcessInfo.processInfo.activeProcessorCount, cores: coreCount, simd: SIMDTier.current.rawValue,
      hasFast: Arithmetic.fast.isAvailable, memoryBytes: Int(clamping: ProcessInfo.processInfo.physicalMemory),
      caches: caches())
  }

  /// Programs that were ready to run, on average over the last minute; nil where the system does not say.
  public static var load: Double? {
    var loads = [Double](repeating: 0, count: 1)
    return getloadavg(&loads, 1) == 1 ? loads[0] : nil
  }

  private static var architectureName: String {
    #if arch(x86_64)
      "x86_64"
    #elseif arch(arm64)
      "arm64"
    #else
      "other"
    #endif
  }

  private static var systemName: String {
    #if os(Linux)
      "Linux"
    #elseif os(macOS)
      "macOS"
    #else
      "other"
    #endif
  }
}
