import Benchmarking
import Checking

/// A report with made-up figures, always the same.
enum MadeUpReport {
  static func result(_ decoder: String, _ kind: String, _ speed: Double, isVerified: Bool = true) -> BenchResult {
    let depth = decoder.hasPrefix("mtp-") ? 2 : 0
    return BenchResult(
      decoder: decoder, kind: kind, isVerified: isVerified, isImposed: decoder != "vanilla", tokens: 64,
      firstTokenSeconds: 0.125,
      intervals: .init(mean: 1 / speed, p50: 1 / speed, p95: 1.5 / speed, p99: 2 / speed), tokensPerSecond: speed,
      lowest: speed - 1, highest: speed + 2, endToEnd: speed * 0.9, toVanilla: speed / 20,
      drafted: Array([60, 60].prefix(depth)), accepted: Array([48, 36].prefix(depth)),
      looks: decoder == "adaptive" ? 3 : 0, tokensPerRound: 1 + Double(depth) / 2, targetPasses: 63,
      targetRows: 63 * (depth + 1), headRows: 70,
      phases: .init(
        vision: 0, prefill: 0.125, draft: 0.5, verify: 2.25, sampling: 0.0625, rollback: 0.03125, other: 0.001),
      bytesPerSecond: 3e10, equal: isVerified ? 3 : 1, decodings: 3)
  }

  static var report: BenchReport {
    BenchReport(
      machine: Machine(
        processor: "Made-up & Sons <X>", architecture: "x86_64", system: "Linux", processors: 4, cores: 2, simd: "avx2",
        hasFast: false, memoryBytes: 8 << 30,
        caches: [
          .init(level: 1, kind: "data", bytes: 32768, sharedBy: 2),
          .init(level: 3, kind: "unified", bytes: 16 << 20, sharedBy: 4),
        ]),
      load: 0.25, readBandwidth: 4e10,
      model: ModelSummary(
        modelType: "qwen3_5", isPackage: true, hasHead: true, vocabulary: 1000, layers: 8, fixedStateBytes: 1,
        stateBytesPerToken: 1),
      settings: .init(
        threads: 2, promptChunk: 256, arithmetic: "canonical", limit: 64, repetitions: 3,
        imposed: .init(chances: [0.8, 0.75], seed: 1)),
      prompts: [.init(id: "code-1", kind: "code", tokens: 12), .init(id: "a,b", kind: "say \"x\"", tokens: 30)],
      unavailable: [.init(.prompts, "image", reason: "E_TOWER_MISSING: the model has no vision tower")],
      results: ["code", "say \"x\""].flatMap { kind in
        [
          result("vanilla", kind, 20), result("mtp-2", kind, kind == "code" ? 31 : 17), result("adaptive", kind, 30),
          result("optimistic-2", kind, 40, isVerified: false),
        ]
      },
      differences: [
        .init(decoder: "mtp-2", prompt: "a,b", repetition: 2, index: 7, expected: "5", found: "the end")
      ],
      memory: .init(anonymous: 50 << 20, resident: 900 << 20, mapped: 1_000_000_000),
      passes: .init(
        passes: [.init(rows: 1, seconds: 0.02), .init(rows: 4, seconds: 0.03)], draftSeconds: 0.005, prefillRows: 256,
        prefillSeconds: 2, prefillRate: 3e11, denseRate: 4e11))
  }
}
