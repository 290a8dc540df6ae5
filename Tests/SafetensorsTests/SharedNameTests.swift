import Safetensors
import StrictJSON
import SystemPackage
import Testing

/// Names of tensors that are in memory already, as those of an index, are not held a second time.
@Suite struct SharedNameTests {
  private static let names = ["language_model.layers.0.mlp.gate_proj", "language_model.layers.0.mlp.up_proj"]

  /// Where the text of a name lies; nil for one that is too short to lie anywhere.
  private func place(_ name: String) -> UnsafeRawPointer? {
    name.utf8.withContiguousStorageIfAvailable { UnsafeRawPointer($0.baseAddress) } ?? nil
  }

  @Test func `a name that is known is taken from where it lies, and the header is the same`() throws {
    let layout = try SafetensorsLayout(tensors: Self.names.map { ($0, .u8, [2, 2]) })
    // Made of parts, so that nothing but the parser brings them to one place.
    let known = Set(Self.names.prefix(1).map { UTF8Name(Array($0).map(String.init).joined()) })
    let held = try #require(known.first?.string)
    try withFile(layout.assemble([:])) { path in
      let plain = try SafetensorsFile(path: FilePath(path)).header.tensors
      let shared = try SafetensorsFile(path: FilePath(path), sharing: known).header.tensors
      #expect(shared == plain && shared.map(\.name) == Self.names)
      let lies = try #require(place(held))
      #expect(place(shared[0].name) == lies)
      #expect(place(plain[0].name) != lies)
    }
  }

  @Test func `a name of other bytes that a reader takes for equal is another name`() throws {
    // e with an accent, as one scalar and as two.
    let (one, two) = ("language_model.layers.caf\u{E9}", "language_model.layers.cafe\u{301}")
    #expect(one == two)
    let layout = try SafetensorsLayout(tensors: [(one, .u8, [1])])
    try withFile(layout.assemble([:])) { path in
      let tensors = try SafetensorsFile(path: FilePath(path), sharing: [UTF8Name(two)]).header.tensors
      #expect(tensors.map { Array($0.name.utf8) } == [Array(one.utf8)])
    }
  }

  @Test func `shapes stay with their tensors, however many there are`() throws {
    let shapes = (0..<40).map { [$0 % 20, 2] }
    let tensors = shapes.enumerated().map { (name: "t\(String($0.offset + 10))", dtype: DType.u8, shape: $0.element) }
    let layout = try SafetensorsLayout(tensors: tensors)
    try withFile(layout.assemble([:])) { path in
      let read = try SafetensorsFile(path: FilePath(path)).header.tensors
      #expect(read.map(\.shape) == shapes)
    }
  }
}
