import Audit
import Checkpoint
import Conversion
import Digests
import Files
import Manifests
import Planning
import Quantization
import StrictJSON
import SystemPackage
import Testing

/// A budget in the manifest, spent by a sensitivity file.
@Suite struct BudgetTests {
  private static let formats: [JSONValue] = [
    ["mode": "affine", "bits": 3], ["mode": "affine", "bits": 4, "scales": "search"], ["mode": "affine", "bits": 8],
  ]

  /// A sensitivity file of the workshop's model: each tensor costs by its number, a fourth with each format.
  private static func sensitivity(_ shop: Workshop, leaving left: Int = 0) throws -> Sensitivity {
    let run = try shop.open()
    let planner = Planner(run.resolution)
    let names = planner.openTensors(run.plan.tensors).keys.sorted().map(\.string)
    #expect(names.count > 8)
    let sets = names.dropLast(left).enumerated().map { number, name in
      Sensitivity.TensorSet(
        tensors: [name],
        costs: [1.0, 0.25, 0.01].map {
          Sensitivity.Cost(kl: $0 * Double(number % 7 + 1) / 1000, topAgreement: 1 - $0 / 10)
        })
    }
    return Sensitivity(
      tool: "test", model: "source", fingerprint: try run.resolution.source.fingerprint(),
      text: .init(digest: SHA256Digest.of(Array("a text".utf8)), tokens: 100, positions: 99, window: 512),
      candidates: [
        try QuantizationFormat(mode: .affine, bits: 3), try QuantizationFormat(mode: .affine, bits: 4, scales: .search),
        try QuantizationFormat(mode: .affine, bits: 8),
      ], sets: sets)
  }

  private static func write(_ sensitivity: Sensitivity, _ shop: Workshop) throws {
    try writeBytes(JSONWriter.pretty(sensitivity.json), shop.path + "/s.json")
  }

  private static func budget(_ shop: Workshop, _ budget: JSONValue, file: String = "s.json") throws {
    try shop.writeManifest([("pipeline", "affine4"), ("budget", budget), ("sensitivity", .string(file))])
  }

  private static func number(_ text: String) -> JSONValue { JSONValue(.number(text)) }

