import TestSupport
import Diagnostics
import Foundation
import Images
import Testing

@Suite struct HostileImageTests {
  private func code(_ bytes: [UInt8], _ limits: ImageLimits = ImageLimits()) -> String? {
    refusal { _ = try ImageDecoder.decode(bytes, file: "i.png", limits: limits) }?.code
  }

  /// A PNG with this header and these chunks behind it; checksums are right.
  private func png(
    width: UInt32, height: UInt32, depth: UInt8 = 8, color: UInt8 = 2, chunks: [(String, [UInt8])] = [("IDAT", [])]
  ) -> [UInt8] {
    func number(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian, Array.init) }
    func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
      let body = Array(name.utf8) + data
      return number(UInt32(data.count)) + body + number(crc(body))
    }
    let header = number(width) + number(height) + [depth, color, 0, 0, 0]
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header)
      + chunks.flatMap { chunk($0.0, $0.1) } + chunk("IEND", [])
  }

  private func crc(_ bytes: [UInt8]) -> UInt32 {
    var sum: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 1 ? (sum >> 1) ^ 0xEDB8_8320 : sum >> 1 }
    }
    return ~sum
  }

  @Test func `other formats are named`() {
    let files: [(String, [UInt8])] = [
      ("an empty file", []), ("GIF", Array("GIF89a".utf8)), ("BMP", Array("BM12".utf8)),
      ("WebP", Array("RIFF1234WEBPVP8 ".utf8)), ("TIFF", Array("II*\0".utf8)),
      ("HEIF or AVIF", Array("\0\0\0\u{18}ftypavif".utf8)), ("no format that is known", Array("hello".utf8)),
    ]
    for (name, bytes) in files {
      let diagnostic = refusal { _ = try ImageDecoder.decode(bytes, file: "i") }
      #expect(diagnostic?.code == "E_IMAGE_FORMAT" && diagnostic?.found == name, "\(name)")
    }
  }

  @Test func `sizes are checked before anything is decoded`() {
    for (width, height) in [
      (65_535, 65_535), (0x7FFF_FFFF, 0x7FFF_FFFF), (0xFFFF_FFFF, 1), (16_385, 1), (0, 5), (5, 0),
    ] {
      #expect(code(png(width: UInt32(width), height: UInt32(height))) == "E_IMAGE_SIZE", "\(width) × \(height)")
    }
    #expect(code(png(width: 8000, height: 8000)) == "E_IMAGE_SIZE")
    let jpeg: [UInt8] =
      [0xFF, 0xD8, 0xFF, 0xC0, 0, 17, 8, 0xFF, 0xFF, 0xFF, 0xFF, 3]
      + [1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 0xFF, 0xDA, 0, 8]
    #expect(code(jpeg) == "E_IMAGE_SIZE")
  }

  @Test func `bytes are limited`() {
    var limits = ImageLimits()
    limits.bytes = 10
    #expect(code([UInt8](repeating: 0, count: 11), limits) == "E_IMAGE_BYTES")
  }

  /// Every beginning of a file is refused, or is the image already (what stands behind the pixels does not matter).
  @Test(arguments: [
    "resize 61×97", "jpeg 50×33 progressive", "jpeg 50×33 1", "png 3 8 interlaced", "jpeg orientation 6",
  ])
  func `every beginning ends well`(name: String) throws {
    let bytes = try Fixture.bytes(name)
    let whole = try ImageDecoder.decode(bytes, file: name)
    var refused = 0
    for count in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 400)) {
      do {
        let image = try ImageDecoder.decode(Array(bytes.prefix(count)), file: name)
        #expect(image == whole, "\(count) of \(bytes.count)")
      } catch {
        refused += 1
      }
    }
    #expect(refused > 150)
  }

  /// Changed bytes give another image or an error, and nothing else.
  @Test(arguments: [
    "png 3 4 interlaced", "png 6 16", "jpeg 50×33 progressive", "jpeg 16×16 CMYK", "jpeg orientation 6",
  ])
  func `changed bytes end well`(name: String) throws {
    let bytes = try Fixture.bytes(name)
    var random: UInt64 = 7
    func next(_ bound: Int) -> Int {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(random >> 33) % bound
    }
    var limits = ImageLimits()
    limits.pixels = 1_000_000
    var refused = 0
    for _ in 0..<3000 {
      var changed = bytes
      for _ in 0...next(4) { changed[next(changed.count)] = UInt8(next(256)) }
      if next(4) == 0 { changed.removeSubrange(next(changed.count)...) }
      do {
        let image = try ImageDecoder.decode(changed, file: name, limits: limits)
        #expect(image.pixels.count == 3 * image.width * image.height)
      } catch {
        refused += 1
      }
    }
    #expect(refused > 100)
  }

  /// Chunks that could be inflated a thousandfold are stepped over.
  @Test func `text and profiles are not inflated`() throws {
    let pixels = try Fixture.bytes("png 2 8")
    let bomb = [UInt8](repeating: 0, count: 4 << 20)
    for name in ["zTXt", "iTXt", "iCCP", "tEXt", "sPLT", "abCd"] {
      // Behind the header, which ends at byte 33.
      let chunk = Array(png(width: 1, height: 1, chunks: [(name, Array("a\0\0".utf8) + bomb)])[33...].dropLast(12))
      let bytes = Array(pixels[..<33]) + chunk + Array(pixels[33...])
      #expect(try ImageDecoder.decode(bytes, file: name) == ImageDecoder.decode(pixels, file: "plain"), "\(name)")
    }
  }

  @Test func `wrong headers are refused`() throws {
    for (depth, color) in [(8, 1), (8, 5), (3, 0), (16, 3), (4, 2), (0, 0)] {
      let bytes = png(width: 1, height: 1, depth: UInt8(depth), color: UInt8(color))
      #expect(code(bytes) == "E_IMAGE_CORRUPT", "\(depth) \(color)")
    }
    // A palette image without a palette, and pixels before the header.
    #expect(code(png(width: 1, height: 1, color: 3)) == "E_IMAGE_CORRUPT")
    #expect(code(Array(png(width: 1, height: 1)[..<20])) == "E_IMAGE_CORRUPT")
    let jpeg = try Fixture.bytes("jpeg 16×16 0")
    let frame = try #require(jpeg.firstIndex(of: 0xC0))
    var bits = jpeg
    bits[frame + 3] = 12
    #expect(refusal { _ = try ImageDecoder.decode(bits, file: "i") }?.found == "a JPEG with 12 bits per sample")
    var lossless = jpeg
    lossless[frame] = 0xC3
    #expect(code(lossless) == "E_IMAGE_UNSUPPORTED")
    var two = jpeg
    two[frame + 8] = 2
    #expect(code(two) == "E_IMAGE_UNSUPPORTED")
    // No height in the frame: it would follow the pixels.
    var open = jpeg
    open[frame + 4] = 0
    open[frame + 5] = 0
    #expect(code(open) == "E_IMAGE_SIZE")
  }

  @Test func `progressive files have bounded scans and memory`() throws {
    let bytes = try Fixture.bytes("jpeg 50×33 progressive")
    // The last scan again and again, each with the whole image to go through.
    let scans = bytes.indices.dropLast().filter { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xDA }
    let last = try #require(scans.last)
    let scan = Array(bytes[last..<(bytes.count - 2)])
    let many = Array(bytes[..<(bytes.count - 2)]) + Array(repeatElement(scan, count: 300).joined()) + [0xFF, 0xD9]
    #expect(code(many) == "E_IMAGE_LIMIT")
    var limits = ImageLimits()
    limits.decoderMemory = 1 << 10
    #expect(code(try Fixture.bytes("jpeg high progressive"), limits) == "E_IMAGE_LIMIT")
  }

  @Test func `damaged orientations are ignored`() throws {
    let bytes = try Fixture.bytes("jpeg orientation 6")
    let exif = try #require(bytes.indices.first { bytes[$0...].starts(with: Array("Exif\0\0".utf8)) }) + 6
    #expect(try ImageDecoder.decode(bytes, file: "i").width == 10)
    for (place, value) in [(0, 0), (2, 1), (4, 0xFF), (8, 0xFF), (exif, 0)] where place != exif {
      var changed = bytes
      changed[exif + place] = UInt8(value)
      // Lies as the pixels do, or is turned by an entry that could be read all the same.
      #expect([10, 15].contains(try ImageDecoder.decode(changed, file: "i").width), "\(place)")
    }
    var header = bytes
    header[exif] = 0
    #expect(try ImageDecoder.decode(header, file: "i").width == 15)
  }

  @Test func `long images are refused when they are cut`() throws {
    let image = try #require(RGBImage(width: 300, height: 1, pixels: [UInt8](repeating: 0, count: 900)))
    let diagnostic = refusal { _ = try ImagePatches(image, settings: ImageSettings(), file: "long.png") }
    #expect(diagnostic?.code == "E_IMAGE_ASPECT" && diagnostic?.file == "long.png")
    let allowed = try #require(RGBImage(width: 200, height: 1, pixels: [UInt8](repeating: 0, count: 600)))
    #expect(try ImagePatches(allowed, settings: ImageSettings(minPixels: 1), file: "i").count > 0)
  }
}
