import Safetensors
import Testing

@Suite struct DTypeTests {
  @Test func `the types are the reference's`() {
    let names =
      "BOOL F4 F6_E2M3 F6_E3M2 U8 I8 F8_E5M2 F8_E4M3 F8_E8M0 F8_E4M3FNUZ F8_E5M2FNUZ I16 U16 F16 BF16 I32 U32 F32 "
      + "C64 F64 I64 U64"
    #expect(DType.allCases.map(\.rawValue) == names.split(separator: " ").map(String.init))
    #expect(
      DType.allCases.map(\.bits) == [8, 4, 6, 6, 8, 8, 8, 8, 8, 8, 8, 16, 16, 16, 16, 32, 32, 32, 64, 64, 64, 64])
  }

  @Test func `byte counts are checked`() {
    #expect(DType.f32.byteCount(elements: 3) == 12)
    #expect(DType.f4.byteCount(elements: 3) == nil)
    #expect(DType.f6e2m3.byteCount(elements: 4) == 3)
    #expect(DType.u8.byteCount(elements: Int.max) == nil)
    #expect(DType.u8.byteCount(elements: -8) == nil)
    #expect(DType.u8.byteCount(elements: 0) == 0)
  }
}
