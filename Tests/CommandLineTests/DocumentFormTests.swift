import Foundation
import StrictJSON
import TestSupport
import Testing

/// Every document that the programs print with `--json` or leave in a file has a form that is listed, with a version and a
/// schema. What the other tests have printed is held against the schemas where they run the programs: see ``DocumentForms``.
@Suite struct DocumentFormTests {
  /// A form as `cambium schema` lists it.
  struct Form {
    let name: String
    let version: String
    let places: String
  }

  /// Documents that only the program itself reads, of the same release or none: where they are.
  private static let own = [
    "cambium_receipt": "a stage's folder", "cambium_journal": "a stage's folder", "cambium_units": "quantize",
    "cambium_inspection": "inspect", "cambium_graft": "graft", "cambium_verification": "verify",
    "cambium_item": "a work item", "cambium_digests": "a work folder",
    "cambium_measurement": "beside a sensitivity file",
    "cambium_calibration_progress": "beside a calibration file",
    "cambium_hub": "a donor that was fetched", "cambium_ranges": "the hub's cache",
    "cambium_held": "a folder that was fetched",
  ]

  static let forms = Result { () -> [Form] in
    let outcome = try CambiumProcess.run(["schema"])
    guard outcome.isSuccess else { throw CambiumProcess.Failure(description: outcome.summary) }
    return outcome.out.split(separator: "\n").dropFirst().compactMap { line in
      let cells = line.split(separator: "  ", omittingEmptySubsequences: true)
        .map { $0.trimmingCharacters(in: .whitespaces) }
      return cells.count == 3 ? Form(name: cells[0], version: cells[1], places: cells[2]) : nil
    }
  }

  @Test func `every command with --json has a form, and every form that is printed has its command`() throws {
    let forms = try Self.forms.get()
    #expect(forms.count > 35)
    var commands: Set<String> = []
    for program in ["cambium", "verify-runner"] {
      let dump = try document(CambiumProcess.run(["--experimental-dump-help"], program: program).out)
      for command in dump["command"]?["subcommands"]?.arrayValue ?? [] {
        let names = (command["arguments"]?.arrayValue ?? []).flatMap { $0["names"]?.arrayValue ?? [] }
        guard let name = command["commandName"]?.stringValue, names.contains(where: { $0["name"] == "json" }) else {
          continue
        }
        commands.insert("\(program) \(name)")
      }
    }
    #expect(commands.count > 18)
    let listed = forms.flatMap { $0.places.components(separatedBy: ", ") }.filter { $0.hasSuffix(" --json") }
      .map { String($0.dropLast(" --json".count)) }
    #expect(commands == Set(listed).subtracting(["any"]))
  }

  @Test func `every form has a schema that says its version, and there is no schema too many`() throws {
    let forms = try Self.forms.get()
    for form in forms {
      let schema = try document(String(contentsOfFile: DocumentForms.path(form.name), encoding: .utf8))
      #expect(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema", "\(form.name)")
      #expect(schema["title"]?.stringValue?.isEmpty == false && schema["description"]?.stringValue?.isEmpty == false)
      // Where there are several shapes, each says it.
      for shape in schema["properties"].map({ [$0] })
        ?? (schema["anyOf"]?.arrayValue ?? []).compactMap({ $0["properties"] })
      {
        let version = shape[form.name]?["const"]?.intValue.map { "\($0)" }
        #expect(version ?? "–" == form.version, "\(form.name)")
      }
      let printed = try CambiumProcess.run(["schema", form.name])
      #expect(printed.isSuccess, "\(printed.summary)")
      #expect(try document(printed.out) == schema, "\(form.name)")
    }
    let page = try String(
      contentsOfFile: Repository.root + "/Sources/Conversion/Documentation.docc/Documents.md", encoding: .utf8)
    let rows = page.split(separator: "\n").compactMap {
      $0.firstMatch(of: /^\| `(?<name>[a-z_]+)` \|/).map { String($0.name) }
    }
    #expect(rows == forms.map(\.name).sorted())
    let files = try FileManager.default.contentsOfDirectory(atPath: Repository.manifests + "/schemas")
    let own = forms.filter { !["cambium", "cambium_pipeline"].contains($0.name) }.map { $0.name + ".schema.json" }
    #expect(Set(files) == Set(own))
  }

