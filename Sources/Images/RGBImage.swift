/// Pixels of 8 bits a channel.
public struct RGBImage: Sendable, Equatable {
  /// Pixels of a row.
  public let width: Int
  /// Rows.
  public let height: Int
  /// Red, green, blue of each pixel, rows from the top: `width * height * 3` bytes.
  public let pixels: [UInt8]

  /// - Parameters:
  ///   - width: Pixels of a row.
  ///   - height: Rows.
  ///   - pixels: `width * height * 3` bytes; nil is returned for another number.
  public init?(width: Int, height: Int, pixels: [UInt8]) {
    let (area, isOver) = width.multipliedReportingOverflow(by: height)
    let (bytes, isTooLarge) = area.multipliedReportingOverflow(by: 3)
    guard width > 0, height > 0, !isOver, !isTooLarge, pixels.count == bytes else { return nil }
    self.init(unchecked: width, height, pixels)
  }

  /// Takes pixels whose number is right by the way they were made.
  init(unchecked width: Int, _ height: Int, _ pixels: [UInt8]) {
    self.width = width
    self.height = height
    self.pixels = pixels
  }
}
