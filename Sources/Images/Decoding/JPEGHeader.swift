/// What the markers of a JPEG say, up to the first scan (ITU-T T.81, annex B).
struct JPEGHeader {
  let width: Int
  let height: Int
  /// Samples of a pixel: 1, 3 or 4.
  let components: Int
  let orientation: Orientation

  /// - Throws: `E_IMAGE_CORRUPT` when a marker is not complete or there is no frame before the first scan;
  ///   `E_IMAGE_UNSUPPORTED` for samples that have not 8 bits, a coding without a decoder, or other numbers of components.
  init(_ bytes: [UInt8], file: String) throws(ImageError) {
    let reader = ByteReader(bytes: bytes, offset: 0)
    var frame: (width: Int, height: Int, components: Int)?
    var exif: [UInt8] = []
    var xmp: Orientation?
    var offset = 2
    while true {
      guard let (marker, body) = Self.marker(reader, from: offset) else {
        throw .corrupt(file: file, reason: "the data end before the first scan")
      }
      if marker == 0xDA { break }
      if marker == 0xD9 { throw .corrupt(file: file, reason: "the image ends before its first scan") }
      // Restart markers and the like have no length.
      if marker == 0x01 || (0xD0...0xD8).contains(marker) {
        offset = body
        continue
      }
      guard let length = reader.uint16(body), length >= 2, body + length <= bytes.count else {
        throw .corrupt(file: file, reason: "the data end inside of a marker")
      }
      let data = bytes[(body + 2)..<(body + length)]
      if (0xC0...0xCF).contains(marker), ![0xC4, 0xC8, 0xCC].contains(marker) {
        frame = try Self.frame(reader, marker, body + 2, data.count, file)
      } else if marker == 0xE1, data.starts(with: Array("Exif\0\0".utf8)) {
        exif += data.dropFirst(6)
      } else if marker == 0xE1, data.starts(with: Array("http://ns.adobe.com/xap/1.0/\0".utf8)) {
        xmp = ExifOrientation.readXMP(data)
      }
      offset = body + length
    }
    guard let frame else { throw .corrupt(file: file, reason: "there is no frame before the first scan") }
    (width, height, components) = frame
    orientation = ExifOrientation.read(exif) ?? xmp ?? .upright
  }

  /// The next marker, and where its body begins. Anything between markers is stepped over.
  private static func marker(_ reader: ByteReader, from start: Int) -> (Int, Int)? {
    var offset = start
    while let byte = reader.byte(offset) {
      guard byte == 0xFF, let next = reader.byte(offset + 1) else {
        offset += 1
        continue
      }
      if next == 0xFF {
        offset += 1
      } else if next == 0 {
        offset += 2
      } else {
        return (next, offset + 2)
      }
    }
    return nil
  }

  private static func frame(
    _ reader: ByteReader, _ marker: Int, _ offset: Int, _ count: Int, _ file: String
  ) throws(ImageError) -> (width: Int, height: Int, components: Int) {
    guard count >= 6, let depth = reader.byte(offset), let height = reader.uint16(offset + 1),
      let width = reader.uint16(offset + 3), let components = reader.byte(offset + 5)
    else { throw .corrupt(file: file, reason: "the frame header of the JPEG is not complete") }
    guard [0xC0, 0xC1, 0xC2, 0xC9, 0xCA].contains(marker) else {
      throw .unsupported(file: file, feature: "a lossless or hierarchical JPEG")
    }
    guard depth == 8 else { throw .unsupported(file: file, feature: "a JPEG with \(depth) bits per sample") }
    guard [1, 3, 4].contains(components) else {
      throw .unsupported(file: file, feature: "a JPEG with \(components) components")
    }
    return (width, height, components)
  }
}
