/// A picture in a request: only inside of it, never fetched from anywhere.
package enum ImageSource {
  /// The bytes of a `data:` address.
  /// - Parameters:
  ///   - text: `data:image/png;base64,…` or `data:image/jpeg;base64,…`.
  ///   - place: The field, for errors.
  ///   - limits: The most bytes of a picture.
  /// - Throws: ``APIError``, for every other address.
  package static func bytes(of text: String, place: String, limits: RequestLimits) throws(APIError) -> [UInt8] {
    // Only the head of the address is looked at as text: what follows may have megabytes.
    let head = String(decoding: text.utf8.prefix(64), as: UTF8.self).lowercased()
    guard head.hasPrefix("data:") else {
      throw .field(
        place, "must be a data: address; this server fetches nothing from elsewhere", code: "unsupported_image_url")
    }
    guard let comma = text.utf8.firstIndex(of: UInt8(ascii: ",")) else {
      throw .field(place, "is a data: address without data", code: "invalid_image_url")
    }
    let type = String(text.utf8[..<comma].dropFirst(5)) ?? ""
    guard ["image/png;base64", "image/jpeg;base64", "image/jpg;base64"].contains(type.lowercased()) else {
      throw .field(place, "must be a PNG or a JPEG in base64", code: "invalid_image_format")
    }
    return try decoded(text.utf8[text.utf8.index(after: comma)...], place: place, limits: limits)
  }

  /// The bytes of a text in base64 whose media type is told beside it.
  /// - Throws: ``APIError``.
  package static func bytes(
    base64 text: String, mediaType: String, place: String, limits: RequestLimits
  ) throws(APIError) -> [UInt8] {
    guard ["image/png", "image/jpeg"].contains(mediaType) else {
      throw .field(place, "must be a PNG or a JPEG", code: "invalid_image_format")
    }
    return try decoded(text.utf8[...], place: place, limits: limits)
  }

  private static func decoded(
    _ text: Substring.UTF8View, place: String, limits: RequestLimits
  ) throws(APIError) -> [UInt8] {
    // Padding marks bytes that are not there.
    let digits = text.count - text.reversed().prefix { $0 == UInt8(ascii: "=") }.count
    guard digits / 4 * 3 + digits % 4 * 3 / 4 <= limits.imageBytes else {
      throw .field(place, "has more than \(limits.imageBytes) bytes", code: "image_too_large")
    }
    guard let bytes = decode(text) else { throw .field(place, "is not base64", code: "invalid_base64") }
    return bytes
  }

  /// Base64 with or without its padding, and with nothing between its characters.
  static func decode(_ text: Substring.UTF8View) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 * 3 + 3)
    var (bits, count, padding, digits) = (UInt32(0), 0, 0, 0)
    for byte in text {
      if byte == UInt8(ascii: "=") {
        padding += 1
        continue
      }
      guard padding == 0, let digit = digit(byte) else { return nil }
      digits += 1
      bits = bits << 6 | UInt32(digit)
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    // A last digit alone has six bits, which make no byte; padding fills up to four characters.
    guard digits % 4 != 1, padding == 0 || padding <= 2 && (digits + padding) % 4 == 0 else { return nil }
    return bytes
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
