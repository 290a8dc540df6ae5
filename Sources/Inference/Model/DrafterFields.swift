import StrictJSON

/// Reads fields of a drafter's configuration with errors that name them.
struct DrafterFields {
  let config: JSONValue
  let file: String

  init(_ folder: DrafterFolder) {
    config = folder.config
    file = folder.configFile
  }

  /// A field of an object within, or else of the top.
  func value(_ field: String, in nested: String? = nil) -> JSONValue? {
    [nested.flatMap { config[$0]?[field] }, config[field]].compactMap { $0 }.first { !$0.isNull }
  }

  /// A whole number in a range.
  func integer(_ field: String, in nested: String? = nil, _ range: ClosedRange<Int>) throws(DrafterError) -> Int {
    guard let number = value(field, in: nested)?.intValue, range.contains(number) else {
      throw wrong(field, in: nested, "an integer from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// A list of whole numbers; nil without the field.
  func integers(_ field: String, in nested: String? = nil) throws(DrafterError) -> [Int]? {
    guard let value = value(field, in: nested) else { return nil }
    let numbers = (value.arrayValue ?? []).compactMap(\.intValue)
    guard let count = value.arrayValue?.count, count == numbers.count else {
      throw wrong(field, in: nested, "a list of integers")
    }
    return numbers
  }

  /// A positive number that a `Float` holds.
  func positive(_ field: String, in nested: String? = nil, default other: Double?) throws(DrafterError) -> Double {
    guard let value = value(field, in: nested) else {
      if let other { return other }
      throw wrong(field, in: nested, "a positive number")
    }
    guard let number = value.doubleValue, Float(number).isNormal, number > 0 else {
      throw wrong(field, in: nested, "a positive number that a Float holds")
    }
    return number
  }

  /// True or false; nil without the field.
  func flag(_ field: String, in nested: String? = nil) throws(DrafterError) -> Bool? {
    guard let value = value(field, in: nested) else { return nil }
    guard let flag = value.boolValue else { throw wrong(field, in: nested, "true or false") }
    return flag
  }

  /// A field whose other values change the mathematics.
  func require(_ field: String, in nested: String? = nil, _ wanted: Bool) throws(DrafterError) {
    if let found = try flag(field, in: nested), found != wanted { throw wrong(field, in: nested, "\(wanted)") }
  }

  func wrong(_ field: String, in nested: String? = nil, _ expected: String) -> DrafterError {
    .config(file: file, field: field, expected: expected, found: spelling(value(field, in: nested)))
  }

  func spelling(_ value: JSONValue?) -> String {
    value.map { String(decoding: JSONWriter.canonical($0).prefix(60), as: UTF8.self) } ?? "nothing"
  }
}

extension DrafterFields {
  /// Sizes that kinds have in common, checked against the target.
  func shape(_ target: TextConfiguration) throws(DrafterError) -> DrafterShape {
    let sizes = 1...1 << 20
    let (hidden, vocabulary) = (try integer("hidden_size", sizes), try integer("vocab_size", 1...1 << 24))
    guard hidden == target.hidden else {
      throw .target(
        file: file, field: "hidden_size", expected: "\(target.hidden), the model's", found: "\(hidden)")
    }
    guard vocabulary == target.vocabulary else {
      throw .target(
        file: file, field: "vocab_size", expected: "\(target.vocabulary), the model's", found: "\(vocabulary)")
    }
    try require("attention_bias", false)
    try require("mlp_bias", false)
    if let activation = value("hidden_act"), !["silu", "swish"].contains(activation.stringValue ?? "") {
      throw wrong("hidden_act", "silu")
    }
    let heads = try integer("num_attention_heads", 1...1 << 16)
    let keyValueHeads = try integer("num_key_value_heads", 1...1 << 16)
    guard heads % keyValueHeads == 0 else {
      throw wrong("num_attention_heads", "a multiple of num_key_value_heads \(keyValueHeads)")
    }
    // A missing head dimension is the hidden size by heads, as in the class of the library.
    let dimension = value("head_dim") == nil ? hidden / heads : try integer("head_dim", sizes)
    guard dimension >= 2, dimension % 2 == 0, dimension <= 1 << 16 else {
      throw wrong("head_dim", "an even number from 2 to 65536")
    }
    return DrafterShape(
      hidden: hidden, vocabulary: vocabulary, layers: try integer("num_hidden_layers", 1...256),
      wide: try integer("intermediate_size", sizes),
      attention: AttentionShape(heads: heads, keyValueHeads: keyValueHeads, headDimension: dimension),
      epsilon: Float(try positive("rms_norm_eps", default: 1e-6)),
      rotary: try rotary(dimension: dimension))
  }

  /// Plain rotation of the whole head on one axis.
  private func rotary(dimension: Int) throws(DrafterError) -> Rotary {
    let nested = ["rope_parameters", "rope_scaling"].first { config[$0]?.members != nil }
    if let type = nested.flatMap({ config[$0]?["rope_type"] ?? config[$0]?["type"] }), type.stringValue != "default" {
      throw .config(file: file, field: nested ?? "", expected: "rope_type default", found: spelling(type))
    }
    let theta = try positive("rope_theta", in: nested, default: nil)
    guard theta > 1 else { throw wrong("rope_theta", in: nested, "a number above 1") }
    return Rotary(wholeHead: dimension, theta: theta)
  }
}
