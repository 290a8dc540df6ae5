import StrictJSON
import Testing

/// A missed threshold fails the run, says by whom and by how much, and publishes nothing.
@Suite struct ThresholdTests {
  @Test(arguments: [
    ("min-cosine", "{\"min_cosine\": 0.9999}"), ("mean-cosine", "{\"mean_cosine\": 0.9999}"),
    ("relative-rms", "{\"max_relative_rms\": 0.0001}"),
    ("by-role", "{\"by_role\": {\"attention\": {\"min_cosine\": 0.9999}}}"),
  ])
  func `a missed threshold is refused`(name: String, thresholds: String) throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.writeManifest([("thresholds", try JSONValue.parse(Array(thresholds.utf8), file: "thresholds"))])
      let error = try shop.refusal("threshold-missed-\(name)")
      #expect(error.code.hasPrefix("E_THRESHOLD_"))
      #expect(error.exitStatus == .verificationFailed)
      #expect(error.exitStatus.rawValue == 2)
      // The worst are named, worst first, as measured when the threshold lets them pass.
      try shop.writeManifest([("thresholds", ["min_cosine": 0, "mean_cosine": 0])])
      #expect(try shop.run().done == [.verify, .check, .package])
      let audit = try Package(shop.package).audit
      let worst = try #require(
        audit.tensors.filter { $0.cosine != nil && (name != "by-role" || $0.role == "attention") }
          .min {
            name == "relative-rms"
              ? ($1.relativeRMS ?? 0) < ($0.relativeRMS ?? 0) : ($0.cosine ?? 1) < ($1.cosine ?? 1)
          })
      #expect(error.found?.replacing("worst: ", with: "").hasPrefix(worst.name + " 0.") == true)
      if name != "mean-cosine" { #expect(error.tensor == worst.name) }
    }
  }

  @Test func `a threshold that is met passes`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      let summary = try shop.run()
      let mean = try #require(summary.meanCosine)
      let cosines = try Package(shop.package).audit.tensors.compactMap(\.cosine)
      #expect(abs(cosines.reduce(0, +) / Double(cosines.count) - mean) < 1e-7)
      #expect(summary.worst?.cosine ?? 0 <= mean)
    }
  }
}
