import Diagnostics
import Quantization
import Testing

@Suite struct FormatTests {
  @Test func `everything MLX has and nothing else`() throws {
    var accepted = 0
    for mode in QuantizationMode.allCases {
      for bits in -1...33 {
        for group in [-32, 0, 1, 8, 16, 24, 32, 48, 64, 96, 128, 256] {
          let has =
            switch mode {
            case .affine: [2, 3, 4, 5, 6, 8].contains(bits) && [32, 64, 128].contains(group)
            case .mxfp4: bits == 4 && group == 32
            case .mxfp8: bits == 8 && group == 32
            case .nvfp4: bits == 4 && group == 16
            }
          let format = try? QuantizationFormat(mode: mode, bits: bits, groupSize: group)
          #expect((format != nil) == has, "\(mode) \(bits) \(group)")
          accepted += format == nil ? 0 : 1
        }
      }
    }
    #expect(accepted == 21)
  }

  @Test func `a refusal names what there is`() {
    #expect {
      try QuantizationFormat(mode: .affine, bits: 7)
    } throws: { error in
      guard let diagnostic = (error as? QuantizationError)?.diagnostic else { return false }
      return diagnostic.code == "E_QUANT_FORMAT" && diagnostic.exitStatus == .badInput
        && diagnostic.expected == "affine with bits 2, 3, 4, 5, 6, 8 and group size 32, 64, 128"
    }
  }

  @Test func `defaults and sizes are those of MLX`() throws {
    let affine = try QuantizationFormat(mode: .affine)
    #expect(affine.bits == 4 && affine.groupSize == 64 && affine.reference == .metal && affine.scaleRule == .ceil)
    #expect(affine.packedWords(columns: 256) == 32 && affine.groups(columns: 256) == 4 && affine.hasBiases)
    #expect(affine.scaleByteWidth(input: .bf16) == 2 && affine.scaleByteWidth(input: .f32) == 4)
    #expect(affine.bitsPerWeight(input: .bf16) == 4.5)
    let mxfp8 = try QuantizationFormat(mode: .mxfp8)
    #expect(mxfp8.packedWords(columns: 64) == 16 && !mxfp8.hasBiases && mxfp8.scaleByteWidth(input: .f32) == 1)
    #expect(mxfp8.bitsPerWeight(input: .f32) == 8.25)
    #expect(try QuantizationFormat(mode: .mxfp4).bitsPerWeight(input: .bf16) == 4.25)
    #expect(try QuantizationFormat(mode: .nvfp4).bitsPerWeight(input: .bf16) == 4.5)
  }
}
