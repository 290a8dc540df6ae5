import Foundation
import StrictJSON
import Testing

/// Holds what the programs print with `--json`, and what they leave, against the schemas that are published.
package enum DocumentForms {
  private static let places = [
    "cambium": "manifests/manifest.schema.json", "cambium_pipeline": "pipelines/pipeline.schema.json",
  ]

  /// Path of a form's schema.
  package static func path(_ name: String) -> String {
    Repository.root + "/" + (places[name] ?? "manifests/schemas/\(name).schema.json")
  }

  /// Name of a document's form: its first member, which has the number of a version. nil for one that is of none.
  package static func name(_ value: JSONValue) -> String? {
    guard let first = value.members?.first(where: { $0.key != "$schema" }), first.value.intValue != nil else {
      return nil
    }
    return first.key
  }

  /// What a document breaks of the schema of its form, and the documents in it of theirs.
  package static func problems(of value: JSONValue, form: String? = nil) -> [String] {
    guard let name = form ?? name(value) else { return ["the first member names no form"] }
    guard let bytes = FileManager.default.contents(atPath: path(name)),
      let schema = try? JSONValue.parse(Array(bytes), file: path(name))
    else { return ["\(name): has no schema: DocumentForm.all and manifests/schemas want one"] }
    return JSONSchema(schema).problems(of: value).map { name + $0 } + inner(value)
  }

  /// The problems of documents that stand in another one.
  private static func inner(_ value: JSONValue) -> [String] {
    let values = value.members?.map(\.value) ?? value.arrayValue ?? []
    return values.flatMap { value in
      if let name = name(value), FileManager.default.fileExists(atPath: path(name)) {
        problems(of: value)
      } else {
        inner(value)
      }
    }
  }

  /// Expects that a document fits the schema of its form.
  package static func expect(_ value: JSONValue, form: String? = nil, sourceLocation: SourceLocation = #_sourceLocation)
  {
    let problems = problems(of: value, form: form)
    #expect(problems.isEmpty, "\(problems.prefix(5).joined(separator: "\n"))", sourceLocation: sourceLocation)
  }

  /// The documents of an output, one after the other; none where it is no JSON, such as help.
  package static func documents(_ text: String) -> [JSONValue] {
    var documents: [JSONValue] = []
    var lines: [Substring] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      lines.append(line)
      // The last line of a document, since what stands in it is indented.
      guard line == "}" else { continue }
      let bytes = Array(lines.joined(separator: "\n").utf8)
      guard let value = try? JSONValue.parse(bytes, file: "stdout") else { return documents }
      documents.append(value)
      lines = []
    }
    return documents
  }

  /// Expects that all that a program printed with `--json` fits. Whether it is one document, and there at all, is a matter of
  /// the tests that ask.
  static func expect(printedBy program: String, _ arguments: [String], _ text: String) {
    guard ["cambium", "verify-runner"].contains(program), arguments.prefix(while: { $0 != "--" }).contains("--json")
    else {
      return
    }
    for value in documents(text) {
      let problems = problems(of: value)
      guard !problems.isEmpty else { continue }
      let words = ([program] + arguments).joined(separator: " ")
      Issue.record("\(words): \(problems.prefix(5).joined(separator: "\n"))")
    }
  }
}
