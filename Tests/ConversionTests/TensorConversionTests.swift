import Digests
import Quantization
import Safetensors
import StrictJSON
import Testing

/// What happens to the numbers, against arithmetic written here.
@Suite struct TensorConversionTests {
  /// T(f32(w) + 1), once, for every zero-centred norm of trunk and head; the gated norm of the recurrence is none.
  @Test(arguments: [TinyCheckpoint.Family.dense, .next])
  func `norms get one exactly once`(family: TinyCheckpoint.Family) throws {
    let source = TinyCheckpoint(family)
    try withWorkshop(source: source) { shop in
      try shop.run()
      let package = Package(shop.package)
      let target = family == .next ? "model." : "language_model.model."
      var seen = 0
      for (name, tensor) in source.tensors where name.hasSuffix("norm.weight") || name.contains("pre_fc_norm") {
        guard !name.contains("visual"), !name.contains("linear_attn") else { continue }
        let written = try package.tensor(name.replacing(source.prefix, with: target))
        #expect(digest(bf16(written.bytes)) == digest(bf16(tensor.bytes).map { nearestBF16(value($0) + 1) }), "\(name)")
        seen += 1
      }
      // Two a layer, two of the attention layer, the last; of the head two, two and three.
      #expect(seen == 4 * 2 + 2 + 1 + 7)
      let gated = "layers.0.linear_attn.norm.weight"
      #expect(try digest(package.tensor(target + gated).bytes) == digest(source.tensors[source.prefix + gated]?.bytes))
    }
  }

