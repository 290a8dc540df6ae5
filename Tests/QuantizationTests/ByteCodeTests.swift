import Quantization
import Testing

@Suite struct ByteCodeTests {
  @Test(arguments: [ByteCode.e8m0, .e4m3])
  func `a byte that stands for no number is found at every place, and no other byte is taken for one`(
    _ code: ByteCode
  ) {
    for byte in UInt8.min...UInt8.max {
      let isNone = code == .e8m0 ? byte == 0xFF : byte & 0x7F == 0x7F
      for place in [0, 1, 7, 8, 63, 64, 65, 127, 128, 149] {
        var bytes = [UInt8](repeating: 0x7E, count: 150)
        bytes[place] = byte
        #expect(bytes.withUnsafeBytes(code.firstNonFinite) == (isNone ? place : nil), "\(byte) at \(place)")
      }
    }
  }

  @Test func `of a mode's parts, those are coded that MLX stores as bytes`() {
    #expect(ByteCode(scalesOf: .affine) == nil && ByteCode(elementsOf: .affine) == nil)
    #expect(ByteCode(scalesOf: .mxfp4) == .e8m0 && ByteCode(elementsOf: .mxfp4) == nil)
    #expect(ByteCode(scalesOf: .mxfp8) == .e8m0 && ByteCode(elementsOf: .mxfp8) == .e4m3)
    #expect(ByteCode(scalesOf: .nvfp4) == .e4m3 && ByteCode(elementsOf: .nvfp4) == nil)
  }
}
