import Files
import Threads

/// Blocks of a file on their way from the thread that reads them to those that use them, each of them all blocks.
final class BlockRing: Sendable {
  /// Memory for a block. One thread fills it while the channel has room for it, and no other touches it meanwhile.
  private struct Window: @unchecked Sendable {
    let bytes: UnsafeMutableRawBufferPointer
  }

  /// What is in a window: nobody changes it until all users have done with it.
  private struct Block: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer
  }

  private let file: StreamedFile
  private let blockBytes: Int
  private let windows: [Window]
  private let channel: Channel<Block>
  private let outcome = Guarded((failure: (any Error)?.none, isComplete: false))

  init(_ file: StreamedFile, blockBytes: Int, blocks: Int, users: Int) {
    self.file = file
    self.blockBytes = blockBytes
    windows = (0..<blocks).map { _ in
      Window(bytes: .allocate(byteCount: StreamedFile.windowBytes(blockBytes), alignment: StreamedFile.block))
    }
    channel = Channel(capacity: blocks, receivers: users)
  }

  deinit { for window in windows { window.bytes.deallocate() } }

  var failure: (any Error)? { outcome.withLock { $0.failure } }
  /// Whether the file was read to its end.
  var isComplete: Bool { outcome.withLock { $0.isComplete } }

  /// Reads the file; for the reading thread.
  /// - Parameter await: called before each block with the end of its bytes; answers whether they can be read.
  func fill(await isReadable: (Int) throws -> Bool) {
    do {
      let isComplete = try readBlocks(await: isReadable)
      outcome.withLock { $0.isComplete = isComplete }
    } catch {
      outcome.withLock { $0.failure = error }
    }
    channel.close()
  }

  /// - Returns: whether all was read.
  private func readBlocks(await isReadable: (Int) throws -> Bool) throws -> Bool {
    var offset = 0
    while offset < file.size {
      guard let window = channel.room() else { return false }
      let count = min(blockBytes, file.size - offset)
      guard try isReadable(offset + count) else { return false }
      let bytes = try file.read(count, at: offset, into: windows[window].bytes)
      channel.send(Block(bytes: UnsafeRawBufferPointer(bytes)))
      offset += count
    }
    return true
  }

  /// Calls `body` for each block; for the thread of a user.
  func consume(as user: Int, _ body: (UnsafeRawBufferPointer) -> Void) {
    channel.receive(as: user) { body($0.bytes) }
  }

  /// Ends all users: there is no reading thread.
  func abandon() { channel.cancel() }
}
