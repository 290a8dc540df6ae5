import TestSupport
import SystemPackage
import Checkpoint
import Foundation
import Manifests
import Quantization
import StrictJSON
import Testing

/// The JSON schemas that editors read, against the code that reads the files.
@Suite struct SchemaTests {
  private static let schemas = ["manifests/manifest.schema.json", "pipelines/pipeline.schema.json"]

  private func schema(_ name: String) throws -> JSONValue { try readJSON(Repository.root + "/" + name) }

  @Test func `shipped manifests are readable`() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Repository.manifests).filter {
      $0.hasSuffix(".json") && !$0.hasSuffix(".schema.json") && !$0.hasSuffix(".lock.json")
    }
    #expect(names.contains("demo.json"))
    for name in names {
      let manifest = try Manifest(path: FilePath(Repository.manifests + "/" + name))
      #expect(exists(Repository.pipelines + "/" + manifest.pipeline + ".json"), "\(name)")
      #expect(
        exists(Repository.manifests + "/" + (try #require(try readJSON(manifest.path.string)["$schema"]?.stringValue))))
      if exists(manifest.lockPath.string) { #expect(try LockFile.read(path: manifest.lockPath) != nil) }
    }
  }

  @Test func `shipped pipelines are readable`() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Repository.pipelines).filter {
      $0.hasSuffix(".json") && !$0.hasSuffix(".schema.json")
    }
    #expect(names.count >= 5)
    for name in names {
      let pipeline = try Pipeline(path: FilePath(Repository.pipelines + "/" + name))
      #expect(pipeline.name + ".json" == name)
      #expect(!pipeline.summary.isEmpty)
      // The last rule leaves no tensor without a verdict.
      #expect(pipeline.rules.last?.selector == .match(Glob("**")), "\(name)")
    }
  }

  /// Every word that the code might take for a field, in every place where fields stand: it is known to the code
  /// exactly if it is in the schema.
  @Test(arguments: schemas)
  func `code and schema know the same fields`(name: String) throws {
    let schema = try schema(name)
    let definitions = try #require(schema["$defs"])
    let isManifest = name.hasPrefix("manifests")
    let places: [(schema: JSONValue?, wrap: (JSONValue) -> JSONValue)] = [
      (schema, { $0 }),
      (definitions["quantization"], { wrapped("quantization", $0, isManifest) }),
      (definitions["rule"], { wrapped("rules", [$0], isManifest) }),
      (
        definitions["treatment"]?["oneOf"]?.arrayValue?.last?["properties"]?["quantize"].flatMap { _ in
          definitions["quantization"]
        }, { wrapped("rules", [["role": "norm", "treatment": ["quantize": $0]]], isManifest) }
      ),
      (definitions["thresholds"], { wrapped("thresholds", $0, isManifest) }),
      (definitions["budget"], { wrapped("budget", $0, isManifest) }),
      (definitions["check"], { wrapped("check", $0, isManifest) }),
      (definitions["limits"], { wrapped("thresholds", ["by_role": ["norm": $0]], isManifest) }),
    ]
    let words = try candidates(schema)
    #expect(words.count > 40)
    try withWorkshop { shop in
      for (number, place) in places.enumerated() {
        let listed = Set(try #require(place.schema?["properties"]?.members).map(\.key))
        #expect(place.schema?["additionalProperties"] == false, "place \(number)")
        for word in words {
          let text = JSONWriter.pretty(place.wrap(.object([(word, .null)])))
          try writeBytes(text, shop.manifest)
          let error = try diagnostic {
            if isManifest {
              _ = try Manifest(path: FilePath(shop.manifest))
            } else {
              _ = try Pipeline(path: FilePath(shop.manifest))
            }
          }
          // A document of another kind is named for what it is.
          let isKnown = !["E_JSON_UNKNOWN_FIELD", "E_MANIFEST_OTHER"].contains(error.code)
          #expect(isKnown == listed.contains(word), "\(word) in place \(number) of \(name): \(error.text)")
        }
      }
    }
  }

  @Test(arguments: schemas)
  func `code and schema know the same words`(name: String) throws {
    let definitions = try #require(try schema(name)["$defs"])
    let words = { (value: JSONValue?) in
      Set((value?["oneOf"]?.arrayValue ?? []).compactMap { $0["const"]?.stringValue })
    }
    let format = definitions["quantization"]?["properties"]
    #expect(words(definitions["role"]) == Set(TensorRole.allCases.map(\.rawValue)))
    #expect(words(format?["mode"]) == Set(QuantizationMode.allCases.map(\.rawValue)))
    #expect(words(format?["reference"]) == Set(QuantizerReference.allCases.map(\.rawValue)))
    #expect(words(format?["scale_rule"]) == Set(ScaleRule.allCases.map(\.rawValue)))
    #expect(words(format?["scales"]) == Set(ScaleMethod.allCases.map(\.rawValue)))
    #expect(words(definitions["treatment"]) == ["keep", "quantize", "drop"])
    let cast = definitions["treatment"]?["oneOf"]?.arrayValue?.compactMap { $0["properties"]?["cast"]?["enum"] }.first
    #expect(Set((cast?.arrayValue ?? []).compactMap(\.stringValue)) == Set(FloatType.allCases.map(\.rawValue)))
    if name.hasPrefix("manifests") {
      let head = try schema(name)["properties"]?["head"]
      #expect(words(head) == Set(Manifest.HeadChoice.allCases.map(\.rawValue)))
      let layout = try schema(name)["properties"]?["layouts"]?["items"]
      #expect(words(layout) == Set(Manifest.HeadLayout.allCases.map(\.rawValue)))
    }
  }

  /// Required fields of the schema are required by the code.
  @Test func `required fields are required`() throws {
    try withWorkshop { shop in
      let manifest = try schema(Self.schemas[0])
      // A manifest that extends none has all of them.
      let alone = try #require(manifest["anyOf"]?.arrayValue?.first?["required"]?.arrayValue)
      #expect(alone.count == 3)
      for field in (try #require(manifest["required"]?.arrayValue) + alone).compactMap(\.stringValue) {
        try shop.writeManifest(without: [field])
        #expect(
          try diagnostic { _ = try Manifest(path: FilePath(shop.manifest)) }.code == "E_JSON_MISSING_FIELD", "\(field)")
      }
      let shipped = try readJSON(Repository.pipelines + "/mxfp4.json")
      for field in try #require(try schema(Self.schemas[1])["required"]?.arrayValue).compactMap(\.stringValue) {
        var pipeline = shipped
        pipeline.removeKey(field)
        try writeBytes(JSONWriter.pretty(pipeline), shop.manifest)
        #expect(
          try diagnostic { _ = try Pipeline(path: FilePath(shop.manifest)) }.code == "E_JSON_MISSING_FIELD", "\(field)")
      }
    }
  }

  /// Every property named anywhere in the schema, and every short string in the sources that read the files.
  private func candidates(_ schema: JSONValue) throws -> [String] {
    var words: Set<String> = []
    func collect(_ value: JSONValue) {
      for member in value.members ?? [] {
        if member.key == "properties" { words.formUnion((member.value.members ?? []).map(\.key)) }
        collect(member.value)
      }
      for element in value.arrayValue ?? [] { collect(element) }
    }
    collect(schema)
    let folder = Repository.root + "/Sources/Manifests"
    for file in filesBelow(folder) {
      for match in try readText(folder + "/" + file).matches(of: /"([a-z_$]{2,40})"/) { words.insert(String(match.1)) }
    }
    return words.sorted()
  }
}

/// A file that says `value` under `key` and is right otherwise.
private func wrapped(_ key: String, _ value: JSONValue, _ isManifest: Bool) -> JSONValue {
  isManifest
    ? .object([("cambium", 1), ("source", "s"), ("pipeline", "p"), ("output", "o"), (key, value)])
    : .object([
      ("cambium_pipeline", 1), ("name", "n"), ("quantization", ["mode": "mxfp4"]), ("rules", []), (key, value),
    ])
}
