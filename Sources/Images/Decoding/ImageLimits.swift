/// Bounds on an image, checked by its header before anything is decoded.
public struct ImageLimits: Sendable, Equatable {
  /// Greatest size of the file, in bytes.
  public var bytes: Int
  /// Greatest number of pixels.
  public var pixels: Int
  /// Greatest width and height, in pixels.
  public var side: Int
  /// Greatest memory of a decoder besides the pixels, in bytes: a progressive JPEG keeps 2 bytes for each sample.
  public var decoderMemory: Int

  /// Creates limits, with defaults far above what a tower sees.
  public init(
    bytes: Int = 20 << 20, pixels: Int = 40_000_000, side: Int = 16_384, decoderMemory: Int = 512 << 20
  ) {
    self.bytes = bytes
    self.pixels = pixels
    self.side = side
    self.decoderMemory = decoderMemory
  }
}
