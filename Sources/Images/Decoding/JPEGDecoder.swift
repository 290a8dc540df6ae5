import CImages

enum JPEGDecoder {
  /// The pixels of a JPEG, as the file stores them.
  static func decode(
    _ bytes: [UInt8], _ header: JPEGHeader, file: String, limits: ImageLimits
  ) throws(ImageError) -> RGBImage {
    let samples = try CodecCall.decode(
      bytes, width: header.width, height: header.height, pixelBytes: header.components, file: file, limits: limits
    ) { cambium_jpeg_decode(&$0) }
    let pixels =
      switch header.components {
      case 1: Pixels.mapped(samples) { (UInt8($0), UInt8($0), UInt8($0)) }
      case 4: rgb(invertedCMYK: samples)
      default: samples
      }
    return RGBImage(unchecked: header.width, header.height, pixels)
  }

  /// Turns CMYK into RGB as Pillow does: samples are the light that is left, not the ink (Adobe's convention, whatever the
  /// file says).
  private static func rgb(invertedCMYK samples: [UInt8]) -> [UInt8] {
    let count = samples.count / 4
    return [UInt8](unsafeUninitializedCapacity: count * 3) { buffer, written in
      for pixel in 0..<count {
        let key = Int(samples[4 * pixel + 3])
        for channel in 0..<3 {
          let ink = 255 - Int(samples[4 * pixel + channel])
          // ink * key / 255, rounded.
          let product = ink * key + 128
          let light = key - ((product >> 8) + product) >> 8
          buffer[3 * pixel + channel] = UInt8(clamping: light)
        }
      }
      written = count * 3
    }
  }
}
