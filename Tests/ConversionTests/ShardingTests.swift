import Safetensors
import SystemPackage
import StrictJSON
import Testing

/// Shards filled in name order up to a limit, and forecasts that hold to the byte.
@Suite struct ShardingTests {
  @Test func `small shards hold the same tensors`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      var options = shop.options
      options.shardLimit = 60_000
      let run = try shop.open(options)
      try shop.run(options)
      let shards = filesBelow(shop.package).filter { $0.hasPrefix("model-") }
      #expect(shards.count > 3)
      #expect(
        shards
          == (1...shards.count).map {
            let number = String(repeating: "0", count: 5 - "\($0)".count) + "\($0)"
            let count = String(repeating: "0", count: 5 - "\(shards.count)".count) + "\(shards.count)"
            return "model-\(number)-of-\(count).safetensors"
          })
      var total = 0
      var tensors: [String] = []
      for shard in shards {
        let header = try SafetensorsFile(path: FilePath(shop.package + "/" + shard)).header
        let bytes = header.tensors.reduce(0) { $0 + $1.byteCount }
        let here = Set(header.tensors.map { weight($0.name) })
        #expect(bytes <= 60_000 || here.count == 1, "\(shard) has \(bytes) bytes in \(here.count) tensors")
        #expect(header.metadataValue("format") == "mlx")
        tensors += here.sorted()
        total += bytes
      }
      #expect(tensors == tensors.sorted(), "shards are filled in name order, and no tensor is torn apart")
      let index = try readJSON(shop.package + "/model.safetensors.index.json")
      #expect(index["metadata"]?["total_size"]?.intValue == total)
      let listed = try #require(index["weight_map"]?.members)
      #expect(!listed.contains { $0.key.hasPrefix("mtp.") })
      for member in listed {
        let shard = try #require(member.value.stringValue)
        #expect(try SafetensorsFile(path: FilePath(shop.package + "/" + shard)).header[member.key] != nil)
      }
      let planned = Dictionary(run.forecast.files.map { ($0.path, $0.bytes) }) { first, _ in first }
      #expect(try identities(shop.package).mapValues(\.size) == planned)
    }
  }

  @Test(arguments: [TinyCheckpoint.Family.dense, .mixture, .next, .text])
  func `the forecast holds to the byte`(family: TinyCheckpoint.Family) throws {
    try withWorkshop(source: TinyCheckpoint(family) { $0.recurrence = .f32 }) { shop in
      let run = try shop.open()
      try shop.run()
      let planned = Dictionary(run.forecast.files.map { ($0.path, $0.bytes) }) { first, _ in first }
      #expect(try identities(shop.package).mapValues(\.size) == planned)
      #expect(filesBelow(shop.package).contains("model.safetensors"))
    }
  }

  /// Nothing of how a run is done reaches the package.
  @Test func `threads and memory change nothing`() throws {
    let source = TinyCheckpoint(.mixture)
    let package = { (threads: Int, memory: Int) in
      try withWorkshop(source: source) { shop in
        var options = shop.options
        (options.threads, options.memory) = (threads, memory)
        try shop.run(options)
        return try digests(shop.package)
      }
    }
    #expect(try package(1, 2 << 20) == package(4, 256 << 20))
  }

  /// The tensor that a part belongs to.
  private func weight(_ name: String) -> String {
    for part in ["scales", "biases"] where name.hasSuffix("." + part) { return name.dropLast(part.count) + "weight" }
    return name
  }
}
