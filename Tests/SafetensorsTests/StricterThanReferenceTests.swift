import TestSupport
import Safetensors
import Testing

/// What the reference reader accepts and this one refuses.
@Suite struct StricterThanReferenceTests {
  // One typed step a line: as one expression the list takes the type checker minutes.
  static let rest = String(one.dropFirst())
  static let twice: String = one.dropLast() + "," + rest.replacing("\"a\"", with: #""\u0061""#)
  static let flat = "[" + Array(repeating: "1", count: 17).joined(separator: ",") + "]"
  static let good = record("F32", "[1]", 0, 4)

  static let cases: [(header: String, code: String)] = [
    (" \(one)", "E_ST_HEADER_PADDING"),
    ("\n\(one)", "E_ST_HEADER_PADDING"),
    ("\(one)\n", "E_ST_HEADER_PADDING"),
    ("\(one) \t ", "E_ST_HEADER_PADDING"),
    ("\(one)\u{0}", "E_ST_HEADER_JSON"),
    ("\u{FEFF}\(one)", "E_ST_HEADER_JSON"),
    (twice, "E_ST_DUPLICATE_NAME"),
    (#"{"__metadata__":{},"__metadata__":{},\#(rest)"#, "E_ST_DUPLICATE_NAME"),
    (#"{"__metadata__":{"k":"1","\u006b":"1"},\#(rest)"#, "E_ST_METADATA"),
    (#"{"__metadata__":null,\#(rest)"#, "E_ST_METADATA"),
    (#"{"__metadata__":[],\#(rest)"#, "E_ST_METADATA"),
    (#"{"a":["F32",[1],[0,4]]}"#, "E_ST_TENSOR_INFO"),
    (#"{"a":{"dtype":{"F32":null},"shape":[1],"data_offsets":[0,4]}}"#, "E_ST_TENSOR_INFO"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}"#, "E_ST_TENSOR_INFO"),
    (#"{"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}"#, "E_ST_TENSOR_INFO"),
    (#"{"a":\#(record("F32", flat, 0, 4))}"#, "E_ST_TENSOR_INFO"),
    (#"{"":\#(good)}"#, "E_ST_NAME"),
    (#"{"a\u0000b":\#(good)}"#, "E_ST_NAME"),
  ]

  static func letters(_ count: Int) -> String { String(repeating: "x", count: count) }

  @Test(arguments: [letters(4097), #"\u0061"# + letters(100_000), letters(5000) + #"\u00e9"#])
  func `a name of more than 4,096 bytes is refused, however it is spelled`(_ spelling: String) {
    let header: String = "{\"" + spelling + "\":" + Self.good + "}"
    #expect(refusal(of: blob(header, zeros(4)))?.code == "E_ST_NAME")
  }

  @Test func `a name of 4,096 bytes is taken whole, and a key of metadata of any length`() throws {
    let key: String = Self.letters(9000) + "y"
    let metadata: String = "{\"__metadata__\":{\"" + key + "\":\"1\"},"
    let header: String = metadata + "\"" + #"\u0078"# + Self.letters(4095) + "\":" + Self.good + "}"
    let file = blob(header, zeros(4))
    let read = try SafetensorsHeader.parse(file, fileSize: file.count, file: "w.safetensors")
    #expect(read.tensors.map(\.name) == [Self.letters(4096)])
    #expect(read.metadata.map(\.key) == [key])
  }

  @Test(arguments: cases)
  func `what the reference accepts is refused`(_ header: String, _ code: String) {
    #expect(refusal(of: blob(header, zeros(4)))?.code == code)
  }

  @Test(arguments: ["[0,4611686018427387904,4]", "[4611686018427387904,4,0]", "[4611686018427387904,0,4]"])
  func `the verdict does not depend on where a zero is`(_ shape: String) {
    #expect(refusal(of: blob("{\"a\":\(record("F32", shape, 0, 0))}"))?.code == "E_ST_OVERFLOW")
  }

  @Test func `canonically equivalent names are two tensors`() throws {
    let file = blob(
      "{\"\u{E9}\":\(record("U8", "[1]", 0, 1)),\"e\u{301}\":\(record("U8", "[2]", 1, 3))}", zeros(3))
    let header = try SafetensorsHeader.parse(file, fileSize: file.count, file: "w.safetensors")
    #expect(header.tensors.count == 2)
    #expect(header["\u{E9}"]?.shape == [1])
    #expect(header["e\u{301}"]?.shape == [2])
    #expect(header.tensors.map { Array($0.name.utf8) } == [Array("e\u{301}".utf8), Array("\u{E9}".utf8)])
  }
}
