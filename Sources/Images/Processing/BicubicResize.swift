/// Antialiased bicubic resizing that yields Pillow's bytes.
///
/// Pillow (`Resample.c`) computes the weights of each output pixel in double precision, rounds them to 22 fractional bits
/// (halves away from zero), and sums in integers: first along the rows, then along the columns, each time rounded to
/// bytes. A direction whose size does not change is left out. Since version 13 the columns come first where the height
/// shrinks by more than twice as many pixels as the width; older versions differ there by a few steps of 255.
public enum BicubicResize {
  /// - Parameters:
  ///   - image: The image, 8 bits a channel.
  ///   - width: New width, at least 1.
  ///   - height: New height, at least 1.
  public static func resize(_ image: RGBImage, width: Int, height: Int) -> RGBImage {
    let width = max(width, 1)
    let height = max(height, 1)
    let columnsFirst = height < image.height && image.height - height > 2 * (image.width - width)
    var image = image
    if columnsFirst { image = alongColumns(image, Taps(from: image.height, to: height)) }
    if width != image.width { image = alongRows(image, Taps(from: image.width, to: width)) }
    if height != image.height { image = alongColumns(image, Taps(from: image.height, to: height)) }
    return image
  }

  private static func alongRows(_ image: RGBImage, _ taps: Taps) -> RGBImage {
    let width = taps.ranges.count
    let rowBytes = 3 * image.width
    let pixels = [UInt8](unsafeUninitializedCapacity: 3 * width * image.height) { out, count in
      image.pixels.withUnsafeBufferPointer { source in
        taps.weights.withUnsafeBufferPointer { weights in
          for (x, range) in taps.ranges.enumerated() {
            let weight = UnsafeBufferPointer(rebasing: weights[(x * taps.width)..<(x * taps.width + range.count)])
            for y in 0..<image.height {
              var red = Taps.half
              var green = Taps.half
              var blue = Taps.half
              var from = y * rowBytes + 3 * range.lowerBound
              for value in weight {
                red &+= Int32(source[from]) &* value
                green &+= Int32(source[from + 1]) &* value
                blue &+= Int32(source[from + 2]) &* value
                from += 3
              }
              let to = 3 * (y * width + x)
              out[to] = Taps.byte(red)
              out[to + 1] = Taps.byte(green)
              out[to + 2] = Taps.byte(blue)
            }
          }
        }
      }
      count = 3 * width * image.height
    }
    return RGBImage(unchecked: width, image.height, pixels)
  }

  private static func alongColumns(_ image: RGBImage, _ taps: Taps) -> RGBImage {
    let rowBytes = 3 * image.width
    let height = taps.ranges.count
    let pixels = [UInt8](unsafeUninitializedCapacity: rowBytes * height) { out, count in
      image.pixels.withUnsafeBufferPointer { source in
        var sums = [Int32](repeating: 0, count: rowBytes)
        sums.withUnsafeMutableBufferPointer { sums in
          for (y, range) in taps.ranges.enumerated() {
            sums.update(repeating: Taps.half)
            for (tap, row) in range.enumerated() {
              let value = taps.weights[y * taps.width + tap]
              let from = row * rowBytes
              for index in 0..<rowBytes { sums[index] &+= Int32(source[from + index]) &* value }
            }
            for index in 0..<rowBytes { out[y * rowBytes + index] = Taps.byte(sums[index]) }
          }
        }
      }
      count = rowBytes * height
    }
    return RGBImage(unchecked: image.width, height, pixels)
  }
}

/// Which input pixels make an output pixel along one direction, and their weights.
struct Taps {
  /// Fractional bits of the weights: 32, less 8 for the bytes and 2 for the sum's overshoot.
  static let precision: Int32 = 22
  /// One half, which makes the shift round.
  static let half: Int32 = 1 << (precision - 1)

  /// Input pixels of each output pixel.
  private(set) var ranges: [Range<Int>] = []
  /// `width` weights for each output pixel, those beyond its range unused.
  private(set) var weights: [Int32]
  /// Most input pixels of an output pixel.
  let width: Int

  init(from input: Int, to output: Int) {
    let scale = Double(input) / Double(output)
    let stretch = max(scale, 1)
    let support = 2 * stretch
    width = Int(support.rounded(.up)) * 2 + 1
    weights = [Int32](repeating: 0, count: width * output)
    ranges.reserveCapacity(output)
    for index in 0..<output {
      let center = (Double(index) + 0.5) * scale
      // Cut towards zero, as a conversion in C does.
      let first = max(0, Int(center - support + 0.5))
      let end = min(input, Int(center + support + 0.5))
      let inverse = 1 / stretch
      var values = (first..<end).map { Self.cubic((Double($0) - center + 0.5) * inverse) }
      // Summed one after the other, in this order, as Pillow does.
      var sum = 0.0
      for value in values { sum += value }
      if sum != 0 { for place in values.indices { values[place] /= sum } }
      for (place, value) in values.enumerated() {
        let scaled = value * Double(Int32(1) << Self.precision)
        weights[index * width + place] = Int32(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
      }
      ranges.append(first..<end)
    }
  }

  /// The cubic kernel with a = -0.5.
  private static func cubic(_ distance: Double) -> Double {
    let a = -0.5
    let x = abs(distance)
    if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
    return 0
  }

  /// A sum as a byte.
  static func byte(_ sum: Int32) -> UInt8 { UInt8(clamping: sum >> precision) }
}
