import CImages

enum PNGDecoder {
  /// The pixels of a PNG, as the file stores them.
  static func decode(
    _ bytes: [UInt8], _ header: PNGHeader, file: String, limits: ImageLimits
  ) throws(ImageError) -> RGBImage {
    let pixelBytes =
      switch header.color {
      case .gray: header.depth == 16 ? 2 : 1
      case .palette, .grayAlpha: 1
      case .rgb, .rgbAlpha: 3
      }
    // A file may use colours that it does not define; they are black to Pillow.
    var palette = [UInt8](repeating: 0, count: 768)
    let samples = try CodecCall.decode(
      bytes, width: header.width, height: header.height, pixelBytes: pixelBytes, file: file, limits: limits
    ) { cambium_png_decode(&$0, &palette) }
    return RGBImage(unchecked: header.width, header.height, rgb(samples, header, palette))
  }

  private static func rgb(_ samples: [UInt8], _ header: PNGHeader, _ palette: [UInt8]) -> [UInt8] {
    switch (header.color, header.depth) {
    case (.rgb, _), (.rgbAlpha, _): return samples
    case (.palette, _): return Pixels.mapped(samples) { (palette[3 * $0], palette[3 * $0 + 1], palette[3 * $0 + 2]) }
    case (.gray, 16):
      // Pillow clips 16-bit gray; it does not scale it.
      let clipped = (0..<(samples.count / 2)).map { samples[2 * $0] == 0 ? samples[2 * $0 + 1] : 255 }
      return Pixels.mapped(clipped) { (UInt8($0), UInt8($0), UInt8($0)) }
    case (.gray, let depth) where depth < 8:
      let scale = 255 / ((1 << depth) - 1)
      return Pixels.mapped(samples) { sample in
        let gray = UInt8(truncatingIfNeeded: sample * scale)
        return (gray, gray, gray)
      }
    case (.gray, _), (.grayAlpha, _): return Pixels.mapped(samples) { (UInt8($0), UInt8($0), UInt8($0)) }
    }
  }
}

/// Three bytes for each one.
enum Pixels {
  static func mapped(_ samples: [UInt8], _ color: (Int) -> (UInt8, UInt8, UInt8)) -> [UInt8] {
    let table = (0..<256).map(color)
    return [UInt8](unsafeUninitializedCapacity: samples.count * 3) { buffer, count in
      for (index, sample) in samples.enumerated() {
        let (red, green, blue) = table[Int(sample)]
        buffer[3 * index] = red
        buffer[3 * index + 1] = green
        buffer[3 * index + 2] = blue
      }
      count = samples.count * 3
    }
  }
}

/// A call of a decoder in C.
enum CodecCall {
  /// The decoder's output of `width * height * pixelBytes` bytes.
  static func decode(
    _ bytes: [UInt8], width: Int, height: Int, pixelBytes: Int, file: String, limits: ImageLimits,
    _ call: (inout cambium_image) -> Int32
  ) throws(ImageError) -> [UInt8] {
    var image = cambium_image()
    image.size = bytes.count
    image.width = UInt32(width)
    image.height = UInt32(height)
    image.pixel_bytes = UInt32(pixelBytes)
    image.memory = limits.decoderMemory
    var result: Int32 = 0
    let size = width * height * pixelBytes
    let output = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      // A decoder that stops half-way must not leave foreign memory in the result.
      buffer.initialize(repeating: 0)
      count = size
      bytes.withUnsafeBufferPointer { data in
        image.data = data.baseAddress
        image.output = buffer.baseAddress
        result = call(&image)
      }
    }
    let message = withUnsafeBytes(of: image.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    switch Int(result) {
    case CAMBIUM_IMAGE_OK: return output
    case CAMBIUM_IMAGE_LIMIT: throw .limit(file: file, reason: message)
    default: throw .corrupt(file: file, reason: message)
    }
  }
}
