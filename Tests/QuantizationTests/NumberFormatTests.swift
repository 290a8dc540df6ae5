import TestSupport
import Quantization
import Testing

@Suite struct NumberFormatTests {
  /// Every finite number survives its own format, and numbers between two go to the nearer, a tie to the even one.
  @Test func `sixteen-bit types round to nearest even`() {
    let types: [(FloatType, (UInt16) -> Float, (Float) -> UInt16, UInt16)] = [
      (.bf16, FloatConversion.fromBF16, FloatConversion.toBF16, 0x7F7F),
      (.f16, FloatConversion.fromF16, FloatConversion.toF16, 0x7BFF),
    ]
    for (type, from, to, top) in types {
      for word in 0...top {
        #expect(to(from(word)) == word && to(-from(word)) == word | 0x8000)
        guard word < top else { continue }
        // In Double, halved first: neither the sum nor the middle of the smallest bf16 sub-normals loses a bit.
        let middle = Float((Double(from(word)) + Double(from(word + 1))) / 2)
        #expect(to(middle) == (word & 1 == 0 ? word : word + 1), "\(type) \(word)")
        #expect(to(middle.nextUp) == word + 1 && to(middle.nextDown) == word, "\(type) \(word)")
      }
    }
    #expect(FloatConversion.toF16(65_519.996) == 0x7BFF && FloatConversion.toF16(65_520) == 0x7C00)
    #expect(FloatConversion.toBF16(.greatestFiniteMagnitude) == 0x7F80 && FloatConversion.toBF16(.nan) == 0x7FC0)
    #expect(FloatConversion.fromF16(0xFC00) == -.infinity && FloatConversion.fromF16(0x7E00).isNaN)
  }

  @Test func `e4m3 rounds to nearest even and saturates`() {
    for byte in UInt8(0)...0x7E {
      let value = E4M3.decode(byte)
      #expect(E4M3.encode(value) == byte && E4M3.encode(-value) == byte | 0x80)
      guard byte < 0x7E else { continue }
      let middle = (value + E4M3.decode(byte + 1)) / 2
      #expect(E4M3.encode(middle) == (byte & 1 == 0 ? byte : byte + 1))
      #expect(E4M3.encode(middle.nextUp) == byte + 1 && E4M3.encode(middle.nextDown) == byte)
    }
    #expect(E4M3.decode(0x01) == 0x1p-9 && E4M3.decode(0x08) == 0x1p-6 && E4M3.decode(0x7E) == 448)
    #expect(E4M3.encode(1e30) == 0x7E && E4M3.encode(-.infinity) == 0xFE && E4M3.encode(.nan) & 0x7F == 0x7E)
    #expect(E4M3.encode(-0.0) == 0x80 && E4M3.encode(0x1p-10) == 0 && E4M3.encode(Float(0x1p-10).nextUp) == 1)
  }

  @Test func `e2m1 rounds ties, zeros and far values`() {
    let ties: [(Float, even: UInt8, first: UInt8)] = [
      (0.25, 0, 0), (0.75, 2, 1), (1.25, 2, 2), (1.75, 4, 3), (2.5, 4, 4), (3.5, 6, 5), (5, 6, 6),
    ]
    for (value, even, first) in ties {
      #expect(E2M1.encodeEven(value) == even && E2M1.encodeEven(-value) == even | 8)
      #expect(E2M1.encodeFirst(value) == first && E2M1.encodeFirst(-value) == (first == 0 ? 0 : first | 8))
    }
    #expect(E2M1.encodeEven(-0.0) == 8 && E2M1.encodeFirst(-0.0) == 0 && E2M1.encodeFirst(-0.1) == 0)
    #expect(E2M1.encodeEven(.nan) == 7 && E2M1.encodeFirst(.nan) == 0 && E2M1.encodeFirst(-.infinity) == 0)
    #expect(E2M1.encodeFirst(1e30) == 0 && E2M1.encodeEven(1e30) == 7 && E2M1.encodeFirst(-6.5) == 15)
  }

  @Test(arguments: [2, 3, 4, 5, 6, 8])
  func `packing is one bit stream`(bits: Int) {
    var random = SplitMix(seed: UInt64(bits))
    let codes = (0..<96).map { _ in UInt8(random.next() % (1 << UInt64(bits))) }
    var packed = [UInt8](repeating: 0, count: 1 + codes.count * bits / 8)
    codes.withUnsafeBufferPointer { codes in
      packed.withUnsafeMutableBytes { BitPacking.pack(codes, bits: bits, into: $0, at: 1) }
    }
    for (i, code) in codes.enumerated() {
      for bit in 0..<bits {
        let position = 8 + i * bits + bit
        #expect(packed[position / 8] >> UInt8(position % 8) & 1 == code >> UInt8(bit) & 1)
      }
    }
    var back = [UInt8](repeating: 0, count: codes.count)
    packed.withUnsafeBytes { packed in
      back.withUnsafeMutableBufferPointer { BitPacking.unpack(packed, at: 1, bits: bits, into: $0) }
    }
    #expect(back == codes)
  }
}
