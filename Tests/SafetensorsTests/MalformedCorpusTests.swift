import TestSupport
import SystemPackage
import Safetensors
import Testing

/// The files of `tools/make_malformed.py`, with the code that each is refused with (nil: accepted).
@Suite struct MalformedCorpusTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let code: String?

    init(_ name: String, _ bytes: [UInt8], _ code: String?) {
      (self.name, self.bytes, self.code) = (name, bytes, code)
    }

    var testDescription: String { name }
  }

  static let cases: [Case] = [
    Case("ok_minimal", blob(one, zeros(4)), nil),
    Case("ok_padded", blob(one + "   ", zeros(4)), nil),
    Case("ok_zero_dim", blob("{\"a\":\(record("F32", "[0,3]", 0, 0))}"), nil),
    Case(
      "ok_unaligned", blob("{\"a\":\(record("U8", "[1]", 0, 1)),\"b\":\(record("BF16", "[1]", 1, 3))}", zeros(3)), nil),
    Case("empty_file", [], "E_ST_HEADER_TOO_SMALL"),
    Case("seven_bytes", zeros(7), "E_ST_HEADER_TOO_SMALL"),
    Case("len_past_eof", blob(one, zeros(4), length: 4096), "E_ST_HEADER_LENGTH"),
    Case("len_over_cap", blob("{}", length: 100_000_001), "E_ST_HEADER_TOO_LARGE"),
    Case("len_2p63", blob("{}", length: 1 << 63), "E_ST_HEADER_TOO_LARGE"),
    Case("not_json", blob("{not json"), "E_ST_HEADER_JSON"),
    Case("top_array", blob("[]"), "E_ST_NOT_OBJECT"),
    Case(
      "bad_utf8", blob(Array("{\"".utf8) + [0xFF] + Array("\":\(record("F32", "[1]", 0, 4))}".utf8), zeros(4)),
      "E_ST_HEADER_UTF8"),
    Case(
      "deep_nesting",
      blob("{\"a\":" + String(repeating: "[", count: 50_000) + String(repeating: "]", count: 50_000) + "}"),
      "E_ST_HEADER_JSON"),
    Case("dup_name", blob(one.dropLast() + "," + one.dropFirst(), zeros(4)), "E_ST_DUPLICATE_NAME"),
    Case("meta_number", blob("{\"__metadata__\":{\"k\":1}," + one.dropFirst(), zeros(4)), "E_ST_METADATA"),
    Case("dtype_unknown", blob("{\"a\":\(record("Q4", "[1]", 0, 4))}", zeros(4)), "E_ST_DTYPE"),
    Case("missing_shape", blob("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", zeros(4)), "E_ST_TENSOR_INFO"),
    Case("negative_dim", blob("{\"a\":\(record("F32", "[-1]", 0, 4))}", zeros(4)), "E_ST_NUMBER"),
    Case("float_dim", blob("{\"a\":\(record("F32", "[1.0]", 0, 4))}", zeros(4)), "E_ST_NUMBER"),
    Case("overflow", blob("{\"a\":\(record("F32", "[4611686018427387904,4]", 0, 0))}"), "E_ST_OVERFLOW"),
    Case("reversed", blob("{\"a\":\(record("F32", "[1]", 4, 0))}", zeros(4)), "E_ST_OFFSETS"),
    Case(
      "hole", blob("{\"a\":\(record("U8", "[1]", 0, 1)),\"b\":\(record("U8", "[1]", 2, 3))}", zeros(3)), "E_ST_HOLE"),
    Case(
      "overlap", blob("{\"a\":\(record("U8", "[2]", 0, 2)),\"b\":\(record("U8", "[2]", 1, 3))}", zeros(3)),
      "E_ST_OVERLAP"),
    Case("trailing", blob(one, zeros(4) + Array("xyz".utf8)), "E_ST_TRAILING"),
    Case("truncated", blob("{\"a\":\(record("F32", "[4]", 0, 16))}", zeros(15)), "E_ST_TRUNCATED"),
    Case("size_mismatch", blob("{\"a\":\(record("BF16", "[4]", 0, 16))}", zeros(16)), "E_ST_SIZE_MISMATCH"),
    Case(
      "lfs_pointer",
      Array(
        "version https://git-lfs.github.com/spec/v1\noid sha256:\(String(repeating: "0", count: 64))\nsize 1\n".utf8),
      "E_ST_LFS_POINTER"),
  ]

  @Test(arguments: cases) func `malformed files are refused in memory`(_ item: Case) {
    let found = refusal(of: item.bytes)
    #expect(found?.code == item.code)
    if item.code != nil {
      #expect(found?.exitStatus == .badInput)
      #expect(found?.file == "w.safetensors")
      #expect(found?.next != nil)
    }
  }

  @Test(arguments: cases) func `malformed files are refused on disk`(_ item: Case) throws {
    try withFile(item.bytes) { path in
      let found = refusal { _ = try SafetensorsFile(path: FilePath(path)) }
      #expect(found?.code == item.code)
      if item.code != nil { #expect(found?.file == path) }
    }
  }
}