  @Test func `a form that there is not is refused with the nearest name`() throws {
    let outcome = try CambiumProcess.run(["schema", "cambium_rum"])
    #expect(outcome.status == 64 && outcome.err.contains("did you mean cambium_run?"), "\(outcome.summary)")
  }

  /// Names of versions in the sources: a new document is listed, or is the program's own.
  @Test func `every version in the sources is that of a form, or of a document of the program's own`() throws {
    let names = Set(try Self.forms.get().map(\.name))
    let spelled = /"(?<name>(?:cambium|verify_runner)_[a-z_]+)"/
    var found: Set<String> = []
    let sources = Repository.root + "/Sources"
    for file in FileManager.default.enumerator(atPath: sources)?.allObjects as? [String] ?? [] {
      guard file.hasSuffix(".swift"), !file.hasSuffix("DocumentForm.swift") else { continue }
      let text = try String(contentsOfFile: sources + "/" + file, encoding: .utf8)
      found.formUnion(text.matches(of: spelled).map { String($0.output.name) })
    }
    #expect(found.count > 40)
    for name in found { #expect(names.contains(name) || Self.own[name] != nil, "\(name) has no form") }
    for (name, place) in Self.own {
      #expect(found.contains(name) && !names.contains(name), "\(name) of \(place) needs no leave any more")
    }
    let unused = names.subtracting(found).subtracting(["cambium", "provenance", "run_log"])
    #expect(unused.isEmpty, "nothing writes \(unused.sorted())")
  }

  @Test func `what a run leaves fits the schemas`() throws {
    let package = try Demo.reference.get().path
    let read = { (path: String) in try document(String(contentsOfFile: path, encoding: .utf8)) }
    for file in ["/audit.json", ".check.json", ".work/plan.json", "/../m.lock.json", "/../m.json"] {
      DocumentForms.expect(try read(package + file))
    }
    DocumentForms.expect(try read(package + "/provenance.json"), form: "provenance")
    let log = try String(contentsOfFile: package + ".work/run.log", encoding: .utf8).split(separator: "\n")
    #expect(log.count > 10)
    for line in log { DocumentForms.expect(try document(String(line)), form: "run_log") }
  }

  @Test func `shipped manifests, pipelines and locks fit the schemas`() throws {
    for folder in [Repository.manifests, Repository.pipelines] {
      let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      for name in names where name.hasSuffix(".json") && !name.hasSuffix(".schema.json") {
        DocumentForms.expect(try document(String(contentsOfFile: folder + "/" + name, encoding: .utf8)))
      }
    }
  }

  /// What the other tests do not have printed.
  @Test func `tokens, a trace, a comparison and an unpacked package fit the schemas`() throws {
    let folder = try Demo.folder()
    let package = try Demo.reference.get().path
    try folder.write("Some text that is compared, token by token.", to: "t.txt")
    let commands = [
      (["tokenize", package, "Hello"], "verify_runner_tokenize"),
      (["trace", package, "--ids", "1 2 3", "--limit", "2", "--output", "x"], "verify_runner_trace_files"),
      (["generate", package, "--prompt", "Hello", "--limit", "4", "--stats"], "verify_runner_generate"),
      (["compare", Demo.trunk, package, "--text", "t.txt"], "cambium_comparison"),
    ]
    for (arguments, form) in commands {
      let outcome = try CambiumProcess.run(arguments + ["--json"], program: "verify-runner", in: folder.path)
      #expect(outcome.isSuccess, "\(outcome.summary)")
      #expect(try DocumentForms.name(document(outcome.out)) == form)
    }
    DocumentForms.expect(try document(folder.text("x.json")))
    #expect(
      try CambiumProcess.run(["package", package, "--archive", "--output", "a.tar.zst"], in: folder.path).isSuccess)
    let unpacked = try CambiumProcess.run(["unpack", "a.tar.zst", "--output", "back", "--json"], in: folder.path)
    #expect(try DocumentForms.name(document(unpacked.out)) == "cambium_unpack", "\(unpacked.summary)")
    let status = try CambiumProcess.run(["status", "m.json", "--partitions", "2", "--json"], in: folder.path)
    #expect(try DocumentForms.name(document(status.out)) == "cambium_partitions", "\(status.summary)")
  }
}

