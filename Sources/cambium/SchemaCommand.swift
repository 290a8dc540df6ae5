import ArgumentParser
import Diagnostics
import Files
import Manifests
import StrictJSON
import SystemPackage
import Terminal

struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema", abstract: "Prints the JSON schema of a document; without a name, lists the documents.",
    discussion: """
      The first member of a document names its form: {"cambium_run": 1, … is of the form \
      cambium_run. The schemas are those of this release of both programs.

      Example:
        cambium schema cambium_run

      \(HelpSections.exitCodes())
      """)

  @Argument(help: "The form.", completion: .list(DocumentForm.all.map(\.name))) var form: String?

  func validate() throws {
    guard let form, DocumentForm.named(form) == nil else { return }
    let near = nearestName(to: form, among: DocumentForm.all.map(\.name)).map { "; did you mean \($0)?" } ?? ""
    throw ValidationError("there is no document \(form)\(near)")
  }

  func run() throws {
    guard let form = form.flatMap(DocumentForm.named) else { return Terminal.print(list) }
    let path = try place(form)
    Terminal.print(try JSONValue.parse(ReadOnlyFile(path: path).readAll(limit: 1 << 20), file: path.string))
  }

  private var list: String {
    let rows = DocumentForm.all.map { form in
      let places = form.commands.map { $0 + " --json" } + [form.file].compactMap { $0 }
      let version = form.version.map { "\($0)" } ?? "–"
      return [form.name, version, places.isEmpty ? "any --json" : places.joined(separator: ", ")]
    }
    return TextTable(["form", "version", "where it is"], rows).lines.joined(separator: "\n")
  }

  /// The schemas are where the pipelines are: in the package that the program was built in, or in what it was installed with.
  private func place(_ form: DocumentForm) throws -> FilePath {
    let program = ProgramPath.own
    var folder = program
    for _ in 0..<5 {
      folder = folder.folder
      for path in [form.schema, form.installedSchema].map({ folder.appending($0) }) where try path.exists {
        return path
      }
    }
    throw ManifestError.shippedMissing(
      what: "schema", looked: "\(form.schema) or \(form.installedSchema), in \(program.folder) or a folder above it")
  }
}
