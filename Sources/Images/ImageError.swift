import Diagnostics
import StrictJSON

/// What can be wrong with an image, or with the settings for images.
public enum ImageError: CambiumError {
  /// The image is neither PNG nor JPEG; the message names what it is, if it is known.
  case format(file: String, found: String)
  /// The image has more bytes than allowed.
  case bytes(file: String, limit: Int, found: Int)
  /// The header names too many pixels, too long a side, or none.
  case size(file: String, expected: String, width: Int, height: Int)
  /// The data are not well-formed, or end too early.
  case corrupt(file: String, reason: String)
  /// A kind of JPEG without a decoder: lossless, 12 bits, two components.
  case unsupported(file: String, feature: String)
  /// Decoding would take too much memory, or more than 100 scans.
  case limit(file: String, reason: String)
  /// One side is too much longer than the other.
  case aspect(file: String, limit: Int, width: Int, height: Int)
  /// The frames make no video: too few, too many, or of several sizes; or a folder has no images.
  case frames(file: String, expected: String, found: String)
  /// The model has no `preprocessor_config.json`, or for a video no `video_preprocessor_config.json`.
  case settingsMissing(file: String)
  /// `preprocessor_config.json` cannot be read.
  case settingsUnreadable(file: String, reason: String)
  /// A setting that is not covered, or contradicts another.
  case settings(JSONPlace, key: String, expected: String, found: String)

  public var diagnostic: Diagnostic {
    switch self {
    case .format(let file, let found):
      Self.ofImage(
        "E_IMAGE_FORMAT", "the image is of a format that is not covered", file, "PNG or JPEG", found,
        "convert it to PNG")
    case .bytes(let file, let limit, let found):
      Self.ofImage(
        "E_IMAGE_BYTES", "the image has too many bytes", file, "at most \(limit) bytes", "\(found) bytes",
        "make it smaller")
    case .size(let file, let expected, let width, let height):
      Self.ofImage(
        "E_IMAGE_SIZE", "the image has too many pixels, or none", file, expected, "\(width) × \(height) pixels",
        "make it smaller")
    case .corrupt(let file, let reason):
      Self.ofImage(
        "E_IMAGE_CORRUPT", "the image's data are damaged", file, nil, reason, "fetch or save the image again")
    case .unsupported(let file, let feature):
      Self.ofImage(
        "E_IMAGE_UNSUPPORTED", "the image is of a kind that is not covered", file, nil, feature,
        "convert it to a PNG with 8 bits per channel")
    case .limit(let file, let reason):
      Self.ofImage(
        "E_IMAGE_LIMIT", "decoding the image would take too much memory or time", file, nil, reason,
        "convert it to PNG, or make it smaller")
    case .aspect(let file, let limit, let width, let height):
      Self.ofImage(
        "E_IMAGE_ASPECT", "the image is too long for its width", file,
        "one side at most \(limit) times as long as the other", "\(width) × \(height) pixels", "cut it into pieces")
    case .frames(let file, let expected, let found):
      Self.ofImage(
        "E_VIDEO_FRAMES", "the frames make no video", file, expected, found, "give the frames of one video")
    case .settingsMissing(let file):
      Diagnostic(
        "E_PREPROCESSOR_MISSING", "the model has no settings for images", file: file,
        expected: file.split(separator: "/").last.map(String.init),
        next: "fetch the checkpoint again, or leave the images out",
        exit: .missingInput)
    case .settingsUnreadable(let file, let reason):
      Diagnostic(
        "E_PREPROCESSOR_READ", "the settings for images cannot be read", file: file, found: reason,
        next: "check permissions and the disk", exit: .io)
    case .settings(let place, let key, let expected, let found):
      Self.ofImage(
        "E_PREPROCESSOR", "a setting for images is not covered", place.description, "\(key): \(expected)", found,
        "compare with the preprocessor_config.json that the model was released with")
    }
  }

  private static func ofImage(
    _ code: String, _ summary: String, _ file: String, _ expected: String?, _ found: String, _ next: String
  ) -> Diagnostic {
    Diagnostic(code, summary, file: file, expected: expected, found: found, next: next, exit: .badInput)
  }
}
