import Checkpoint

/// How much room merging an adapter needs, in elements.
package struct DeltaRoom: Sendable {
  /// Right factor of a matrix, left factor of some rows, and a row of their product or of the base.
  var right = 0
  var left = 0
  var row = 0

  /// Rows whose left factor is read at a time.
  static let rows = 64
  /// Bytes that are read of a file at a time.
  static let readBytes = 1 << 16

  /// - Parameter tensors: The tensors that are converted.
  package init(_ tensors: [ResolvedTensor]) {
    for tensor in tensors {
      guard let delta = tensor.delta else { continue }
      for case let product? in delta.products {
        right = max(right, product.rank * tensor.rowElements)
        left = max(left, product.rank * DeltaRoom.rows)
      }
      row = max(row, tensor.rowElements)
    }
  }

  var bytes: Int { row == 0 ? 0 : 4 * (right + left + 2 * row) + DeltaRoom.readBytes }
}

/// One worker's buffers for merging an adapter.
package final class DeltaScratch: @unchecked Sendable {
  let right: UnsafeMutableBufferPointer<Float>
  let left: UnsafeMutableBufferPointer<Float>
  let row: UnsafeMutableBufferPointer<Float>
  let base: UnsafeMutableBufferPointer<Float>
  let bytes: UnsafeMutableRawBufferPointer
  /// Whose right factor is in the buffer.
  var loaded: (tensor: String, matrix: Int)?

  /// Each worker uses only its own, which is why sharing the list of them between threads is safe.
  package init(_ room: DeltaRoom) {
    right = .allocate(capacity: max(1, room.right))
    left = .allocate(capacity: max(1, room.left))
    row = .allocate(capacity: max(1, room.row))
    base = .allocate(capacity: max(1, room.row))
    bytes = .allocate(byteCount: room.row == 0 ? 64 : DeltaRoom.readBytes, alignment: 64)
  }

  deinit {
    right.deallocate()
    left.deallocate()
    row.deallocate()
    base.deallocate()
    bytes.deallocate()
  }
}
