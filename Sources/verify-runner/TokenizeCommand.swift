import ArgumentParser
import Foundation
import StrictJSON
import Terminal
import Tokenization
import SystemPackage

struct TokenizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize",
    abstract: "Turns text into token ids, and back, with the tokenizer of a package or checkpoint.",
    discussion: """
      Without text, standard input is read.

      Example:
        verify-runner tokenize PACKAGE "def add(a, b):"
        verify-runner tokenize PACKAGE --decode 319 1022

      \(HelpSections.exitCodes())
      """)

  @Argument(help: "A folder with tokenizer.json.", completion: .directory) var folder: FilePath
  @Argument(help: "Text, or ids with --decode.") var input: [String] = []
  @Flag(help: "Read ids, write text.") var decode = false
  @Flag(help: "Read special tokens in the text as ordinary text.") var plain = false
  @Flag(help: "Print the result as JSON, each id with its token.") var json = false

  func run() throws {
    let tokenizer = try Tokenizer(folder: folder)
    if decode {
      let ids = try input.map { word in
        guard let id = Int(word), id >= 0 else { throw ValidationError("not a token id: \(word)") }
        return id
      }
      Terminal.writeText(tokenizer.decode(ids) + "\n")
      return
    }
    let bytes =
      try input.isEmpty ? Terminal.input() : Array(input.joined(separator: " ").utf8)
    let ids = tokenizer.encode(bytes, special: !plain)
    guard json else {
      Terminal.print(ids.map(String.init).joined(separator: " "))
      return
    }
    let rows = ids.map { JSONValue.object([("id", .int($0)), ("token", .string(tokenizer.token($0) ?? ""))]) }
    Terminal.print(
      .object([("verify_runner_tokenize", 1), ("tokens", .array(rows)), ("count", .int(ids.count))]))
  }
}
