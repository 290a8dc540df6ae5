import Files
import StrictJSON
import SystemPackage

/// `hf_quant_config.json`, which ModelOpt writes beside a `config.json` that says nothing: SGLang and TensorRT-LLM read it.
enum ModelOptFile {
  static let name = "hf_quant_config.json"

  /// What it says, as `quantization_config` would; nil for a file of another form, which says nothing here.
  /// - Parameter bytes: The file's.
  /// - Throws: `JSONError`.
  static func read(_ bytes: [UInt8], file: String) throws -> JSONValue? {
    let root = try JSONValue.parse(bytes, file: file, maxValues: JSONValue.modestCount)
    guard var object = root["quantization"], object.members != nil else { return nil }
    object.set("quant_method", to: "modelopt")
    return object
  }
}

extension CheckpointFolder {
  /// The file besides `config.json` that says how the model is quantized; nil where none is read.
  package var quantizationFile: String? { isQuantizedElsewhere ? ModelOptFile.name : nil }

  /// The file that says it, and the place there, for messages.
  var quantizationPlace: (file: String, path: String) {
    isQuantizedElsewhere
      ? (path.appending(ModelOptFile.name).string, "quantization") : (configPath.string, "quantization_config")
  }
}
