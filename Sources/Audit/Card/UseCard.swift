import Planning
import Readers

/// How a package is used: the commands of the card, and those that a run ends with.
package struct UseCard {
  private let readers: ReaderMatrix

  /// - Parameter readers: What readers make of the package.
  package init(_ readers: ReaderMatrix) { self.readers = readers }

  /// Commands of the newest readers that load the package.
  /// - Parameter place: The folder, as a shell takes it.
  package func commands(_ place: String) -> [String] {
    let loads = { (name: String) in readers[name].map { !$0.word.isHarm } ?? false }
    var commands: [String] = []
    if loads("mlx-lm>=0.32") { commands.append("mlx_lm.generate --model \(place) --prompt \"Hello\"") }
    if loads("mlx-vlm>=0.7.8") {
      let drafts = readers["mlx-vlm>=0.7.8"]?.word == .withHead ? " --draft-model \(place)" : ""
      commands.append("mlx_vlm.generate --model \(place)\(drafts) --prompt \"Hello\"")
    }
    return commands
  }

  /// The section of the card. It says nothing that depends on what was measured.
  /// - Parameters:
  ///   - name: What the package is called.
  ///   - isRun: Whether `verify-runner` computes the model, as far as headers tell.
  ///   - hasHead: Whether it has drafts of the model's own head.
  package func section(_ name: String, isRun: Bool, hasHead: Bool) -> String {
    let place = UseCard.quoted(name)
    var lines = commands(place)
    if isRun {
      lines.append("verify-runner generate \(place) --prompt \"Hello\"" + (hasHead ? " --mtp 2" : ""))
      lines.append("verify-runner serve \(place)")
    }
    let known = lines.isEmpty ? "No reader that is known to cambium loads this package.\n\n" : ""
    return """
      ## How to use

      \(known)In the folder that holds the package:

      ```sh
      \((lines + ["hf upload USER/\(place) \(place)   # puts it on the hub"]).joined(separator: "\n"))
      ```

      """
  }

  /// A name or a path, as a shell takes it.
  package static func quoted(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-_./+,".utf8.contains(byte)
    }
    return isPlain && !text.isEmpty && !text.hasPrefix("-")
      ? text : "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
