import Files
import StrictJSON
import SystemPackage

/// A picture of a check with what is asked about it.
public struct Picture: Sendable, Hashable {
  /// The picture's file.
  public var path: FilePath
  /// Name in reports: that of the file.
  public var name: String
  /// What is asked of it.
  public var question: String
  /// What the answer should be; nil when nobody says.
  public var caption: String?

  /// Asked where no `captions.jsonl` says what.
  public static let question = "Describe the image."

  /// The pictures of a folder: those that its `captions.jsonl` names, or else all its PNG and JPEG files.
  ///
  /// A line of `captions.jsonl` is an object with `file`, a name in the folder, and if wanted `question` and `caption`.
  /// - Throws: `FileError`, `JSONError`, `ImageError`, ``CheckingError/pictures(file:expected:found:)``.
  public static func all(in folder: FilePath) throws -> [Picture] {
    let names = try VisualInput.images(in: folder)
    let file = folder.appending("captions.jsonl")
    guard let bytes = try bytes(file) else {
      return names.map { Picture(path: folder.appending($0), name: $0, question: question, caption: nil) }
    }
    var pictures: [Picture] = []
    for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
    where line.contains(where: { ![0x20, 0x09, 0x0D].contains($0) }) {
      let place = "\(file), line \(index + 1)"
      let fields = try JSONFields(reading: Array(line), file: place, what: "a picture")
      let name = try fields.string("file")
      guard names.contains(where: { UTF8Name($0) == UTF8Name(name) }) else {
        throw CheckingError.pictures(file: place, expected: "the name of a PNG or JPEG file beside it", found: name)
      }
      guard !pictures.contains(where: { UTF8Name($0.name) == UTF8Name(name) }) else {
        throw CheckingError.pictures(file: place, expected: "each file once", found: name)
      }
      pictures.append(
        Picture(
          path: folder.appending(name), name: name, question: try fields.optionalString("question") ?? question,
          caption: try fields.optionalString("caption")))
    }
    guard !pictures.isEmpty else {
      throw CheckingError.pictures(file: file.string, expected: "at least one picture", found: "none")
    }
    return pictures
  }

  private static func bytes(_ path: FilePath) throws(FileError) -> [UInt8]? {
    do {
      return try ReadOnlyFile(path: path).readAll(limit: PromptFile.limit)
    } catch {
      guard case .missing = error else { throw error }
      return nil
    }
  }
}