  @Test(arguments: [DType.bf16, .f16, .f32])
  func `floats of each type are kept, cast or quantized as the rules say`(dtype: DType) throws {
    var source = TinyCheckpoint(.dense)
    let name = "model.language_model.layers.0.mlp.up_proj.weight"
    let old = try #require(source.tensors[name])
    // 0.5 in each of them.
    let half: [DType: [UInt8]] = [.bf16: [0, 0x3F], .f16: [0, 0x38], .f32: [0, 0, 0, 0x3F]]
    let bytes = try Array(repeating: #require(half[dtype]), count: old.elementCount).flatMap { $0 }
    source.tensors[name] = TinyCheckpoint.Tensor(dtype: dtype, shape: old.shape, bytes: bytes)
    let treatments: [(JSONValue, DType)] = [
      ("keep", dtype), (["cast": "bf16"], .bf16),
      (["quantize": ["mode": "affine", "bits": 8, "group_size": 64]], .u32),
    ]
    for (treatment, expected) in treatments {
      try withWorkshop(source: source) { shop in
        try shop.writeManifest([("rules", [["match": "**.layers.0.mlp.up_proj.weight", "treatment": treatment]])])
        try shop.run()
        let written = try Package(shop.package).tensor("language_model.model.layers.0.mlp.up_proj.weight")
        #expect(written.dtype == expected)
        if treatment == "keep" { #expect(digest(written.bytes) == digest(bytes)) }
        if expected == .bf16 { #expect(bf16(written.bytes).allSatisfy { $0 == 0x3F00 }) }
      }
    }
  }

  @Test func `a convolution changes its shape and not its bytes`() throws {
    let source = TinyCheckpoint(.dense)
    try withWorkshop(source: source) { shop in
      try shop.run()
      let written = try Package(shop.package).tensor("language_model.model.layers.0.linear_attn.conv1d.weight")
      let before = try #require(source.tensors["model.language_model.layers.0.linear_attn.conv1d.weight"])
      #expect(before.shape == [256, 1, 4])
      #expect(written.shape == [256, 4, 1])
      #expect(digest(written.bytes) == digest(before.bytes))
    }
  }

  @Test func `the patch embedding gets its channels last`() throws {
    let source = TinyCheckpoint(.dense)
    try withWorkshop(source: source) { shop in
      try shop.run()
      let written = try Package(shop.package).tensor("vision_tower.patch_embed.proj.weight")
      let before = try #require(source.tensors["model.visual.patch_embed.proj.weight"])
      #expect(written.shape == [64, 2, 4, 4, 3])
      let (old, new) = (bf16(before.bytes), bf16(written.bytes))
      var wrong = 0
      for d in 0..<64 {
        for c in 0..<3 {
          for t in 0..<2 {
            for y in 0..<4 {
              for x in 0..<4 {
                let from = (((d * 3 + c) * 2 + t) * 4 + y) * 4 + x
                let to = (((d * 2 + t) * 4 + y) * 4 + x) * 3 + c
                if old[from] != new[to] { wrong += 1 }
              }
            }
          }
        }
      }
      #expect(wrong == 0)
    }
  }

  @Test func `split experts are stacked in index order`() throws {
    // Eleven, so that sorting by name ("10" before "2") would show.
    let source = TinyCheckpoint(.next) { $0.experts = 11 }
    try withWorkshop(source: source) { shop in
      try shop.writeManifest([("rules", [["role": "expert", "treatment": "keep"]])])
      try shop.run()
      for place in ["model.layers.1.mlp.", "mtp.layers.0.mlp."] {
        for name in ["gate_proj", "up_proj", "down_proj"] {
          let stack = try Package(shop.package).tensor("\(place)switch_mlp.\(name).weight")
          #expect(stack.shape == [11, 64, 64])
          let parts = (0..<11).flatMap { source.tensors["\(place)experts.\($0).\(name).weight"]?.bytes ?? [] }
          #expect(digest(stack.bytes) == digest(parts), "\(place)\(name)")
        }
      }
    }
  }

  @Test func `fused experts are cut into gate and up`() throws {
    let source = TinyCheckpoint(.mixture) { $0.headLayout = .fused }
    try withWorkshop(source: source) { shop in
      try shop.writeManifest([("rules", [["role": "expert", "treatment": "keep"]])])
      try shop.run()
      for (place, target) in [
        ("model.language_model.layers.3.mlp.", "language_model.model.layers.3.mlp."),
        ("mtp.layers.0.mlp.", "mtp.layers.0.mlp."),
      ] {
        let fused = try #require(source.tensors["\(place)experts.gate_up_proj"]).bytes
        let half = 64 * 64 * 2
        for (part, name) in ["gate_proj", "up_proj"].enumerated() {
          let wanted = (0..<4).flatMap { (expert: Int) -> ArraySlice<UInt8> in
            let begin = (2 * expert + part) * half
            return fused[begin..<begin + half]
          }
          let written = try Package(shop.package).tensor("\(target)switch_mlp.\(name).weight")
          #expect(digest(written.bytes) == digest(wanted), "\(target)")
        }
        let down = try Package(shop.package).tensor("\(target)switch_mlp.down_proj.weight")
        #expect(digest(down.bytes) == digest(source.tensors["\(place)experts.down_proj"]?.bytes))
      }
    }
  }

  @Test func `kept tensors are kept bit for bit`() throws {
    let source = TinyCheckpoint(.dense) { $0.recurrence = .f32 }
    try withWorkshop(source: source) { shop in
      try shop.run()
      let package = Package(shop.package)
      let audit = try package.audit
      let kept = audit.tensors.filter { $0.verdict == "kept" }
      #expect(kept.count > 40)
      for tensor in kept {
        let name = tensor.name.replacing("language_model.model.", with: "model.language_model.")
          .replacing("vision_tower.", with: "model.visual.")
        let before = try #require(source.tensors[name])
        let written = try package.tensor(tensor.name)
        #expect(digest(written.bytes) == digest(before.bytes), "\(tensor.name)")
        #expect(written.dtype == before.dtype)
        // Of one leaf: less than 1 MiB.
        let leaf = before.bytes.withUnsafeBytes { TreeDigest.leaf($0) }
        #expect(tensor.sourceTreeSHA256 == SHA256Digest.of(leaf.bytes).hex)
        #expect(tensor.written.map(\.treeSHA256) == [SHA256Digest.of(leaf.bytes).hex])
      }
    }
  }

  @Test func `a cast rounds to the nearest`() throws {
    let source = TinyCheckpoint(.dense) { $0.recurrence = .f32 }
    try withWorkshop(source: source) { shop in
      try shop.writeManifest([("rules", [["match": "**.A_log", "treatment": ["cast": "bf16"]]])])
      try shop.run()
      let written = try Package(shop.package).tensor("language_model.model.layers.1.linear_attn.A_log")
      let before = try #require(source.tensors["model.language_model.layers.1.linear_attn.A_log"]).bytes
      let floats = stride(from: 0, to: before.count, by: 4).map { at in
        Float(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(before[at + $1]) << UInt32(8 * $1) })
      }
      #expect(written.dtype == .bf16)
      #expect(digest(bf16(written.bytes)) == digest(floats.map(nearestBF16)))
    }
  }

  @Test(arguments: ["mxfp4", "mxfp8", "affine4", "affine8"])
  func `a quantized embedding equals the quantizer's own`(pipeline: String) throws {
    let source = TinyCheckpoint(.dense)
    try withWorkshop(source: source) { shop in
      try shop.writeManifest([("pipeline", .string(pipeline)), ("thresholds", ["min_cosine": 0, "mean_cosine": 0])])
      let format = try shop.open().resolution.format
      try shop.run()
      let input = try #require(source.tensors["model.language_model.embed_tokens.weight"]).bytes
      var weight = [UInt8](repeating: 0, count: 320 * format.packedWords(columns: 64) * 4)
      var scales = [UInt8](repeating: 0, count: 320 * format.groups(columns: 64) * format.scaleByteWidth(input: .bf16))
      var biases = format.hasBiases ? scales : []
      try input.withUnsafeBytes { input in
        try weight.withUnsafeMutableBytes { weight in
          try scales.withUnsafeMutableBytes { scales in
            try biases.withUnsafeMutableBytes { biases in
              _ = try Quantizer(format: format, input: .bf16).encode(
                rows: 320, columns: 64, input: input, weight: weight, scales: scales,
                biases: format.hasBiases ? biases : nil)
            }
          }
        }
      }
      let package = Package(shop.package)
      let name = "language_model.model.embed_tokens"
      #expect(try digest(package.tensor("\(name).weight").bytes) == digest(weight))
      #expect(try digest(package.tensor("\(name).scales").bytes) == digest(scales))
      if format.hasBiases { #expect(try digest(package.tensor("\(name).biases").bytes) == digest(biases)) }
    }
  }

  /// The cosine of the audit, computed again from the package alone: E2M1 codes, four bits each, low first.
  @Test func `the audit tells the true cosine`() throws {
    let source = TinyCheckpoint(.dense)
    try withWorkshop(source: source) { shop in
      try shop.run()
      let package = Package(shop.package)
      let name = "language_model.model.layers.0.mlp.down_proj"
      let original = bf16(try #require(source.tensors["model.language_model.layers.0.mlp.down_proj.weight"]).bytes)
      let codes = try package.tensor("\(name).weight").bytes
      let scales = try package.tensor("\(name).scales").bytes
      let magnitudes = [0, 0.5, 1, 1.5, 2, 3, 4, 6]
      var (dot, one, other) = (0.0, 0.0, 0.0)
      for (i, bits) in original.enumerated() {
        let code = Int(codes[i / 2] >> (i % 2 == 0 ? 0 : 4)) & 15
        let scale = Double(Float(bitPattern: UInt32(scales[i / 32]) << 23))
        let (x, y) = (Double(value(bits)), (code & 8 == 0 ? 1 : -1) * magnitudes[code & 7] * scale)
        dot += x * y
        one += x * x
        other += y * y
      }
      let cosine = dot / (one.squareRoot() * other.squareRoot())
      let told = try #require(try package.audit.tensors.first { $0.name == "\(name).weight" }?.cosine)
      #expect(abs(told - cosine) < 1e-7)
      #expect(told < 0.9999)
    }
  }
}
