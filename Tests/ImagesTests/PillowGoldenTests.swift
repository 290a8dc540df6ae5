import TestSupport
import Foundation
import Images
import StrictJSON
import Testing

/// Equal to Pillow and transformers, byte by byte: `make_images.py` wrote the fixture.
@Suite struct PillowGoldenTests {
  @Test func `images are decoded as Pillow decodes them`() throws {
    let rows = try Fixture.rows()
    #expect(rows.count > 120)
    for row in rows {
      guard let expected = row.pixels else {
        #expect(refusal { _ = try ImageDecoder.decode(row.bytes, file: row.name) } != nil, "\(row.name)")
        continue
      }
      let image = try ImageDecoder.decode(row.bytes, file: row.name)
      #expect(image.width == expected.width && image.height == expected.height, "\(row.name)")
      #expect(digest(image.pixels) == expected.digest, "\(row.name)")
    }
  }

  @Test func `images are resized as Pillow resizes them`() throws {
    var columnsFirst = 0
    for row in try Fixture.rows() where row.pixels != nil {
      let image = try ImageDecoder.decode(row.bytes, file: row.name)
      for size in row.resized {
        let resized = BicubicResize.resize(image, width: size.width, height: size.height)
        #expect(digest(resized.pixels) == size.digest, "\(row.name) \(size)")
        if image.height - size.height > max(0, 2 * (image.width - size.width)) { columnsFirst += 1 }
      }
    }
    // Both orders of the passes are met.
    #expect(columnsFirst > 10)
  }

  @Test func `patches are those of the processor`() throws {
    let rows = try Fixture.rows().filter { $0.patches != nil }
    #expect(rows.count == 8)
    for row in rows {
      let settings = try ImageSettings(
        json: JSONWriter.canonical(try #require(row.settings)), file: "preprocessor_config.json")
      let patches = try ImagePatches(
        ImageDecoder.decode(row.bytes, file: row.name), settings: settings, file: row.name)
      #expect([patches.grid.t, patches.grid.h, patches.grid.w] == row.grid, "\(row.name)")
      let values = patches.values()
      #expect(values.count == patches.count * patches.patchLength)
      let bytes = values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init) }
      #expect(digest(bytes) == row.patches, "\(row.name)")
    }
  }

  @Test func `sizes are those that Transformers chooses`() throws {
    let path = Fixture.folder.appendingPathComponent("sizes.json").path
    let rows =
      try JSONValue.parse(Array(String(contentsOfFile: path, encoding: .utf8).utf8), file: path).arrayValue ?? []
    #expect(rows.count == 400)
    var refused = 0
    for row in rows {
      let numbers = (row.arrayValue ?? []).compactMap(\.intValue)
      let settings = ImageSettings(
        patchSize: numbers[2], mergeSize: 1, minPixels: numbers[3], maxPixels: numbers[4])
      if numbers.count == 7 {
        let size = try SmartResize.size(width: numbers[0], height: numbers[1], settings: settings, file: "i")
        #expect([size.width, size.height] == Array(numbers[5...]), "\(numbers)")
      } else {
        let diagnostic = refusal {
          _ = try SmartResize.size(width: numbers[0], height: numbers[1], settings: settings, file: "i")
        }
        #expect(diagnostic?.code == "E_IMAGE_ASPECT", "\(numbers)")
        refused += 1
      }
    }
    #expect(refused > 0)
  }

  @Test func `chooses sizes of videos as transformers`() throws {
    let path = Fixture.folder.appendingPathComponent("video_sizes.json").path
    let rows =
      try JSONValue.parse(Array(String(contentsOfFile: path, encoding: .utf8).utf8), file: path).arrayValue ?? []
    #expect(rows.count == 60)
    var refused = 0
    for row in rows {
      let parts = row.arrayValue ?? []
      let numbers = (parts[0].arrayValue ?? []).compactMap(\.intValue)
      let settings = ImageSettings(
        patchSize: numbers[3], temporalPatchSize: numbers[4], mergeSize: 1, minPixels: numbers[5], maxPixels: numbers[6]
      )
      var found: [Int] = []
      let diagnostic = refusal {
        let size = try SmartResize.size(
          width: numbers[0], height: numbers[1], frames: numbers[2], settings: settings, file: "v")
        found = [size.width, size.height]
      }
      #expect(found == (parts[1].arrayValue ?? []).compactMap(\.intValue), "\(numbers)")
      if parts[1].isNull {
        refused += 1
        #expect(diagnostic?.code == "E_IMAGE_ASPECT")
      }
    }
    #expect(refused > 0)
  }
}
