import COpenBLAS
import Dispatch
import Inference
import Threads

/// The rate of OpenBLAS's dense product in f32: what a prompt's passes are measured by.
public enum ProductRate {
  /// Multiplications and additions a second of C [256, 6144] = A [256, 2048] · B [6144, 2048]ᵀ, the outputs divided among
  /// the threads; the best of some rounds.
  public static func measure(threads: Int, rounds: Int = 5) -> Double {
    let (rows, outputs, inner) = (256, 6144, 2048)
    let a = [Float](repeating: 0.5, count: rows * inner)
    let b = [Float](repeating: 0.25, count: outputs * inner)
    let c = UnsafeMutablePointer<Float>.allocate(capacity: rows * outputs)
    c.initialize(repeating: 0, count: rows * outputs)
    defer { c.deallocate() }
    guard cambium_openblas_load() == 1 else { return 0 }
    let pool = WorkerPool(threads: threads)
    let target = Target(base: c)
    var best = 0.0
    for _ in 0..<rounds {
      let start = DispatchTime.now().uptimeNanoseconds
      pool.run(count: outputs, grain: max(1, outputs / (4 * threads))) { range, _ in
        a.withUnsafeBufferPointer { a in
          b.withUnsafeBufferPointer { b in
            guard let left = a.baseAddress, let right = b.baseAddress else { return }
            cambium_openblas_product(
              Int32(rows), Int32(range.count), Int32(inner), 1, left, Int32(inner), right + range.lowerBound * inner,
              Int32(inner), 1, target.base + range.lowerBound, Int32(outputs))
          }
        }
      }
      let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
      if seconds > 0 { best = max(best, Double(2 * rows * outputs * inner) / seconds) }
    }
    // 2048 · 0.5 · 0.25 everywhere.
    return c[0] == 256 && c[rows * outputs - 1] == 256 ? best : 0
  }

  private struct Target: @unchecked Sendable { let base: UnsafeMutablePointer<Float> }
}
