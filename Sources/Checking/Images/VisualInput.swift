import Files
import Images
import Inference
import SystemPackage

/// An image, or the frames of a video, ready for a model's tower.
public struct VisualInput: Sendable {
  /// What messages call it.
  public let file: String
  /// Image or video.
  public let kind: VisionRows.Kind
  /// The input of the tower.
  public let patches: ImagePatches
  /// The mean of the times of the first and last frame of each group of frames of a video, in seconds.
  public let times: [Double]

  /// Frames a second that a video is taken to have when nobody says: what the family samples.
  public static let framesPerSecond = 2.0
  /// Frames of a video at most; the family samples no more.
  public static let mostFrames = 768

  /// Reads and prepares an image with the settings of a model's folder.
  /// - Throws: `ImageError`, `FileError`, `JSONError`.
  public init(image path: FilePath, model folder: FilePath) throws {
    try self.init(image: VisualInput.decode(path), name: path.string, model: folder)
  }

  /// Prepares an image with the settings of a model's folder.
  /// - Throws: `ImageError`, `FileError`, `JSONError`.
  public init(image: RGBImage, name: String, model folder: FilePath) throws {
    let settings = try ImageSettings(folder: folder)
    file = name
    kind = .image
    patches = try ImagePatches(image, settings: settings, file: name)
    times = []
  }

  /// Reads and prepares the frames of a video: the images of a folder in the order of their names.
  /// - Parameters:
  ///   - path: The folder of the frames.
  ///   - framesPerSecond: The rate of the frames; above 0.
  ///   - folder: The model's folder, whose settings prepare the frames.
  /// - Throws: `ImageError`, `FileError`, `JSONError`.
  public init(video path: FilePath, framesPerSecond: Double = framesPerSecond, model folder: FilePath) throws {
    let settings = try ImageSettings(folder: folder, file: ImageSettings.videoFile)
    let names = try VisualInput.images(in: path)
    guard names.count <= VisualInput.mostFrames else {
      throw ImageError.frames(
        file: path.string, expected: "at most \(VisualInput.mostFrames) frames", found: "\(names.count)")
    }
    file = path.string
    kind = .video
    var frames: [RGBImage] = []
    var pixels = 0
    for name in names {
      let frame = try VisualInput.decode(path.appending(name))
      pixels += frame.width * frame.height
      let limit = 4 * ImageLimits().pixels
      guard pixels <= limit else {
        throw ImageError.frames(file: path.string, expected: "at most \(limit) pixels in all frames", found: "more")
      }
      frames.append(frame)
    }
    patches = try ImagePatches(video: frames, settings: settings, file: path.string)
    times = VisualInput.times(
      frames: frames.count, group: settings.temporalPatchSize, framesPerSecond: framesPerSecond)
  }

  /// The times as the processor of the family computes them (`_calculate_timestamps` of `processing_qwen3_vl.py`).
  static func times(frames: Int, group: Int, framesPerSecond: Double) -> [Double] {
    stride(from: 0, to: frames, by: group).map { first in
      let last = min(first + group - 1, frames - 1)
      return (Double(first) / framesPerSecond + Double(last) / framesPerSecond) / 2
    }
  }

  /// The names of a folder's PNG and JPEG files, in the order of their bytes.
  /// - Throws: `FileError`; `ImageError` when there is none.
  public static func images(in folder: FilePath) throws -> [String] {
    guard try folder.isFolder else { throw FileError.missing(path: folder) }
    let names = try namesInFolder(folder).filter { name in
      [".png", ".jpg", ".jpeg"].contains { name.lowercased().hasSuffix($0) }
    }
    guard !names.isEmpty else {
      throw ImageError.frames(file: folder.string, expected: "PNG or JPEG files", found: "none")
    }
    return names
  }

  private static func decode(_ path: FilePath) throws -> RGBImage {
    let limits = ImageLimits()
    let file = try ReadOnlyFile(path: path)
    // Larger files are refused by their size, before they are read.
    guard file.identity.size <= limits.bytes else {
      throw ImageError.bytes(file: path.string, limit: limits.bytes, found: file.identity.size)
    }
    return try ImageDecoder.decode(file.readAll(limit: limits.bytes), file: path.string, limits: limits)
  }
}
