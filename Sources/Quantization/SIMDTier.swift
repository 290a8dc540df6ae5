import CKernels

/// The instruction-set tiers of the kernels. All produce the same bytes; the environment variable CAMBIUM_SIMD
/// (`portable`, `avx2`, `avx512`, `neon`), read once, names one, else the best of the machine is used.
public enum SIMDTier: String, Sendable, CaseIterable {
  /// Plain C, on every processor.
  case portable
  /// AVX2, FMA and F16C of x86-64.
  case avx2
  /// AVX-512 of x86-64.
  case avx512
  /// NEON of arm64.
  case neon

  /// The tier in use.
  public static var current: SIMDTier {
    let number = cambium_simd_tier()
    return allCases.first { $0.number == number } ?? .portable
  }

  /// The tiers that this machine can run.
  public static var available: [SIMDTier] { allCases.filter { cambium_tier_available($0.number) != 0 } }

  /// Uses `tier` from now on in the whole process; nil returns to the automatic choice.
  /// Returns false, and changes nothing, if the machine does not have it.
  @discardableResult
  public static func force(_ tier: SIMDTier?) -> Bool {
    cambium_force_tier(tier?.number ?? -1) == 0
  }

  /// Runs `body` with this tier for everything that the calling thread does itself; nil if the machine does not have it.
  public func only<Result>(_ body: () throws -> Result) rethrows -> Result? {
    guard cambium_force_tier_here(number) == 0 else { return nil }
    defer { cambium_force_tier_here(-1) }
    return try body()
  }

  private var number: Int32 {
    switch self {
    case .portable: Int32(CAMBIUM_TIER_PORTABLE)
    case .avx2: Int32(CAMBIUM_TIER_AVX2)
    case .avx512: Int32(CAMBIUM_TIER_AVX512)
    case .neon: Int32(CAMBIUM_TIER_NEON)
    }
  }
}
