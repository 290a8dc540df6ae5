/// What the chunks of a PNG say, besides the pixels (PNG specification, third edition, sections 5 and 11).
struct PNGHeader {
  enum Color: Int {
    case gray = 0
    case rgb = 2
    case palette = 3
    case grayAlpha = 4
    case rgbAlpha = 6
  }

  let width: Int
  let height: Int
  /// Bits of a sample.
  let depth: Int
  let color: Color
  let orientation: Orientation

  /// - Throws: `E_IMAGE_CORRUPT` when the file does not begin with a well-formed header.
  init(_ bytes: [UInt8], file: String) throws(ImageError) {
    let reader = ByteReader(bytes: bytes, offset: 0)
    guard reader.uint32(8) == 13, bytes.dropFirst(12).starts(with: Array("IHDR".utf8)), let width = reader.uint32(16),
      let height = reader.uint32(20), let depth = reader.byte(24), let color = reader.byte(25).map(Color.init)
    else { throw .corrupt(file: file, reason: "the header of the PNG is not complete") }
    guard let color, Self.depths(color).contains(depth) else {
      throw .corrupt(file: file, reason: "a colour type or bit depth that PNG does not have")
    }
    self.width = width
    self.height = height
    self.depth = depth
    self.color = color
    orientation = Self.orientation(reader)
  }

  private static func depths(_ color: Color) -> [Int] {
    switch color {
    case .gray: [1, 2, 4, 8, 16]
    case .palette: [1, 2, 4, 8]
    case .rgb, .grayAlpha, .rgbAlpha: [8, 16]
    }
  }

  /// The orientation in the chunk `eXIf`, which may come before or after the pixels; else from XMP in a chunk `iTXt`.
  private static func orientation(_ reader: ByteReader) -> Orientation {
    var offset = 8
    var xmp: Orientation?
    while let length = reader.uint32(offset), let type = reader.uint32(offset + 4),
      offset + 12 + length <= reader.bytes.count
    {
      let data = reader.bytes[(offset + 8)..<(offset + 8 + length)]
      if type == 0x6558_4966 {  // eXIf
        if let found = ExifOrientation.read(Array(data)) { return found }
      } else if type == 0x6954_5874, data.starts(with: Array("XML:com.adobe.xmp\0\0".utf8)) {  // iTXt, not compressed
        xmp = ExifOrientation.readXMP(data)
      }
      offset += 12 + length
    }
    return xmp ?? .upright
  }
}
