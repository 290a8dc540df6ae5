/// An image, or the frames of a video, as the vision tower reads it: patches in merge-block order.
///
/// A patch spans `temporalPatchSize` frames; a still image is repeated along time, and so is the last frame of a video
/// whose frames are no multiple. Patches of one group of frames follow each other, then those of the next group.
/// Patches of a block of `mergeSize` × `mergeSize` follow each other, row by row; blocks follow each other row by row
/// (`patchify` of transformers, `image_processing_pil_qwen2_vl.py`). The values are made when asked for: they take 24 times
/// the room of the pixels.
public struct ImagePatches: Sendable {
  /// The resized frames, all of one size; one for a still image.
  public let frames: [RGBImage]
  /// The settings by which the image was cut.
  public let settings: ImageSettings
  /// The value of each byte in each channel, `[3, 256]`.
  private let table: [Float]

  /// Resizes and cuts an image.
  /// - Parameters:
  ///   - image: The upright image.
  ///   - settings: The model's settings: sizes of patches, limits of pixels, mean and deviation.
  ///   - file: What messages call it.
  /// - Throws: `E_IMAGE_ASPECT`.
  public init(_ image: RGBImage, settings: ImageSettings, file: String) throws(ImageError) {
    let size = try SmartResize.size(width: image.width, height: image.height, settings: settings, file: file)
    frames = [BicubicResize.resize(image, width: size.width, height: size.height)]
    self.settings = settings
    table = Self.values(settings)
  }

  /// Resizes and cuts the frames of a video, taken as they are: none is left out or added but to fill the last group.
  ///
  /// Frames are resized as Pillow does it; the video processor of transformers, which resizes on tensors, differs by at
  /// most 1 of 255.
  /// - Parameters:
  ///   - video: Upright frames of one size, at least as many as a patch spans.
  ///   - settings: The settings of `video_preprocessor_config.json`, whose pixel counts are of all frames together.
  ///   - file: What messages call it.
  /// - Throws: `E_IMAGE_ASPECT`, `E_VIDEO_FRAMES`.
  public init(video: [RGBImage], settings: ImageSettings, file: String) throws(ImageError) {
    guard let first = video.first, video.count >= settings.temporalPatchSize else {
      throw .frames(
        file: file, expected: "at least \(settings.temporalPatchSize) frames", found: "\(video.count)")
    }
    if let other = video.first(where: { $0.width != first.width || $0.height != first.height }) {
      throw .frames(
        file: file, expected: "frames of one size, \(first.width) × \(first.height) as the first",
        found: "\(other.width) × \(other.height)")
    }
    let size = try SmartResize.size(
      width: first.width, height: first.height, frames: video.count, settings: settings, file: file)
    frames = video.map { BicubicResize.resize($0, width: size.width, height: size.height) }
    self.settings = settings
    table = Self.values(settings)
  }

  /// The resized image, or the first frame.
  public var image: RGBImage { frames[0] }

  /// Patches along time (1 for an image), height and width.
  public var grid: (t: Int, h: Int, w: Int) {
    (
      (frames.count + settings.temporalPatchSize - 1) / settings.temporalPatchSize, image.height / settings.patchSize,
      image.width / settings.patchSize
    )
  }

  /// Number of patches.
  public var count: Int { grid.t * grid.h * grid.w }

  /// Number of patches of one group of frames.
  public var groupCount: Int { grid.h * grid.w }

  /// Number of tokens that stand for all patches in a prompt.
  public var tokens: Int { count / (settings.mergeSize * settings.mergeSize) }

  /// Values of one patch: channel, frame, row, column.
  public var patchLength: Int { 3 * settings.temporalPatchSize * settings.patchSize * settings.patchSize }

  /// All values, `[count, patchLength]`.
  public func values() -> [Float] {
    [Float](unsafeUninitializedCapacity: count * patchLength) { buffer, written in
      write(0..<count, into: buffer)
      written = count * patchLength
    }
  }

  /// Writes the values of some patches, `[patches.count, patchLength]`.
  /// - Parameters:
  ///   - patches: Places in merge-block order; those beyond the image are left out.
  ///   - buffer: At least `patches.count * patchLength` elements; nothing is written when it has fewer.
  public func write(_ patches: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>) {
    let patches = patches.clamped(to: 0..<count)
    guard buffer.count >= patches.count * patchLength else { return }
    for (index, patch) in patches.enumerated() {
      let (group, place) = patch.quotientAndRemainder(dividingBy: groupCount)
      for time in 0..<settings.temporalPatchSize {
        let frame = frames[min(group * settings.temporalPatchSize + time, frames.count - 1)]
        write(frame, at: self.place(place), time: time, into: buffer, from: index * patchLength)
      }
    }
  }

  /// Writes one frame's part of a patch.
  private func write(
    _ frame: RGBImage, at place: (row: Int, column: Int), time: Int, into buffer: UnsafeMutableBufferPointer<Float>,
    from start: Int
  ) {
    let side = settings.patchSize
    let first = 3 * (place.row * side * frame.width + place.column * side)
    frame.pixels.withUnsafeBufferPointer { pixels in
      table.withUnsafeBufferPointer { table in
        for channel in 0..<3 {
          var at = start + (channel * settings.temporalPatchSize + time) * side * side
          for y in 0..<side {
            for x in 0..<side {
              buffer[at] = table[256 * channel + Int(pixels[first + 3 * (y * frame.width + x) + channel])]
              at += 1
            }
          }
        }
      }
    }
  }

  /// Row and column in the grid of a patch of one group.
  public func place(_ patch: Int) -> (row: Int, column: Int) {
    let merge = settings.mergeSize
    let (block, inside) = patch.quotientAndRemainder(dividingBy: merge * merge)
    let blocks = max(1, grid.w / merge)
    return (block / blocks * merge + inside / merge, block % blocks * merge + inside % merge)
  }

  /// The value of each byte as the processor computes it: the product in double precision, then everything in single precision.
  private static func values(_ settings: ImageSettings) -> [Float] {
    (0..<(3 * 256)).map { index in
      let scaled = Float(Double(index % 256) * settings.rescaleFactor)
      return (scaled - Float(settings.mean[index / 256])) / Float(settings.deviation[index / 256])
    }
  }
}
