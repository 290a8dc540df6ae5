import Diagnostics
import StrictJSON
import Testing

/// Manifests and pipelines that cannot be read: the error names file, line and column.
@Suite struct ManifestRefusalTests {
  @Test func `a manifest that is not there is refused`() throws {
    try withWorkshop { shop in
      let error = try diagnostic { _ = try shop.openAnother("nowhere.json") }
      try Golden.check(shop.anonymous(error), "errors/no-such-manifest.txt")
      #expect(error.code == "E_MANIFEST_MISSING")
      #expect(error.exitStatus == .missingInput)
    }
  }

  @Test func `an unknown field is refused`() throws {
    try refused(
      "unknown-field", "{\n  \"cambium\": 1,\n  \"sorce\": \"x\"\n}\n", "E_JSON_UNKNOWN_FIELD", line: 3, column: 3
    ) { error in
      #expect(error.next == "did you mean \"source\"?")
    }
  }

  @Test func `an unknown field in a rule is refused`() throws {
    try refused(
      "unknown-field-in-a-rule",
      """
      {"cambium": 1, "source": "source", "pipeline": "mxfp4", "output": "package",
       "rules": [{"rolle": "norm", "treatment": "keep"}]}
      """, "E_JSON_UNKNOWN_FIELD", line: 2, column: 13
    ) { error in
      #expect(error.next == "did you mean \"role\"?")
    }
  }

  @Test(arguments: ["output", "base_model", "source"], ["\\u0000", "\\n", "\\u001b[2J", "\\u0085", "\\u007f"])
  func `D a control character in a text of a manifest is refused, and shown as an escape`(
    field: String, escape: String
  ) throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      var members = ["cambium": "1", "source": "\"source\"", "pipeline": "\"mxfp4\"", "output": "\"package\""]
      members[field] = "\"x\(escape)license: mit\""
      let text =
        "{" + members.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ", ") + "}"
      try writeBytes(Array(text.utf8), shop.manifest)
      let error = try diagnostic { _ = try shop.open() }
      #expect(error.code == "E_MANIFEST_VALUE" && error.exitStatus == .badInput, "\(error.text)")
      let isShown = error.text.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control }
      #expect(isShown && error.text.contains("x\\u{"), "\(error.text)")
      #expect(!exists(shop.package))
    }
  }

  @Test func `a value of the wrong type is refused`() throws {
    try refused(
      "wrong-type", "{\n  \"cambium\": 1,\n  \"source\": 7\n}\n", "E_JSON_TYPE", line: 3, column: 13
    ) { error in
      #expect(error.expected == "a string")
      #expect(error.found == "the number 7")
    }
  }

  @Test func `a missing field is named`() throws {
    let text = "{\"cambium\": 1, \"source\": \"source\"}"
    try refused("missing-field", text, "E_JSON_MISSING_FIELD", line: 1, column: 1) { error in
      #expect(error.expected == "a field \"pipeline\"")
    }
  }

  @Test func `wrong JSON is refused`() throws {
    try refused("wrong-json", "{\n  \"cambium\": 1,\n  \"source\" \"x\"\n}\n", "E_JSON_SYNTAX", line: 3, column: 12)
  }

  @Test func `a duplicate key is refused`() throws {
    let text = "{\"cambium\": 1,\n \"source\": \"a\", \"sourc\\u0065\": \"b\"}"
    try refused("duplicate-key", text, "E_JSON_DUPLICATE_KEY", line: 2, column: 17)
  }

  @Test func `another version is refused`() throws {
    try refused("another-version", "{\"cambium\": 2}", "E_MANIFEST_VERSION", line: 1, column: 13)
  }

  @Test func `a word that is not allowed is refused`() throws {
    try refused(
      "word-not-allowed",
      "{\"cambium\": 1, \"source\": \"s\", \"pipeline\": \"p\", \"output\": \"o\",\n \"head\": \"grafted\"}",
      "E_MANIFEST_VALUE", line: 2, column: 10
    ) { error in
      #expect(error.expected == "graft, replace, keep, none")
      #expect(error.found == "grafted")
    }
  }

  @Test func `a graft without a donor is refused`() throws {
    try refused(
      "graft-without-donor",
      "{\"cambium\": 1, \"source\": \"s\", \"pipeline\": \"p\", \"output\": \"o\", \"head\": \"graft\"}",
      "E_MANIFEST_VALUE", line: 1, column: 71)
  }

  @Test(arguments: [
    "{\"treatment\": \"keep\"}",
    "{\"role\": \"norm\", \"match\": \"**\", \"treatment\": \"keep\"}", "{\"role\": \"norm\"}",
    "{\"role\": \"norms\", \"treatment\": \"keep\"}",
    "{\"role\": \"norm\", \"treatment\": {\"cast\": \"f8\"}}",
    "{\"role\": \"mlp\", \"treatment\": {\"quantize\": {\"mode\": \"mxfp4\"}, \"cast\": \"f16\"}}",
  ])
  func `a rule of the wrong form is refused`(rule: String) throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.writeManifest([("rules", .array([try JSONValue.parse(Array(rule.utf8), file: "rule")]))])
      #expect(try diagnostic { _ = try shop.open() }.code == "E_MANIFEST_VALUE")
    }
  }

  @Test func `a threshold out of range is refused`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.writeManifest([("thresholds", .object([("min_cosine", JSONValue(.number("1.5")))]))])
      #expect(try shop.refusal("threshold-out-of-range").code == "E_MANIFEST_VALUE")
    }
  }

  @Test func `a number format that does not exist is refused`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.writeManifest([("quantization", ["mode": "mxfp4", "bits": 5])])
      let error = try shop.refusal("number-format-that-does-not-exist")
      #expect(error.code == "E_QUANT_FORMAT")
      #expect(error.file?.hasPrefix(shop.manifest + ":") == true)
      #expect(error.exitStatus == .badInput)
    }
  }

  @Test func `an unknown pipeline is refused`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.writeManifest([("pipeline", "mxfp5")])
      let error = try shop.refusal("unknown-pipeline")
      #expect(error.code == "E_PIPELINE_UNKNOWN")
      #expect(error.exitStatus == .badInput)
      #expect(error.file == shop.manifest + ":4:15")
      #expect(error.expected?.contains("mxfp4") == true)
      #expect(error.found == "mxfp5")
    }
  }

  @Test func `a pipeline file that is not there is refused`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.writeManifest([("pipeline", "mine.json")])
      #expect(try shop.refusal("no-such-pipeline-file").file == shop.path + "/mine.json")
    }
  }

  private func refused(
    _ golden: String, _ text: String, _ code: String, line: Int, column: Int,
    sourceLocation: SourceLocation = #_sourceLocation, _ check: (Diagnostic) -> Void = { _ in }
  ) throws {
    try withWorkshop { shop in
      try writeBytes(Array(text.utf8), shop.manifest)
      let error = try shop.refusal(golden, sourceLocation: sourceLocation)
      #expect(error.code == code, sourceLocation: sourceLocation)
      #expect(error.exitStatus == .badInput, sourceLocation: sourceLocation)
      #expect(error.file == "\(shop.manifest):\(line):\(column)", sourceLocation: sourceLocation)
      check(error)
    }
  }
}