/// What the documents are held against.
@Suite struct JSONSchemaTests {
  private func problems(_ value: String, _ schema: String) throws -> [String] {
    JSONSchema(try document(schema)).problems(of: try document(value))
  }

  @Test(arguments: [
    ("1", #"{"type": "integer"}"#, #"1.5"#), ("null", #"{"type": ["string", "null"]}"#, "1"),
    (#"{"a": 1}"#, #"{"required": ["a"]}"#, "{}"),
    (#"{"a": 1}"#, #"{"properties": {"a": {"const": 1}}, "additionalProperties": false}"#, #"{"a": 1, "b": 2}"#),
    (#"{"a": 1}"#, #"{"properties": {"a": {"const": 1}}}"#, #"{"a": 2}"#),
    (#"{"b": 1}"#, #"{"additionalProperties": {"minimum": 0}}"#, #"{"b": -1}"#),
    (#"["x"]"#, #"{"items": {"enum": ["x", "y"]}}"#, #"["x", "z"]"#),
    ("[1]", #"{"minItems": 1, "maxItems": 2}"#, "[]"), ("[1, 2]", #"{"uniqueItems": true}"#, "[1, 1]"),
    ("1", #"{"anyOf": [{"type": "null"}, {"minimum": 0}]}"#, "-1"),
    ("1", #"{"oneOf": [{"const": 1}, {"const": 2}]}"#, "3"), ("1", #"{"not": {"const": 2}}"#, "2"),
    ("1", #"{"allOf": [{"minimum": 0}, {"maximum": 1}]}"#, "2"),
    ("1", #"{"if": {"const": 1}, "then": {"maximum": 1}, "else": {"const": 3}}"#, "2"),
    (#""ab""#, #"{"pattern": "^[ab]+$"}"#, #""abc""#), (#""ab""#, #"{"minLength": 2}"#, #""a""#),
    ("1", ##"{"$ref": "#/$defs/x", "$defs": {"x": {"exclusiveMinimum": 0}}}"##, "0"),
    (#"{"ab": 1}"#, #"{"propertyNames": {"minLength": 2}}"#, #"{"a": 1}"#),
  ]) func `each word of a schema lets one value through and not the other`(good: String, schema: String, bad: String)
    throws
  {
    #expect(try problems(good, schema).isEmpty)
    #expect(try !problems(bad, schema).isEmpty)
  }

  @Test func `a word that is not known is a problem, and so is a reference to nothing`() throws {
    #expect(try problems("1", #"{"multipleOf": 1}"#) == [": the schema says multipleOf, which is not known here"])
    #expect(try problems("1", ##"{"$ref": "#/$defs/y"}"##).count == 1)
  }

  @Test func `a document inside of another is held against its own schema, and one without a form is a problem`() throws
  {
    let runs = #"{"cambium_runs": 1, "runs": [{"manifest": "m", "status": 0, "code": null, "reports": [REPORT]}]}"#
    let report = { (text: String) in DocumentForms.problems(of: try document(runs.replacing("REPORT", with: text))) }
    #expect(try report("").isEmpty)
    #expect(try report(#"{"cambium_clean": 1, "work": "w", "removed": true, "left": []}"#).isEmpty)
    #expect(try report(#"{"cambium_clean": 1, "work": "w", "removed": 1, "left": []}"#).count == 1)
    #expect(DocumentForms.problems(of: ["a": 1]).first?.hasPrefix("a: has no schema") == true)
    #expect(DocumentForms.problems(of: ["a": "b"]) == ["the first member names no form"])
    #expect(DocumentForms.documents("{\n  \"a\": 1\n}\n{\n  \"b\": 2\n}\nhelp\n").count == 2)
  }
}
