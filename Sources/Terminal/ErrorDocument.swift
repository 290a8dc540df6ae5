import CKernels
import Diagnostics
import Files
import Foundation
import StrictJSON

/// A failure as a document, which replaces the result, of the form `cambium_error`: `"error": {"code",
/// "summary", …, "exit"}`, with `"fault": true` for a fault of ours.
struct ErrorDocument {
  let json: JSONValue

  /// - Parameter status: The exit status, where it is not that of every such failure.
  init(_ diagnostic: Diagnostic, status: Int32? = nil) {
    self.init(
      code: diagnostic.code, summary: diagnostic.summary, parts: diagnostic.parts,
      status: status ?? diagnostic.exitStatus.rawValue, isFault: diagnostic.isFault)
  }

  init(code: String, summary: String, parts: [(label: String, text: String)] = [], status: Int32, isFault: Bool = false)
  {
    let members = [("code", code), ("summary", summary)] + parts.map { ($0.label, $0.text) }
    json = .object([
      ("cambium_error", 1),
      (
        "error",
        .object(
          members.map { ($0.0, .string($0.1)) } + [("exit", .int(Int(status)))] + (isFault ? [("fault", true)] : []))
      ),
    ])
  }

  /// Whether the command line asks for documents. It may be one that cannot be parsed.
  static var isWanted: Bool { CommandLine.arguments.dropFirst().prefix { $0 != "--" }.contains("--json") }

  /// Has the constant part of the document printed when a mapped file shrinks: the process ends in the middle of an
  /// instruction then, and can only write what was made before.
  static func prepareForShrunkFiles() {
    guard isWanted else { return }
    let shrunk = FileError.shrunk(path: "").diagnostic
    let document = ErrorDocument(code: shrunk.code, summary: shrunk.summary, status: shrunk.exitStatus.rawValue)
    // Without memory for it there is none.
    _ = cambium_document_lost_mapping(String(decoding: JSONWriter.pretty(document.json), as: UTF8.self))
  }

  /// Prints the document to standard output if the command line asks for documents.
  func printIfWanted() {
    if ErrorDocument.isWanted { Terminal.print(json) }
  }
}
