import Checkpoint
import Foundation
import Safetensors
import StrictJSON
import SystemPackage
import Testing

/// Names are bytes: two that a reader takes for one, by Unicode's equivalences, are two tensors and two files.
@Suite struct NameBytesTests {
  /// U+212A, which is equivalent to the letter K.
  private static let kelvin = "\u{212A}"

  @Test func `11 tensors whose names are equivalent and not equal are two, each with its own fate`() throws {
    var source = TinyCheckpoint(.dense)
    let frequencies = TinyCheckpoint.Tensor(dtype: .f32, shape: [1], bytes: [0, 0, 128, 63])
    // A dictionary of strings holds one of these only: they are written into shards of their own.
    let names = ["caf\u{E9}.inv_freq", "cafe\u{301}.inv_freq"]
    source.hasIndex = false
    try withWorkshop(source: source) { shop in
      for (number, name) in names.enumerated() {
        let layout = try SafetensorsLayout(tensors: [(name, frequencies.dtype, frequencies.shape)])
        try writeBytes(layout.assemble([name: frequencies.bytes]), shop.source + "/model-extra-\(number).safetensors")
      }
      let folder = try CheckpointFolder(.folder(FilePath(shop.source)))
      #expect(folder.tensorCount == source.tensors.count + 2)
      let dropped = try folder.trunk().dropped.map(\.0)
      #expect(Set(dropped.map(UTF8Name.init)).isSuperset(of: names.map(UTF8Name.init)))
    }
  }

  @Test func `11 an index that names a shard by an equivalent name names one that is missing`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      let index = shop.source + "/model.safetensors.index.json"
      let shard = try #require(
        try FileManager.default.contentsOfDirectory(atPath: shop.source).first { $0.hasSuffix(".safetensors") })
      try FileManager.default.moveItem(
        atPath: shop.source + "/" + shard, toPath: shop.source + "/shard-\(Self.kelvin).safetensors")
      let text = String(decoding: try readBytes(index), as: UTF8.self)
      try writeBytes(Array(text.replacingOccurrences(of: shard, with: "shard-K.safetensors").utf8), index)
      let error = try diagnostic { _ = try CheckpointFolder(.folder(FilePath(shop.source))) }
      #expect(error.code == "E_INDEX_MISSING_SHARD", "\(error.text)")
    }
  }
}
