/// How the pixels of a file are turned, by the numbers of EXIF (tag 0x0112).
enum Orientation: Int {
  case upright = 1
  case mirrored = 2
  case rotated180 = 3
  case flipped = 4
  case transposed = 5
  case rotated90 = 6
  case transversed = 7
  case rotated270 = 8

  /// Turns the pixels upright.
  func upright(_ image: RGBImage) -> RGBImage {
    guard self != .upright else { return image }
    let (width, height) = (image.width, image.height)
    let isTurned = rawValue >= 5
    let (newWidth, newHeight) = isTurned ? (height, width) : (width, height)
    let pixels = [UInt8](unsafeUninitializedCapacity: image.pixels.count) { buffer, count in
      for y in 0..<newHeight {
        for x in 0..<newWidth {
          let (fromX, fromY) = source(x, y, width, height)
          let from = 3 * (fromY * width + fromX)
          let to = 3 * (y * newWidth + x)
          for channel in 0..<3 { buffer[to + channel] = image.pixels[from + channel] }
        }
      }
      count = image.pixels.count
    }
    return RGBImage(unchecked: newWidth, newHeight, pixels)
  }

  /// Where a pixel of the upright image is in the file.
  private func source(_ x: Int, _ y: Int, _ width: Int, _ height: Int) -> (Int, Int) {
    switch self {
    case .upright: (x, y)
    case .mirrored: (width - 1 - x, y)
    case .rotated180: (width - 1 - x, height - 1 - y)
    case .flipped: (x, height - 1 - y)
    case .transposed: (y, x)
    case .rotated90: (y, height - 1 - x)
    case .transversed: (width - 1 - y, height - 1 - x)
    case .rotated270: (width - 1 - y, x)
    }
  }
}

/// Finds the orientation in EXIF and XMP. Data that are not well-formed have none.
enum ExifOrientation {
  /// The orientation in the body of an EXIF block: a TIFF header, and entries of 12 bytes.
  static func read(_ exif: [UInt8]) -> Orientation? {
    // PNG encoders may keep the prefix that only JPEG has.
    let bytes = exif.starts(with: Array("Exif\0\0".utf8)) ? Array(exif.dropFirst(6)) : exif
    let reader = ByteReader(bytes: bytes, offset: 0)
    let isLittle = bytes.starts(with: Array("II".utf8))
    guard isLittle || bytes.starts(with: Array("MM".utf8)) else { return nil }
    func uint16(_ offset: Int) -> Int? {
      reader.uint16(offset).map { isLittle ? ($0 & 0xFF) << 8 | $0 >> 8 : $0 }
    }
    func uint32(_ offset: Int) -> Int? {
      guard let first = uint16(offset), let second = uint16(offset + 2) else { return nil }
      return isLittle ? second << 16 | first : first << 16 | second
    }
    guard uint16(2) == 42, let start = uint32(4), let count = uint16(start) else { return nil }
    for index in 0..<count {
      let entry = start + 2 + 12 * index
      guard let tag = uint16(entry), let type = uint16(entry + 2), let values = uint32(entry + 4) else { return nil }
      guard tag == 0x0112 else { continue }
      guard values == 1 else { return nil }
      // Only integers of 16 or 32 bits are numbers to Pillow.
      let value = type == 3 ? uint16(entry + 8) : type == 4 ? uint32(entry + 8) : nil
      return value.flatMap(Orientation.init)
    }
    return nil
  }

  /// The orientation in XMP: `tiff:Orientation="6"` or `<tiff:Orientation>6<`.
  static func readXMP(_ data: ArraySlice<UInt8>) -> Orientation? {
    let name = Array("tiff:Orientation".utf8)
    var rest = data
    while let start = rest.firstIndex(of: name[0]) {
      rest = rest[start...]
      if rest.starts(with: name) {
        let value = rest.dropFirst(name.count)
        let digit =
          value.starts(with: Array("=\"".utf8))
          ? value.dropFirst(2).first : value.first == 0x3E ? value.dropFirst().first : nil
        if let digit, (0x30...0x39).contains(digit) { return Orientation(rawValue: Int(digit) - 0x30) }
      }
      rest = rest.dropFirst()
    }
    return nil
  }
}
