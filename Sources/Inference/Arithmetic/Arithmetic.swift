import CKernels

/// How matrix products are formed. Everything else is always canonical.
public enum Arithmetic: String, Sendable, CaseIterable {
  /// One order of operations per result, the same bits on every machine (page Canonical arithmetic).
  case canonical
  /// x is rounded, to int8 in blocks of 32 or to bf16, and multiplied by the processor's own instructions for such
  /// numbers, several times as fast. The bits are those of such processors only. Rows of x still do not see each other, so
  /// speculative decoding stays exact in itself. Matrices, and machines, without it take the canonical order.
  case fast

  /// Whether this machine has it: fast needs AVX-512 with BF16.
  public var isAvailable: Bool { self == .canonical || cambium_has_fast() != 0 }

  /// - Throws: ``InferenceError/arithmetic(name:expected:)`` where the machine does not have it.
  public func check() throws(InferenceError) {
    guard isAvailable else {
      throw .arithmetic(name: rawValue, expected: "a processor with AVX-512 and its BF16 instructions")
    }
  }

  /// Whether products with `w` are fast: not for weights in f32 and f16, which bf16 does not hold.
  func isFast(_ w: UnsafePointer<cambium_matrix>) -> Bool { self == .fast && cambium_fast_available(w) != 0 }

  func isFast(_ w: WeightMatrix) -> Bool { withUnsafePointer(to: w.kernel) { isFast($0) } }

  /// Whether products with `w` are formed in integers (``ReferenceIntegerProduct``).
  public func isInteger(_ w: WeightMatrix) -> Bool {
    isFast(w) && withUnsafePointer(to: w.kernel) { cambium_int8_available($0) } != 0
  }
}
