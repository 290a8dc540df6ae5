import Dispatch
import Files
import Foundation
import Synchronization

/// Blocks of a file on their way from the thread that reads them to those that use them, each of them all blocks.
final class BlockRing: @unchecked Sendable {
  private let file: StreamedFile
  private let blockBytes: Int
  private let windows: [UnsafeMutableRawBufferPointer]
  /// What each window holds; written by the reader before `filled` says so.
  private var contents: [UnsafeRawBufferPointer]
  /// Of each user: how many windows it has done with, and how many it may look at.
  private let turns: [(free: DispatchSemaphore, filled: DispatchSemaphore)]
  private let state = Mutex((blocks: Int?.none, failure: (any Error)?.none, complete: false))

  init(_ file: StreamedFile, blockBytes: Int, blocks: Int, users: Int) {
    self.file = file
    self.blockBytes = blockBytes
    windows = (0..<blocks).map { _ in
      .allocate(byteCount: StreamedFile.windowBytes(blockBytes), alignment: StreamedFile.block)
    }
    contents = windows.map { UnsafeRawBufferPointer($0) }
    turns = (0..<users).map { _ in (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0)) }
    for _ in 0..<blocks { turns.forEach { $0.free.signal() } }
  }

  deinit { for window in windows { window.deallocate() } }

  var failure: (any Error)? { state.withLock { $0.failure } }
  /// Whether the file was read to its end.
  var isComplete: Bool { state.withLock { $0.complete } }

  /// Reads the file; for the reading thread.
  /// - Parameter await: called before each block with the end of its bytes; answers whether they can be read.
  func fill(await isReadable: (Int) throws -> Bool) {
    var number = 0
    var offset = 0
    while offset < file.size {
      turns.forEach { $0.free.wait() }
      let count = min(blockBytes, file.size - offset)
      do {
        guard try isReadable(offset + count) else { break }
        contents[number % windows.count] = UnsafeRawBufferPointer(
          try file.read(count, at: offset, into: windows[number % windows.count]))
      } catch {
        state.withLock { $0.failure = error }
        break
      }
      offset += count
      number += 1
      turns.forEach { $0.filled.signal() }
    }
    state.withLock { [offset, number] state in
      state.blocks = number
      state.complete = offset >= file.size && state.failure == nil
    }
    turns.forEach { $0.filled.signal() }
  }

  /// Calls `body` for each block; for the thread of a user.
  func consume(as user: Int, _ body: (UnsafeRawBufferPointer) -> Void) {
    var number = 0
    while true {
      turns[user].filled.wait()
      // After the last block comes one more signal.
      if state.withLock({ $0.blocks }) == number { return }
      body(contents[number % windows.count])
      number += 1
      turns[user].free.signal()
    }
  }
}
