/// Decodes PNG and JPEG.
///
/// The pixels are those that `load_image` of transformers returns, which is Pillow's decoding, turned upright by the
/// EXIF orientation and converted to RGB: alpha is left out (not blended), gray is repeated, 16-bit gray is clipped at 255
/// and not scaled (as Pillow's `I;16` is), other 16-bit samples lose their low byte, four-channel JPEGs are read as
/// Adobe's inverted CMYK, colour profiles and gamma are not applied, of an animated PNG the first image counts.
public enum ImageDecoder {
  /// Decodes an image.
  /// - Parameters:
  ///   - bytes: The file's contents.
  ///   - file: What messages call it.
  ///   - limits: Bounds, checked before decoding.
  /// - Throws: ``ImageError``: `E_IMAGE_FORMAT`, `E_IMAGE_BYTES`, `E_IMAGE_SIZE`, `E_IMAGE_CORRUPT`,
  ///   `E_IMAGE_UNSUPPORTED`, `E_IMAGE_LIMIT`.
  public static func decode(
    _ bytes: [UInt8], file: String, limits: ImageLimits = ImageLimits()
  ) throws(ImageError) -> RGBImage {
    guard bytes.count <= limits.bytes else { throw .bytes(file: file, limit: limits.bytes, found: bytes.count) }
    let image: RGBImage
    let orientation: Orientation
    switch ImageFormat(bytes) {
    case .png:
      let header = try PNGHeader(bytes, file: file)
      try check(header.width, header.height, file, limits)
      image = try PNGDecoder.decode(bytes, header, file: file, limits: limits)
      orientation = header.orientation
    case .jpeg:
      let header = try JPEGHeader(bytes, file: file)
      try check(header.width, header.height, file, limits)
      image = try JPEGDecoder.decode(bytes, header, file: file, limits: limits)
      orientation = header.orientation
    case .other(let name): throw .format(file: file, found: name)
    }
    return orientation.upright(image)
  }

  private static func check(
    _ width: Int, _ height: Int, _ file: String, _ limits: ImageLimits
  ) throws(ImageError) {
    guard width > 0, height > 0, width <= limits.side, height <= limits.side, width * height <= limits.pixels else {
      throw .size(
        file: file, expected: "sides of 1 to \(limits.side) and at most \(limits.pixels) pixels", width: width,
        height: height)
    }
  }
}

/// What the first bytes of a file say.
enum ImageFormat {
  case png, jpeg
  case other(String)

  init(_ bytes: [UInt8]) {
    func begins(_ text: String, at offset: Int = 0) -> Bool { bytes.dropFirst(offset).starts(with: Array(text.utf8)) }
    if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
      self = .png
    } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else if bytes.isEmpty {
      self = .other("an empty file")
    } else if begins("GIF8") {
      self = .other("GIF")
    } else if begins("RIFF"), begins("WEBP", at: 8) {
      self = .other("WebP")
    } else if begins("BM") {
      self = .other("BMP")
    } else if begins("II*\0") || begins("MM\0*") {
      self = .other("TIFF")
    } else if begins("ftyp", at: 4) {
      self = .other("HEIF or AVIF")
    } else if begins("<svg") || begins("<?xml") {
      self = .other("SVG or other text")
    } else {
      self = .other("no format that is known")
    }
  }
}

/// The bytes of a file, read as big-endian numbers.
struct ByteReader {
  let bytes: [UInt8]
  var offset: Int

  func byte(_ index: Int) -> Int? { bytes.indices.contains(index) ? Int(bytes[index]) : nil }

  func uint16(_ index: Int) -> Int? {
    guard let high = byte(index), let low = byte(index + 1) else { return nil }
    return high << 8 | low
  }

  func uint32(_ index: Int) -> Int? {
    guard let high = uint16(index), let low = uint16(index + 2) else { return nil }
    return high << 16 | low
  }
}
