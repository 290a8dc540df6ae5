import Files
import StrictJSON
import Templates
import SystemPackage

/// The `chat_template.jinja` of a package whose source has its template in `chat_template.json` alone, which tokenizers do
/// not read: it was made for processors.
package enum MadeTemplate {
  /// The template's bytes; nil where the folder has a template that tokenizers read, or none at all.
  /// - Parameters:
  ///   - folder: The folder.
  ///   - files: The names in the folder.
  package static func bytes(folder: FilePath, files: [String]) -> [UInt8]? {
    guard files.contains("chat_template.json"), !files.contains("chat_template.jinja") else { return nil }
    if files.contains("tokenizer_config.json") {
      // A configuration that cannot be read is none to say something about.
      guard let config = try? FolderFile.json(folder.appending("tokenizer_config.json")) else { return nil }
      if let own = config["chat_template"], !own.isNull { return nil }
    }
    guard let file = try? FolderFile.json(folder.appending("chat_template.json")) else { return nil }
    return file["chat_template"]?.stringValue.map { Array($0.utf8) }
  }
}