  private func withBudget(leaving left: Int = 0, _ body: (Workshop, Sensitivity) throws -> Void) throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.writeManifest([("pipeline", "affine4")])
      let sensitivity = try Self.sensitivity(shop, leaving: left)
      try Self.write(sensitivity, shop)
      try body(shop, sensitivity)
    }
  }

  @Test
  func `what is planned keeps the budget to the byte, says what it costs, and follows the file`() throws {
    try withBudget { shop, sensitivity in
      try Self.budget(shop, ["bits_per_weight": Self.number("5.5")])
      let plan = try shop.open().plan
      let budget = try #require(plan.budget)
      let open = plan.tensors.filter { $0.reason == "the budget of 5.5 bits a weight gives it this format" }
      #expect(open.count == sensitivity.sets.count)
      #expect(open.reduce(0) { $0 + $1.outputBytes } == budget.bytes)
      let elements = open.reduce(0) { $0 + $1.rows * $1.rowElements }
      #expect(budget.elements == elements && budget.bytes * 8 <= elements * 11 / 2)
      let costs = Dictionary(uniqueKeysWithValues: sensitivity.sets.map { ($0.tensors[0], $0.costs) })
      let predicted = try open.sorted { $0.name < $1.name }.reduce(0.0) { sum, tensor in
        let format = try #require(tensor.format)
        let number = try #require(sensitivity.candidates.firstIndex(of: format))
        return sum + (try #require(costs[tensor.name]?[number])).kl
      }
      #expect(abs(predicted - budget.predictedKL) < 1e-12)
      #expect(Set(open.compactMap(\.format)).count > 1)
      #expect(plan.json["budget"]?["sensitivity_sha256"]?.stringValue == sensitivity.digest.hex)
      #expect(plan.notes.contains { $0.hasPrefix("budget of 5.5 bits a weight: ") })
      // Another budget is another plan.
      try Self.budget(shop, ["bits_per_weight": Self.number("6.5")])
      #expect(try shop.open().plan.digest != plan.digest)
    }
  }

  @Test func `bytes are those of all tensors that are written`() throws {
    try withBudget { shop, _ in
      try Self.budget(shop, ["bits_per_weight": Self.number("5.5")])
      let total = try shop.open().plan.tensors.reduce(0) { $0 + $1.outputBytes }
      try Self.budget(shop, ["bytes": .int(total)])
      let plan = try shop.open().plan
      #expect(plan.tensors.reduce(0) { $0 + $1.outputBytes } <= total)
      #expect(plan.budget?.limit == "\(total) bytes")
    }
  }

  @Test func `a KL is kept, and a rule's own format too`() throws {
    try withBudget { shop, _ in
      try Self.budget(shop, ["max_kl": Self.number("0.02")])
      let budget = try #require(try shop.open().plan.budget)
      #expect(budget.predictedKL <= 0.02 && budget.predictedKL > 0.005)
      try shop.writeManifest([
        ("pipeline", "affine4"), ("budget", ["max_kl": Self.number("0.02")]), ("sensitivity", "s.json"),
        ("rules", [["role": "embedding", "treatment": ["quantize": ["mode": "mxfp8"]]]]),
      ])
      let embedding = try #require(try shop.open().plan.tensors.first { $0.tensor.role == .embedding })
      #expect(embedding.format?.mode == .mxfp8)
    }
  }

  @Test func `one format for all is on the plan with its size and the sum of its costs`() throws {
    try withBudget { shop, sensitivity in
      try Self.budget(shop, ["bits_per_weight": Self.number("5.5")])
      let plan = try shop.open().plan
      let budget = try #require(plan.budget)
      #expect(
        budget.uniform.map(\.point.kl)
          == [0, 1, 2].map { number in
            sensitivity.sets.reduce(0) { $0 + ($1.costs[number]?.kl ?? 0) }
          })
      // Groups of 64 with scale and bias of 16 bits: half a bit a weight more than the codes.
      #expect(budget.uniform.map { Double($0.point.bytes) * 8 / Double(budget.elements) } == [3.5, 4.5, 8.5])
      #expect(budget.frontier.first?.bytes == budget.uniform.first?.point.bytes)
      #expect(budget.frontier.last?.bytes == budget.uniform.last?.point.bytes)
    }
  }

  @Test func `the page of a budget has one length, whatever was measured, and shows it`() throws {
    try withBudget { shop, _ in
      try shop.writeManifest([
        ("pipeline", "affine4"), ("budget", ["bits_per_weight": Self.number("5.5")]), ("sensitivity", "s.json"),
        ("thresholds", ["min_cosine": Self.number("0.8"), "mean_cosine": Self.number("0.8")]),
      ])
      try shop.run()
      let audit = try AuditDocument(package: FilePath(shop.package))
      func page(_ outcome: CheckOutcome?) -> String {
        let page = AuditPage(
          title: "package", audit: audit, readers: nil, decoding: .planned(.decode(DecodeCheck()), outcome))
        return String(decoding: page.render(), as: UTF8.self)
      }
      let (planned, found) = (
        page(nil), page(try CheckOutcome(report: CheckDocument.report(depths: [1, 3]), notCompared: nil))
      )
      let refused = page(try CheckOutcome(report: CheckDocument.report(depths: [1, 3]), notCompared: "a reason"))
      #expect(planned.utf8.count == found.utf8.count && planned.utf8.count == refused.utf8.count)
      #expect(planned.contains("r=\"00\"") && !found.contains("r=\"00\""))
      #expect(found.contains("0.025000 nats") && found.contains("12.34560"))
      #expect(refused.contains("the runner refused it"))
    }
  }

  @Test func `a package by a budget is converted, verified and read back`() throws {
    try withBudget { shop, _ in
      try shop.writeManifest([
        ("pipeline", "affine4"), ("budget", ["bits_per_weight": Self.number("5.5")]), ("sensitivity", "s.json"),
        // Three bits are below the pipeline's own.
        ("thresholds", ["min_cosine": Self.number("0.8"), "mean_cosine": Self.number("0.8")]),
      ])
      try shop.run()
      #expect(exists(shop.package))
      let budget = try #require(try shop.open().plan.budget)
      let audit = try AuditDocument(package: FilePath(shop.package))
      #expect(audit.budget?.chosen.bytes == budget.bytes && audit.budget?.chosen.kl == budget.predictedKL)
      #expect(audit.budget?.frontier.count == budget.frontier.count && audit.budget?.uniform.count == 3)
      #expect(try readText(shop.package + "/audit.html").contains("<svg class=\"plot\""))
    }
  }

  // MARK: what is refused

  @Test(
    arguments: [("bits_per_weight", "3.4"), ("bits_per_weight", "8.6"), ("bytes", "100"), ("max_kl", "0.0000001")])
  func `a budget outside of what the candidates make is refused with both ends`(key: String, value: String) throws {
    try withBudget { shop, _ in
      try Self.budget(shop, .object([(key, Self.number(value))]))
      let error = try diagnostic { _ = try shop.open() }
      #expect(error.code == "E_BUDGET_RANGE")
      #expect(error.expected?.hasPrefix("from ") == true)
      if key == "bits_per_weight" { #expect(error.expected == "from 3.5 to 8.5") }
    }
  }

  @Test(arguments: ["3.5", "8.5"])
  func `the ends of the range that the message names are themselves inside`(bits: String) throws {
    try withBudget { shop, _ in
      try Self.budget(shop, ["bits_per_weight": Self.number(bits)])
      #expect(try shop.open().plan.budget?.bitsPerWeight == Double(bits))
    }
  }

  @Test func `a file of another model is refused`() throws {
    try withBudget { shop, sensitivity in
      var other = TinyCheckpoint(.dense) { $0.seed = 2 }
      other.sidecars = TinyCheckpoint(.dense).sidecars
      try other.write(to: shop.path + "/other")
      try shop.writeManifest([
        ("source", "other"), ("pipeline", "affine4"), ("budget", ["bits_per_weight": Self.number("5.5")]),
        ("sensitivity", "s.json"),
      ])
      #expect(try diagnostic { _ = try shop.open() }.code == "E_SENSITIVITY_MODEL")
    }
  }

  @Test func `a file of another text is refused when the budget names one`() throws {
    try withBudget { shop, sensitivity in
      let own: JSONValue = .string(sensitivity.text.digest.hex)
      try Self.budget(shop, ["bits_per_weight": Self.number("5.5"), "text_sha256": own])
      _ = try shop.open()
      let other: JSONValue = .string(String(repeating: "0", count: 64))
      try Self.budget(shop, ["bits_per_weight": Self.number("5.5"), "text_sha256": other])
      #expect(try diagnostic { _ = try shop.open() }.code == "E_SENSITIVITY_TEXT")
    }
  }

  @Test func `a file that lacks a tensor is refused with its name`() throws {
    try withBudget(leaving: 1) { shop, _ in
      try Self.budget(shop, ["bits_per_weight": Self.number("5.5")])
      let error = try diagnostic { _ = try shop.open() }
      #expect(error.code == "E_SENSITIVITY_INCOMPLETE")
      #expect(error.tensor?.hasSuffix(".weight") == true)
    }
  }

  @Test func `a candidate that was not measured is refused, with those that were`() throws {
    try withBudget { shop, _ in
      try Self.budget(
        shop, ["bits_per_weight": Self.number("5.5"), "candidates": [["mode": "affine", "bits": 4], Self.formats[2]]])
      let error = try diagnostic { _ = try shop.open() }
      #expect(error.code == "E_SENSITIVITY_CANDIDATE")
      #expect(error.expected == "affine 4/64")
      #expect(error.found == "affine 3/64, affine 4/64 search, affine 8/64")
      try Self.budget(
        shop, ["bits_per_weight": Self.number("5.5"), "candidates": [Self.formats[1], Self.formats[2]]])
      #expect(try shop.open().plan.tensors.allSatisfy { $0.format?.bits != 3 })
    }
  }

  @Test func `a file whose content was changed is refused`() throws {
    try withBudget { shop, sensitivity in
      var json = sensitivity.json
      json.set("tool", to: "another")
      try writeBytes(JSONWriter.pretty(json), shop.path + "/s.json")
      try Self.budget(shop, ["bits_per_weight": Self.number("5.5")])
      #expect(try diagnostic { _ = try shop.open() }.code == "E_SENSITIVITY_DAMAGED")
    }
  }

  @Test func `a budget without a file, a file without a budget, and a file that is not there are refused`()
    throws
  {
    try withBudget { shop, _ in
      let budget: JSONValue = ["bits_per_weight": Self.number("5.5")]
      try shop.writeManifest([("pipeline", "affine4"), ("budget", budget)])
      #expect(try diagnostic { _ = try shop.open() }.code == "E_SENSITIVITY_UNPAIRED")
      try shop.writeManifest([("pipeline", "affine4"), ("sensitivity", "s.json")])
      #expect(try diagnostic { _ = try shop.open() }.code == "E_SENSITIVITY_UNPAIRED")
      try Self.budget(shop, budget, file: "none.json")
      #expect(try diagnostic { _ = try shop.open() }.code == "E_SENSITIVITY_MISSING")
    }
  }

  @Test(
    arguments: [
      "{}", "{\"bytes\": 1, \"max_kl\": 1}", "{\"bits_per_weight\": 0}", "{\"max_kl\": -1}",
      "{\"bits_per_weight\": 1e9}",
    ])
  func `a budget of no limit, of two, or of a limit that is none is refused`(text: String) throws {
    try withBudget { shop, _ in
      try Self.budget(shop, JSONValue.parse(Array(text.utf8), file: "budget"))
      #expect(try diagnostic { _ = try shop.open() }.code == "E_MANIFEST_VALUE")
    }
  }

  @Test func `a file is read back as it was written`() throws {
    try withBudget { _, sensitivity in
      let bytes = JSONWriter.pretty(sensitivity.json)
      let read = try Sensitivity(bytes, file: "s.json")
      #expect(read == sensitivity && read.digest == sensitivity.digest)
      #expect(JSONWriter.pretty(read.json) == bytes)
    }
  }

  @Test
  func `a KL that is no number or below 0, a tensor twice, and an empty set are refused even under a right digest`()
    throws
  {
    try withBudget { _, sensitivity in
      let good = sensitivity.sets[0]
      let bad: [[Sensitivity.TensorSet]] = [
        [.init(tensors: good.tensors, costs: [.init(kl: -1, topAgreement: 1), nil, nil])],
        [.init(tensors: good.tensors, costs: [.init(kl: 0, topAgreement: 2), nil, nil])],
        [.init(tensors: good.tensors, costs: [nil, nil])], [good, good], [.init(tensors: [], costs: good.costs)],
      ]
      for sets in bad {
        let document = Sensitivity(
          tool: "test", model: "m", fingerprint: sensitivity.fingerprint, text: sensitivity.text,
          candidates: sensitivity.candidates, sets: sets)
        let bytes = JSONWriter.pretty(document.json)
        let code = try diagnostic { _ = try Sensitivity(bytes, file: "s.json") }.code
        #expect(["E_JSON_VALUE", "E_JSON_NUMBER", "E_MANIFEST_VALUE"].contains(code))
      }
    }
  }
}
