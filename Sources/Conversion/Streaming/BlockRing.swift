import Dispatch
import Digests
import Foundation
import Synchronization

/// Blocks of a file on their way from the thread that reads them to the one that uses them.
final class BlockRing: @unchecked Sendable {
  private let file: StreamedFile
  private let blockBytes: Int
  private let windows: [UnsafeMutableRawBufferPointer]
  /// What each window holds; written by the reader before `filled` says so.
  private var contents: [UnsafeRawBufferPointer]
  private let free = DispatchSemaphore(value: 0)
  private let filled = DispatchSemaphore(value: 0)
  private let state = Mutex((blocks: Int?.none, failure: (any Error)?.none, complete: false))

  init(_ file: StreamedFile, blockBytes: Int, blocks: Int) {
    self.file = file
    self.blockBytes = blockBytes
    windows = (0..<blocks).map { _ in
      .allocate(byteCount: StreamedFile.windowBytes(blockBytes), alignment: StreamedFile.block)
    }
    contents = windows.map { UnsafeRawBufferPointer($0) }
    for _ in 0..<blocks { free.signal() }
  }

  deinit { for window in windows { window.deallocate() } }

  var failure: (any Error)? { state.withLock { $0.failure } }
  /// Whether the file was read to its end.
  var isComplete: Bool { state.withLock { $0.complete } }

  /// Reads the file; for the reading thread.
  func fill(until stop: () -> Bool) {
    var number = 0
    var offset = 0
    while offset < file.size, !stop() {
      free.wait()
      let count = min(blockBytes, file.size - offset)
      do {
        contents[number % windows.count] = UnsafeRawBufferPointer(
          try file.read(count, at: offset, into: windows[number % windows.count]))
      } catch {
        state.withLock { $0.failure = error }
        break
      }
      offset += count
      number += 1
      filled.signal()
    }
    state.withLock { [offset, number] state in
      state.blocks = number
      state.complete = offset >= file.size && state.failure == nil
    }
    filled.signal()
  }

  /// Calls `body` for each block; for the using thread.
  func consume(_ body: (UnsafeRawBufferPointer) -> Void) {
    var number = 0
    while true {
      filled.wait()
      // After the last block comes one more signal.
      if state.withLock({ $0.blocks }) == number { return }
      body(contents[number % windows.count])
      number += 1
      free.signal()
    }
  }
}
