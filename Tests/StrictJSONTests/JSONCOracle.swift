import CJSON
import StrictJSON

/// json-c as an independent reader.
enum JSONCOracle {
  /// What json-c, with `JSON_TOKENER_STRICT`, reads; nil when it refuses the text.
  static func parse(_ bytes: [UInt8]) -> JSONValue? {
    guard let tokener = json_tokener_new_ex(100) else { return nil }
    defer { json_tokener_free(tokener) }
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT)
    // The zero byte tells json-c that a number at the end is complete.
    let text = (bytes + [0]).map { CChar(bitPattern: $0) }
    let root = json_tokener_parse_ex(tokener, text, Int32(text.count))
    guard json_tokener_get_error(tokener) == json_tokener_success else { return nil }
    defer { json_object_put(root) }
    return value(root)
  }

  private static func value(_ object: OpaquePointer?) -> JSONValue {
    guard let object else { return nil }
    switch json_object_get_type(object) {
    case json_type_boolean: return .bool(json_object_get_boolean(object) != 0)
    case json_type_int: return .int(Int(json_object_get_int64(object)))
    case json_type_double:
      guard let text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN) else { return nil }
      return JSONValue(.number(String(cString: text)))
    case json_type_string:
      guard let text = json_object_get_string(object) else { return nil }
      let bytes = UnsafeRawBufferPointer(start: text, count: Int(json_object_get_string_len(object)))
      return .string(String(decoding: bytes, as: UTF8.self))
    case json_type_array:
      return .array((0..<json_object_array_length(object)).map { value(json_object_array_get_idx(object, $0)) })
    default:
      var members: [(String, JSONValue)] = []
      var iterator = json_object_iter_begin(object)
      var end = json_object_iter_end(object)
      while json_object_iter_equal(&iterator, &end) == 0 {
        let name = json_object_iter_peek_name(&iterator).map { String(cString: $0) } ?? ""
        members.append((name, value(json_object_iter_peek_value(&iterator))))
        json_object_iter_next(&iterator)
      }
      return .object(members)
    }
  }
}
