import Diagnostics
import Files
import StrictJSON
import Templates
import SystemPackage

/// What is to be said about a folder's tokenizer: nothing of it stops a conversion, and none of it is passed on silently.
package enum TokenizerNotes {
  /// Parts of `tokenizer.json` that a training left, and that transformers switches off for every text it encodes.
  static let leftovers = ["truncation", "padding"]

  static func ofLeftover(_ key: String) -> String {
    "tokenizer.json has a \(key) of its training: ids are made without it, and the file is copied as it is, so a reader "
      + "that does not switch it off changes its texts"
  }

  /// The notes about the tokenizer of a checkpoint's folder; none for a file that cannot be read, which is refused where
  /// it is needed. Only the names at the top of the file are read.
  package static func notes(folder: FilePath) -> [String] {
    let path = folder.appending("tokenizer.json")
    guard let json = try? FolderFile.read(path, limit: Tokenizer.largestFile) else {
      return loose(folder)
    }
    return ((try? found(json, path)) ?? []).map(ofLeftover)
  }

  /// What becomes of `vocab.json` and `merges.txt`; nothing is said where they are not there.
  private static func loose(_ folder: FilePath) -> [String] {
    do {
      let loose = try LooseTokenizer(folder: folder)
      _ = try TokenizerFile(loose.root, rows: Tokenizer.rows(folder))
      return [
        "there is no tokenizer.json: cambium makes one of vocab.json and merges.txt, with the added tokens of "
          + "tokenizer_config.json and the split pattern of \(loose.pattern)"
      ]
    } catch TokenizerError.missingFile {
      return []
    } catch {
      let code = (error as? any CambiumError)?.diagnostic.code ?? "\(error)"
      return [
        "no tokenizer.json can be made of vocab.json and merges.txt (\(code)): a reader that does not take them finds no ids"
      ]
    }
  }

  private static func found(_ json: [UInt8], _ path: FilePath) throws -> [String] {
    var reader = try JSONReader(json, file: path.string)
    guard try reader.next() == .beginObject else { return [] }
    var seen: [String: Bool] = [:]
    while seen.count < leftovers.count, case .key(let key)? = try reader.next(), let value = try reader.next() {
      if leftovers.contains(key) { seen[key] = value != .null }
      try reader.skip(value)
    }
    return leftovers.filter { seen[$0] == true }
  }
}
