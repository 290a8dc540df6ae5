import StrictJSON
import Testing

/// Whatever StrictJSON accepts, json-c accepts with the same content: two readers that disagree about one file are an
/// attack surface.
@Suite struct JSONCDifferentialTests {
  @Test(arguments: 0..<200) func `the reader agrees with json-c on generated documents`(seed: Int) throws {
    var maker = DocumentMaker(seed: 1_000 + UInt64(seed))
    let value = maker.value()
    #expect(JSONCOracle.parse(JSONWriter.pretty(value)) == value)
    #expect(
      JSONCOracle.parse(JSONWriter.canonical(value)) == (try JSONValue.parse(JSONWriter.canonical(value), file: "")))
  }

  @Test(arguments: 0..<40) func `the reader agrees with json-c on damaged documents`(seed: Int) throws {
    var maker = DocumentMaker(seed: 5_000 + UInt64(seed))
    let alphabet = Array("{}[]\",:\\/u0123456789eE+-. \n\tnulltrufase".utf8)
    var accepted = 0
    for _ in 0..<200 {
      var bytes = JSONWriter.canonical(maker.value())
      for _ in 0..<Int.random(in: 1...3, using: &maker.random) {
        let place = Int.random(in: 0..<max(1, bytes.count), using: &maker.random)
        let byte = alphabet.randomElement(using: &maker.random) ?? 0x20
        switch Int.random(in: 0..<3, using: &maker.random) {
        case 0: bytes.insert(byte, at: min(place, bytes.count))
        case 1 where place < bytes.count: bytes.remove(at: place)
        default: if place < bytes.count { bytes[place] = byte }
        }
      }
      guard let ours = try? JSONValue.parse(bytes, file: "t.json"), isComparable(ours) else { continue }
      accepted += 1
      #expect(JSONCOracle.parse(bytes) == ours, "\(bytes.text)")
    }
    #expect(accepted > 0)
  }

  /// json-c keeps no integers beyond 64 bits, no `-0`, and no zero bytes in keys.
  private func isComparable(_ value: JSONValue) -> Bool {
    switch value.content {
    case .number(let spelling):
      spelling.utf8.contains { ".eE".utf8.contains($0) } || JSONInteger.exact(spelling) != nil
    case .array(let elements): elements.allSatisfy(isComparable)
    case .object(let members): members.allSatisfy { !$0.key.utf8.contains(0) && isComparable($0.value) }
    default: true
    }
  }
}
