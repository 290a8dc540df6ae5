import Diagnostics
import SystemPackage

/// What can be wrong with an adapter.
public enum AdapterError: CambiumError {
  /// The adapter's folder, configuration or weights are not there.
  case missing(path: FilePath, expected: String, found: String)
  /// A field of `adapter_config.json` is missing or out of range.
  case config(file: String, field: String, expected: String, found: String)
  /// A kind of adapter, or an option of one, that is not merged: biases, PiSSA, DoRA of experts and others.
  case unsupported(file: String, tensor: String?, what: String, next: String)
  /// The adapter changes a module that the base does not have, or one that is no matrix.
  case target(file: String, tensor: String, expected: String, found: String)
  /// A tensor of the adapter does not fit the base, or the rank of its configuration.
  case shape(file: String, tensor: String, expected: String, found: String)
  /// A tensor of the adapter is not BF16, F16 or F32.
  case dtype(file: String, tensor: String, found: String)
  /// A factor has no partner, a targeted module no factors, or a module of `modules_to_save` no tensor.
  case incomplete(file: String, tensor: String?, expected: String, found: String)
  /// Configuration and tensors, two tensors, or a rule and the adapter contradict each other.
  case conflict(file: String, tensor: String, expected: String, found: String)
  /// Tensors of the adapter would be left over: nothing here knows what to do with them.
  case unused(file: String, tensor: String, count: Int)
  /// The adapter changes a tensor of the base that is packed, or that an MLX conversion stores otherwise.
  case base(path: FilePath, tensor: String, found: String)
  /// The source holds an adapter that is not merged, and the manifest says nothing about it.
  case unmerged(path: FilePath, file: String)
  /// A text was, or is to be, run through the base of an adapter, and what it tells would be taken for the merged model.
  case measured(manifest: String, found: String)

  public var diagnostic: Diagnostic {
    switch self {
    case .missing(let path, let expected, let found):
      Diagnostic(
        "E_ADAPTER_MISSING", "the adapter is not there", file: path, expected: expected, found: found,
        next: "name the folder that save_pretrained of PEFT wrote; pickle files are never read", exit: .missingInput)
    case .config(let file, let field, let expected, let found):
      Diagnostic(
        "E_ADAPTER_CONFIG", "the adapter's configuration is wrong: \(field)", file: file, expected: expected,
        found: found, next: "take the adapter_config.json that was saved with the weights", exit: .badInput)
    case .unsupported(let file, let tensor, let what, let next):
      Diagnostic(
        "E_ADAPTER_UNSUPPORTED", "an adapter that is not merged here: \(what)", file: file, tensor: tensor,
        expected: "a plain LoRA adapter", found: what, next: next, exit: .badInput)
    case .target(let file, let tensor, let expected, let found):
      Diagnostic(
        "E_ADAPTER_TARGET", "the adapter changes a module that the base does not have", file: file, tensor: tensor,
        expected: expected, found: found, next: "name the base that the adapter was trained on as source",
        exit: .badInput)
    case .shape(let file, let tensor, let expected, let found):
      Diagnostic(
        "E_ADAPTER_SHAPE", "a tensor of the adapter does not fit", file: file, tensor: tensor, expected: expected,
        found: found, next: "name the base that the adapter was trained on as source", exit: .badInput)
    case .dtype(let file, let tensor, let found):
      Diagnostic(
        "E_ADAPTER_DTYPE", "a tensor of the adapter has a dtype that is not merged", file: file, tensor: tensor,
        expected: "BF16, F16 or F32", found: found, next: "save the adapter in one of these", exit: .badInput)
    case .incomplete(let file, let tensor, let expected, let found):
      Diagnostic(
        "E_ADAPTER_INCOMPLETE", "the adapter is not whole", file: file, tensor: tensor, expected: expected,
        found: found, next: "download or save the adapter again", exit: .badInput)
    case .conflict(let file, let tensor, let expected, let found):
      Diagnostic(
        "E_ADAPTER_CONFLICT", "what is said of a module contradicts itself", file: file, tensor: tensor,
        expected: expected, found: found,
        next: "use configuration and weights of one and the same adapter, and rules that keep what it changes",
        exit: .badInput)
    case .unused(let file, let tensor, let count):
      Diagnostic(
        "E_ADAPTER_UNUSED", "tensors of the adapter would be left over (\(count))", file: file, tensor: tensor,
        expected: "lora_A and lora_B of a module, or the weight of a module in modules_to_save",
        found: "a name of no such form",
        next: "merge it with PEFT (merge_and_unload) and name the result as source; nothing is dropped silently",
        exit: .badInput)
    case .base(let path, let tensor, let found):
      Diagnostic(
        "E_ADAPTER_BASE", "the adapter changes a tensor of the base that was converted", file: path, tensor: tensor,
        expected: "BF16, F16, F32 or FP8 with scales by blocks", found: found,
        next: "name the unconverted checkpoint as source", exit: .badInput)
    case .unmerged(let path, let file):
      Diagnostic(
        "E_ADAPTER_UNMERGED", "the source holds an adapter that is not merged into its weights", file: path,
        expected: "a word in the manifest about it", found: file,
        next: "write \"adapter\": FOLDER to merge it, or \"adapter\": false to convert the weights as they are",
        exit: .badInput)
    case .measured(let manifest, let found):
      Diagnostic(
        "E_ADAPTER_MEASURED", "a text runs through the base of an adapter, not through the merged model",
        file: manifest,
        expected: "a source that is merged, for calibration and sensitivity", found: found,
        next:
          "convert with the pipeline graft-only, which merges the adapter; then name that package as the source, without the adapter",
        exit: .badInput)
    }
  }
}
