import Quantization

/// Elements of a buffer as f32, whatever they are stored as.
struct FloatElements {
  private let bytes: UnsafeMutableRawBufferPointer
  private let type: FloatType

  init(_ bytes: UnsafeMutableRawBufferPointer, _ type: FloatType) {
    self.bytes = bytes
    self.type = type
  }

  subscript(index: Int) -> Float {
    get {
      switch type {
      case .bf16: FloatConversion.fromBF16(bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
      case .f16: FloatConversion.fromF16(bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
      case .f32: bytes.loadUnaligned(fromByteOffset: 4 * index, as: Float.self)
      }
    }
    nonmutating set {
      switch type {
      case .bf16: bytes.storeBytes(of: FloatConversion.toBF16(newValue), toByteOffset: 2 * index, as: UInt16.self)
      case .f16: bytes.storeBytes(of: FloatConversion.toF16(newValue), toByteOffset: 2 * index, as: UInt16.self)
      case .f32: bytes.storeBytes(of: newValue, toByteOffset: 4 * index, as: Float.self)
      }
    }
  }

  /// Adds a row of f32 to elements and rounds each sum once.
  /// - Parameter before: takes the elements as they were.
  /// - Returns: how many have other bits than before.
  func add(
    _ change: UnsafeMutablePointer<Float>, at first: Int, _ count: Int, before: UnsafeMutablePointer<Float>
  ) -> Int {
    var changed = 0
    guard type == .bf16, let start = bytes.baseAddress, Int(bitPattern: start) % 2 == 0 else {
      for index in 0..<count {
        before[index] = self[first + index]
        self[first + index] = before[index] + change[index]
        if self[first + index].bitPattern != before[index].bitPattern { changed += 1 }
      }
      return changed
    }
    // The same, in a form that becomes vector instructions.
    let values = (start + 2 * first).assumingMemoryBound(to: UInt16.self)
    var index = 0
    while index < count {
      let old = values[index]
      before[index] = FloatConversion.fromBF16(old)
      let new = FloatConversion.toBF16(before[index] + change[index])
      values[index] = new
      changed &+= new == old ? 0 : 1
      index &+= 1
    }
    return changed
  }
}
