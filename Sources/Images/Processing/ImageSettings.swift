import Files
import StrictJSON
import SystemPackage

/// The settings in `preprocessor_config.json` by which an image becomes patches.
public struct ImageSettings: Sendable, Equatable {
  /// Side of a patch, in pixels.
  public var patchSize: Int
  /// Frames in a patch; a still image is repeated.
  public var temporalPatchSize: Int
  /// Side of a block of patches that becomes one token, in patches.
  public var mergeSize: Int
  /// Fewest pixels of a resized image.
  public var minPixels: Int
  /// Most pixels of a resized image.
  public var maxPixels: Int
  /// What a byte is multiplied by.
  public var rescaleFactor: Double
  /// Subtracted from each channel, after rescaling.
  public var mean: [Double]
  /// What each channel is divided by then.
  public var deviation: [Double]

  /// Pixels that both sides of a resized image are multiples of.
  public var factor: Int { patchSize * mergeSize }

  /// The family's settings; `preprocessor_config.json` of a model may differ, in the sizes above all.
  public init(
    patchSize: Int = 16, temporalPatchSize: Int = 2, mergeSize: Int = 2, minPixels: Int = 65_536,
    maxPixels: Int = 16_777_216, rescaleFactor: Double = 1 / 255, mean: [Double] = [0.5, 0.5, 0.5],
    deviation: [Double] = [0.5, 0.5, 0.5]
  ) {
    self.patchSize = patchSize
    self.temporalPatchSize = temporalPatchSize
    self.mergeSize = mergeSize
    self.minPixels = minPixels
    self.maxPixels = maxPixels
    self.rescaleFactor = rescaleFactor
    self.mean = mean
    self.deviation = deviation
  }

  /// The file with a model's settings for images.
  public static let imageFile = "preprocessor_config.json"
  /// The file with a model's settings for videos.
  public static let videoFile = "video_preprocessor_config.json"

  /// The file with both, as newer tools write it.
  static let processorFile = "processor_config.json"

