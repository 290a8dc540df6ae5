import Images
import Testing

@Suite struct ImagePatchesTests {
  /// 4 × 4 patches of 2 × 2 pixels, each pixel with a value of its own.
  private func patches(frames: Int = 2) throws -> ImagePatches {
    let settings = ImageSettings(
      patchSize: 2, temporalPatchSize: frames, mergeSize: 2, minPixels: 1, maxPixels: 1 << 20, rescaleFactor: 1,
      mean: [0, 0, 0], deviation: [1, 1, 1])
    let pixels = (0..<64).flatMap { (value: UInt8) -> [UInt8] in [value, value + 64, value + 128] }
    return try ImagePatches(try #require(RGBImage(width: 8, height: 8, pixels: pixels)), settings: settings, file: "i")
  }

  @Test func `patches of a block follow each other`() throws {
    let patches = try patches()
    #expect(patches.count == 16 && patches.tokens == 4 && patches.patchLength == 24)
    let places = (0..<16).map { patches.place($0) }
    #expect(places.map(\.row) == [0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3])
    #expect(places.map(\.column) == [0, 1, 0, 1, 2, 3, 2, 3, 0, 1, 0, 1, 2, 3, 2, 3])
  }

  @Test func `values are in the order channel, frame, row, column`() throws {
    let second = try patches().values()[24..<48]
    let plane: [Float] = [2, 3, 10, 11]
    let channels: [Float] = [0, 0, 64, 64, 128, 128]
    #expect(Array(second) == channels.flatMap { offset in plane.map { $0 + offset } })
  }

  @Test func `parts are those of the whole`() throws {
    let patches = try patches(frames: 3)
    let all = patches.values()
    var part = [Float](repeating: -1, count: 5 * patches.patchLength)
    part.withUnsafeMutableBufferPointer { patches.write(7..<12, into: $0) }
    #expect(part == Array(all[(7 * patches.patchLength)..<(12 * patches.patchLength)]))
    var small = [Float](repeating: -1, count: patches.patchLength)
    small.withUnsafeMutableBufferPointer { patches.write(7..<12, into: $0) }
    #expect(small.allSatisfy { $0 == -1 })
  }

  @Test func `mean and deviation are of their channel`() throws {
    let settings = ImageSettings(
      patchSize: 1, temporalPatchSize: 1, mergeSize: 1, minPixels: 1, maxPixels: 100, rescaleFactor: 0.5,
      mean: [1, 2, 3], deviation: [1, 2, 4])
    let image = try #require(RGBImage(width: 1, height: 1, pixels: [10, 20, 30]))
    #expect(try ImagePatches(image, settings: settings, file: "i").values() == [4, 4, 3])
  }

  @Test func `an image must have three bytes a pixel`() {
    #expect(RGBImage(width: 2, height: 2, pixels: [UInt8](repeating: 0, count: 11)) == nil)
    #expect(RGBImage(width: Int.max, height: 2, pixels: []) == nil)
    #expect(RGBImage(width: 0, height: 0, pixels: []) == nil)
    #expect(RGBImage(width: -1, height: -1, pixels: [0, 0, 0]) == nil)
  }
}
