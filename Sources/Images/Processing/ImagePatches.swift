/// An image as the vision tower reads it: patches in merge-block order.
///
/// Patches of a block of `mergeSize` × `mergeSize` follow each other, row by row; blocks follow each other row by row
/// (`patchify` of transformers, `image_processing_pil_qwen2_vl.py`). The values are made when asked for: they take 24 times
/// the room of the pixels.
public struct ImagePatches: Sendable {
  /// The resized image.
  public let image: RGBImage
  public let settings: ImageSettings
  /// The value of each byte in each channel, `[3, 256]`.
  private let table: [Float]

  /// Resizes and cuts an image.
  /// - Parameters:
  ///   - image: The upright image.
  ///   - file: What messages call it.
  /// - Throws: `E_IMAGE_ASPECT`.
  public init(_ image: RGBImage, settings: ImageSettings, file: String) throws(ImageError) {
    let size = try SmartResize.size(width: image.width, height: image.height, settings: settings, file: file)
    self.image = BicubicResize.resize(image, width: size.width, height: size.height)
    self.settings = settings
    table = Self.values(settings)
  }

  /// Patches along time (1 for an image), height and width.
  public var grid: (t: Int, h: Int, w: Int) {
    (1, image.height / settings.patchSize, image.width / settings.patchSize)
  }

  /// Number of patches.
  public var count: Int { grid.h * grid.w }

  /// Number of tokens that stand for the image in a prompt.
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
    let side = settings.patchSize
    let plane = side * side
    image.pixels.withUnsafeBufferPointer { pixels in
      table.withUnsafeBufferPointer { table in
        for (index, patch) in patches.enumerated() {
          let (row, column) = place(patch)
          let first = 3 * (row * side * image.width + column * side)
          for channel in 0..<3 {
            let start = index * patchLength + channel * settings.temporalPatchSize * plane
            for y in 0..<side {
              for x in 0..<side {
                let value = table[256 * channel + Int(pixels[first + 3 * (y * image.width + x) + channel])]
                for frame in 0..<settings.temporalPatchSize { buffer[start + frame * plane + y * side + x] = value }
              }
            }
          }
        }
      }
    }
  }

  /// Row and column of a patch in the grid.
  public func place(_ patch: Int) -> (row: Int, column: Int) {
    let merge = settings.mergeSize
    let (block, inside) = patch.quotientAndRemainder(dividingBy: merge * merge)
    let blocks = max(1, grid.w / merge)
    return (block / blocks * merge + inside / merge, block % blocks * merge + inside % merge)
  }

  /// As the processor computes them: the product in double precision, then everything in single precision.
  private static func values(_ settings: ImageSettings) -> [Float] {
    (0..<(3 * 256)).map { index in
      let scaled = Float(Double(index % 256) * settings.rescaleFactor)
      return (scaled - Float(settings.mean[index / 256])) / Float(settings.deviation[index / 256])
    }
  }
}