  /// Reads `preprocessor_config.json` of a folder, or another file there.
  /// - Throws: ``ImageError``: `E_PREPROCESSOR_MISSING`, `E_PREPROCESSOR_READ`, `E_PREPROCESSOR`; `JSONError`.
  ///
  /// transformers 5.3 and later write one `processor_config.json` with both instead; it is read where the file is missing.
  public init(folder: FilePath, file: String = ImageSettings.imageFile) throws {
    let path = folder.appending(file)
    if let nested = try Self.nested(folder: folder, file: file) {
      self = nested
      return
    }
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try ReadOnlyFile(path: path).readAll(limit: 1 << 20)
    } catch {
      if case .missing = error { throw ImageError.settingsMissing(file: path.string) }
      throw ImageError.settingsUnreadable(file: path.string, reason: error.diagnostic.found ?? error.diagnostic.summary)
    }
    try self.init(json: bytes, file: path.string)
  }

  /// Reads the text of a `preprocessor_config.json`.
  ///
  /// `size` has the numbers of pixels under the names of edges; older files have `min_pixels` and `max_pixels`, which
  /// count before them. Patch and merge size, pixel counts, mean and deviation must be there: the defaults in code are
  /// those of another model.
  public init(json: [UInt8], file: String) throws {
    try self.init(JSONFields(reading: json, file: file, what: "the image settings"))
  }

  /// The settings in `processor_config.json`; nil when their separate file is there, or neither.
  private static func nested(folder: FilePath, file: String) throws -> ImageSettings? {
    let path = folder.appending(processorFile)
    let exists = { (path: FilePath) throws(FileError) in try ReadOnlyFile.ifThere(path) != nil }
    if let broken = FileError.brokenLink(folder.appending(file)) { throw broken }
    guard try !exists(folder.appending(file)), try exists(path) else { return nil }
    let document = try JSONValue.parse(ReadOnlyFile(path: path).readAll(limit: 1 << 20), file: path.string)
    guard let value = document[file == videoFile ? "video_processor" : "image_processor"] else { return nil }
    return try ImageSettings(JSONFields(value, file: path.string, what: "the image settings"))
  }

  private init(_ fields: JSONFields) throws {
    try Self.refuseOthers(fields)
    let sides = 1...256
    patchSize = try fields.int("patch_size", in: sides)
    temporalPatchSize = try fields.int("temporal_patch_size", in: sides)
    mergeSize = try fields.int("merge_size", in: sides)
    let pixels = 1...(1 << 32)
    let size = try Self.present(fields, "size") ? fields.object("size") : nil
    minPixels = try Self.pixels(fields, "min_pixels", size, "shortest_edge", pixels)
    maxPixels = try Self.pixels(fields, "max_pixels", size, "longest_edge", pixels)
    guard minPixels <= maxPixels else {
      throw ImageError.settings(
        fields.place(of: "size"), key: "size", expected: "at most as many pixels at least as at most",
        found: "\(minPixels) and \(maxPixels)")
    }
    rescaleFactor = try Self.present(fields, "rescale_factor") ? fields.number("rescale_factor") : 1 / 255
    try Self.requireModest([rescaleFactor], fields, "rescale_factor")
    mean = try Self.channels(fields, "image_mean")
    deviation = try Self.channels(fields, "image_std")
    try Self.requireModest(mean, fields, "image_mean")
    try Self.requireModest(deviation.filter { $0 != 0 }, fields, "image_std")
    if deviation.contains(0) {
      throw ImageError.settings(
        fields.place(of: "image_std"), key: "image_std", expected: "numbers other than 0", found: "0")
    }
  }

  /// Numbers by which a byte becomes a Float; the tower takes no infinity.
  private static func requireModest(_ numbers: [Double], _ fields: JSONFields, _ key: String) throws {
    let modest = 1e-9...1e9
    if let number = numbers.first(where: { $0 != 0 && !modest.contains($0.magnitude) }) {
      throw ImageError.settings(
        fields.place(of: key), key: key, expected: "numbers between 1e-9 and 1e9", found: "\(number)")
    }
  }

  private static func present(_ fields: JSONFields, _ key: String) -> Bool { fields[key].map { !$0.isNull } ?? false }

  private static func pixels(
    _ fields: JSONFields, _ key: String, _ size: JSONFields?, _ edge: String, _ range: ClosedRange<Int>
  ) throws -> Int {
    if present(fields, key) { return try fields.int(key, in: range) }
    guard let size else { return try fields.object("size").int(edge, in: range) }
    return try size.int(edge, in: range)
  }

  private static func channels(_ fields: JSONFields, _ key: String) throws -> [Double] {
    let values = try fields.array(key).map(\.doubleValue)
    guard values.count == 3, case let numbers = values.compactMap({ $0 }), numbers.count == 3 else {
      throw ImageError.settings(
        fields.place(of: key), key: key, expected: "three numbers", found: "\(values.count) values")
    }
    return numbers
  }

  /// Refuses settings that would change the result.
  private static func refuseOthers(_ fields: JSONFields) throws {
    for key in ["do_resize", "do_rescale", "do_normalize", "do_convert_rgb"] where present(fields, key) {
      guard try fields.bool(key) else {
        throw ImageError.settings(fields.place(of: key), key: key, expected: "true", found: "false")
      }
    }
    for key in ["do_center_crop", "do_pad"] where present(fields, key) {
      guard try !fields.bool(key) else {
        throw ImageError.settings(fields.place(of: key), key: key, expected: "false", found: "true")
      }
    }
    guard !present(fields, "resample") || fields["resample"]?.intValue == 3 else {
      throw ImageError.settings(
        fields.place(of: "resample"), key: "resample", expected: "3, which is bicubic",
        found: fields["resample"]?.typeName ?? "nothing")
    }
  }
}
