import TestSupport
import Files
import Foundation
import Testing
import Threads

/// Pieces of any size, in any order and from several threads, give the file that plain writes give.
@Suite struct BlockWriterTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder.lasting() }

  private func open(_ size: Int) throws -> (PosixFile, BlockWriter) {
    let file = try PosixFile.openForWriting(folder.at("file"), creating: true, direct: true)
    try file.preallocate(size)
    return (file, BlockWriter(file, size: size))
  }

  /// Cuts `size` bytes into pieces: many smaller than a block, some of several blocks.
  private func cut(_ size: Int, _ random: inout some RandomNumberGenerator) -> [Range<Int>] {
    var pieces: [Range<Int>] = []
    var begin = 0
    while begin < size {
      let longest = [7, 300, 4096, 9000, 400_000].randomElement(using: &random) ?? 1
      let end = min(size, begin + Int.random(in: 1...longest, using: &random))
      pieces.append(begin..<end)
      begin = end
    }
    return pieces.shuffled(using: &random)
  }

  @Test(arguments: 1...12)
  func `pieces in any order make the file`(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    let size = Int.random(in: 1...3_000_000, using: &random)
    let content = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 131 &+ $0 >> 12) }
    let (file, writer) = try open(size)
    let pieces = cut(size, &random)
    _ = try Workers.forEach(count: pieces.count, threads: 4) { index, _ in
      try writer.write(Array(content[pieces[index]]), at: pieces[index].lowerBound)
      if index % 97 == 5 { try writer.settle() }
    }
    let written = try file.readAll()
    let isSame = written == content
    #expect(isSame, "seed \(seed)")
  }

  @Test func `what is settled is in the file though its block is not whole`() throws {
    let (file, writer) = try open(100_000)
    try writer.write([1, 2, 3], at: 5000)
    try writer.write([UInt8](repeating: 9, count: 70_000), at: 10_000)
    try writer.settle()
    let content = try file.readAll()
    #expect(Array(content[4999..<5004]) == [0, 1, 2, 3, 0])
    #expect(content[9_999] == 0)
    #expect(content[10_000..<80_000].allSatisfy { $0 == 9 })
    #expect(content[80_000] == 0)
  }

  @Test func `a block that was settled and then completed is whole`() throws {
    let (file, writer) = try open(8192)
    try writer.write([UInt8](repeating: 1, count: 1000), at: 0)
    try writer.settle()
    try writer.write([UInt8](repeating: 2, count: 7192), at: 1000)
    try file.sync()
    let content = try file.readAll()
    #expect(content.prefix(1000).allSatisfy { $0 == 1 })
    #expect(content.dropFirst(1000).allSatisfy { $0 == 2 })
  }
}
