import Checkpoint
import Foundation
import Safetensors
import SystemPackage
import Testing
import TestSupport

#if canImport(Glibc)
  import Glibc
#endif

/// Shards of holes: sizes that no disk has, in files that take no space.
@Suite struct WeightSizeTests {
  /// Bytes of one shard.
  private static let size = 1 << 54

  private static let canBeMade: Bool = {
    guard let folder = try? ScratchFolder(), (try? folder.put([], at: "x")) != nil else { return false }
    return truncate(folder["x"], off_t(size + 4096)) == 0
  }()

  @Test(.enabled("a file system takes files of 16 PiB", { WeightSizeTests.canBeMade }))
  func `22 shards of more bytes than can be counted are refused before anything is added up`() throws {
    let folder = try ScratchFolder()
    try TinyCheckpoint(.dense).write(to: folder["source"])
    try FileManager.default.removeItem(atPath: folder["source/model.safetensors.index.json"])
    for number in 0..<4 {
      let layout = try SafetensorsLayout(tensors: [("huge.\(number)", .u8, [Self.size])])
      let path = folder["source/huge-\(number).safetensors"]
      try Data(layout.headerBytes).write(to: URL(fileURLWithPath: path))
      #expect(truncate(path, off_t(layout.fileSize)) == 0)
    }
    let error = try diagnostic { _ = try CheckpointFolder(.folder(FilePath(folder["source"]))) }
    #expect(error.code == "E_WEIGHTS_SIZE" && error.exitStatus == .badInput, "\(error.text)")
  }
}
