import TestSupport
import Safetensors
import Testing

@Suite struct RecordRefusalTests {
  @Test(arguments: ["1e0", "-0", "1.0", "9223372036854775808", "18446744073709551615", "18446744073709551616"])
  func `numbers that are no integers are refused`(_ spelling: String) {
    #expect(refusal(of: blob("{\"a\":\(record("U8", "[\(spelling)]", 0, 1))}", [0]))?.code == "E_ST_NUMBER")
    let offsets = "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,\(spelling)]}}"
    #expect(refusal(of: blob(offsets, [0]))?.code == "E_ST_NUMBER")
  }

  @Test(arguments: ["\"1\"", "true", "null", "[1]", "{}"])
  func `values of another type are refused`(_ value: String) {
    #expect(refusal(of: blob("{\"a\":\(record("U8", "[\(value)]", 0, 1))}", [0]))?.code == "E_ST_TENSOR_INFO")
    #expect(refusal(of: blob("{\"a\":\(value)}"))?.code == "E_ST_TENSOR_INFO")
  }

  @Test(arguments: ["[]", "[0]", "[0,1,1]"])
  func `another number of offsets is refused`(_ offsets: String) {
    let header = "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":\(offsets)}}"
    #expect(refusal(of: blob(header, [0]))?.code == "E_ST_TENSOR_INFO")
  }

  @Test(arguments: ["f32", "F33", "", " F32", "F32\u{0}", "F8"])
  func `dtypes are case sensitive`(_ dtype: String) {
    let escaped = dtype.replacing("\u{0}", with: #"\u0000"#)
    #expect(refusal(of: blob("{\"a\":\(record(escaped, "[1]", 0, 4))}", zeros(4)))?.code == "E_ST_DTYPE")
  }

  @Test func `sizes that overflow in bits are refused`() {
    #expect(refusal(of: blob("{\"a\":\(record("F64", "[1152921504606846976]", 0, 0))}"))?.code == "E_ST_OVERFLOW")
  }

  @Test func `huge offsets do not trap`() {
    let most = "9223372036854775807"
    let header = "{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[\(most),\(most)]}}"
    #expect(refusal(of: blob(header))?.code == "E_ST_HOLE")
    // Every tensor is possible; eight of them and a header are more than any file can have.
    let size = (1 << 60) - 1
    let records = (0..<8).map { "\"\($0)\":\(record("U8", "[\(size)]", $0 * size, ($0 + 1) * size))" }
    #expect(refusal(of: blob("{\(records.joined(separator: ","))}"))?.code == "E_ST_OVERFLOW")
    #expect(refusal(of: blob("{\(records.dropLast().joined(separator: ","))}"))?.code == "E_ST_TRUNCATED")
  }

  @Test func `parts of bytes are refused`() {
    #expect(refusal(of: blob("{\"a\":\(record("F4", "[3]", 0, 1))}", [0]))?.code == "E_ST_SIZE_MISMATCH")
    #expect(refusal(of: blob("{\"a\":\(record("F4", "[2]", 0, 1))}", [0])) == nil)
    #expect(refusal(of: blob("{\"a\":\(record("F6_E2M3", "[4]", 0, 3))}", zeros(3))) == nil)
  }

  @Test func `two tensors over the same bytes are refused`() {
    let header = "{\"a\":\(record("U8", "[4]", 0, 4)),\"b\":\(record("U8", "[4]", 0, 4))}"
    #expect(refusal(of: blob(header, zeros(4)))?.code == "E_ST_OVERLAP")
    let late = "{\"a\":\(record("U8", "[3]", 1, 4))}"
    #expect(refusal(of: blob(late, zeros(4)))?.code == "E_ST_HOLE")
  }

  @Test func `empty tensors may be anywhere between tensors`() {
    let full = "\"m\":\(record("U8", "[4]", 0, 4))"
    for (empty, code) in [(0, nil), (4, nil), (2, "E_ST_OVERLAP"), (5, "E_ST_HOLE")] as [(Int, String?)] {
      for name in ["a", "z"] {
        let header = "{\(full),\"\(name)\":\(record("F32", "[0]", empty, empty))}"
        #expect(refusal(of: blob(header, zeros(4)))?.code == code, "\(empty)")
      }
    }
  }

  @Test func `a cut shard says how much is there`() {
    let file = blob("{\"a\":\(record("F32", "[4]", 0, 16))}", zeros(15))
    let found = refusal(of: file)
    #expect(found?.expected == "\(file.count + 1) bytes")
    #expect(found?.found == "\(file.count) bytes")
    #expect(found?.next == "download this file again")
  }

  @Test func `the error names the tensor and the inner rule`() {
    #expect(refusal(of: blob("{\"blk.3.w\":\(record("Q4", "[1]", 0, 4))}", zeros(4)))?.tensor == "blk.3.w")
    let deep = blob("{\"a\":" + String(repeating: "[", count: 100))
    #expect(refusal(of: deep)?.summary.contains("E_JSON_DEPTH") == true)
  }

  @Test func `a scalar and an empty file are accepted`() {
    #expect(refusal(of: blob("{\"a\":\(record("F32", "[]", 0, 4))}", zeros(4))) == nil)
    #expect(refusal(of: blob("{}")) == nil)
    #expect(refusal(of: blob("{\"__metadata__\":{}}")) == nil)
  }

  @Test func `every cut and every changed bit of a file is handled`() throws {
    let layout = try SafetensorsLayout(
      tensors: [("a", .f32, [2]), ("b", .bf16, [3])], metadata: ["format": "pt"])
    let file = layout.assemble([:])
    #expect(refusal(of: file) == nil)
    for length in 0..<file.count { #expect(refusal(of: Array(file[..<length])) != nil, "\(length)") }
    // Not a statement about verdicts, only that none of them is a crash.
    for index in 0..<layout.headerBytes.count {
      for bit in 0..<8 {
        var changed = file
        changed[index] ^= 1 << UInt8(bit)
        _ = refusal(of: changed)
      }
    }
  }
}
