import Diagnostics
import SystemPackage

/// What can be wrong with a model folder.
public enum CheckpointError: CambiumError {
  /// The model folder is not there, or is not a folder.
  ///
  /// `hub` is what was typed, where it looks like a model of the hub.
  case folderMissing(path: FilePath, isFile: Bool = false, hub: String? = nil)
  /// The folder holds no `*.safetensors` file.
  ///
  /// `beneath` are the folders in it that hold a model.
  case noSafetensors(path: FilePath, found: String, beneath: [String] = [])
  /// The folder holds an adapter and no model.
  case adapterAlone(path: FilePath, found: String)
  /// The shards hold modules as PEFT wraps them: a model and an adapter that were saved in one.
  case adapterInShards(file: String, tensor: String)
  /// The folder holds an MTP head and no model.
  case headAlone(path: FilePath, tensors: Int)
  /// The folder has no `config.json`.
  case configMissing(path: FilePath)
  /// A field of `config.json` is missing, out of range or contradicts another.
  case config(file: String, field: String, expected: String, found: String)
  /// The architecture is not one that Cambium knows.
  ///
  /// `drafter` is the class of a drafter of another kind than MTP; nil for a model.
  case architectureUnknown(file: String, modelType: String, drafter: String? = nil)
  /// The index names a shard that is not in the folder.
  case indexNamesMissingShard(file: String, shard: String, tensors: Int)
  /// The index names a shard outside the model folder: its name is not a plain file name.
  case indexPathEscapes(file: String, shard: String)
  /// The index and the shard headers disagree.
  case indexMismatch(file: String, differences: [String])
  /// The index has another form than `{"metadata": …, "weight_map": {tensor: shard}}`.
  case indexForm(file: String, expected: String, found: String)
  /// A file beside the weights was to be fetched by Git LFS, and was not.
  case lfsPointer(path: FilePath)
  /// One tensor name stands in two shards.
  case tensorInTwoShards(tensor: String, first: String, second: String)
  /// A tensor that no row of the architecture's table names.
  case tensorUnknown(file: String, tensor: String, modelType: String, hint: String?)
  /// A tensor that the architecture needs is not there.
  case tensorMissing(path: FilePath, tensors: [String], count: Int)
  /// A tensor's shape contradicts `config.json`.
  case shape(file: String, tensor: String, expected: String, found: String)
  /// A tensor has no elements where `config.json` says that it has some.
  case tensorEmpty(file: String, tensor: String, expected: String, found: String)
  /// A tensor has a dtype that cannot be converted.
  case dtype(file: String, tensor: String, expected: String, found: String)
  /// The model, or its head, is quantized in a format that is not read, that no `quantization_config` declares, or that
  /// the tensors contradict.
  ///
  /// `isDeclared` is whether `config.json` says what they are: some are read only then.
  case quantizedFormat(path: FilePath, tensor: String, format: String, isHead: Bool, isDeclared: Bool)
  /// Some experts of a layer are missing.
  case expertsIncomplete(path: FilePath, tensor: String, declared: Int, missing: [Int])
  /// The source is an MLX conversion already, and a rule would change its tensors.
  case alreadyConverted(path: FilePath, evidence: String)
  /// The tensors have more bytes together than can be counted in what is made of them.
  case tooLarge(path: FilePath, most: Int, found: String)
  /// A link leads out of the model folder.
  case linkEscapes(path: FilePath, target: FilePath)
  /// A `hub:` source that is not in the local cache.
  case hubNotCached(reference: String, looked: FilePath)
  /// A source reference that is neither a folder nor `hub:org/name@revision`.
  case hubReference(reference: String)
  /// A model that a manifest wants read where it is, in a command that does not use the network.
  case hubRemote(reference: String)

  public var diagnostic: Diagnostic {
    switch self {
    case .folderMissing(let path, let isFile, let hub):
      Diagnostic(
        "E_SOURCE_MISSING", "no such model folder", file: path, expected: "a folder with config.json and *.safetensors",
        found: isFile ? "a file" : nil,
        next: isFile
          ? "name the folder that the file is in"
          : hub.map { "check the path; a model of the hub is called hub:\($0)" }
            ?? "check the path, which is given in full above", exit: .missingInput)
    case .noSafetensors(let path, let found, let beneath):
      Diagnostic(
        "E_NO_SAFETENSORS", "the folder holds no safetensors weights", file: path,
        expected: "at least one *.safetensors file", found: found,
        next: beneath.isEmpty
          ? "download the safetensors version of the model; pickle files and GGUF are never read"
          : "name the folder in it that holds a model: \(beneath.joined(separator: ", "))", exit: .badInput)
    case .adapterAlone(let path, let found):
      Diagnostic(
        "E_ADAPTER_ALONE", "the folder holds an adapter and no model", file: path,
        expected: "config.json and the weights of a model", found: found,
        next: "name the base model's folder as source, and this one as adapter", exit: .badInput)
    case .adapterInShards(let file, let tensor):
      Diagnostic(
        "E_ADAPTER_IN_SHARDS", "the shards hold an adapter that is not merged", file: file, tensor: tensor,
        expected: "the names of the model's own modules", found: "a module as PEFT wraps it",
        next:
          "merge it with PEFT (merge_and_unload) and name what is saved then as source; or save the adapter alone (save_pretrained of PEFT), and name the base as source and it as adapter",
        exit: .badInput)
    case .headAlone(let path, let tensors):
      Diagnostic(
        "E_HEAD_ALONE", "the folder holds an MTP head and no model", file: path,
        expected: "config.json and the weights of a model", found: "\(tensors) tensors, all of a head",
        next: "name the model's folder as source, and this one as donor", exit: .badInput)
    case .configMissing(let path):
      Diagnostic(
        "E_CONFIG_MISSING", "the folder has no config.json", file: path, expected: "config.json",
        next: "copy config.json from the model's repository", exit: .badInput)
    case .lfsPointer(let path):
      Diagnostic(
        "E_LFS_POINTER", "the file is a Git LFS pointer, not what it points to", file: path,
        expected: "the file itself", found: "a text that names it by its digest",
        next: "fetch the file: run `git lfs pull` in the model's folder, or download it again", exit: .badInput)
    case .config(let file, let field, let expected, let found):
      Diagnostic(
        "E_CONFIG", "the configuration is wrong: \(field)", file: file, expected: expected, found: found,
        next: "compare with the config.json that the model was released with", exit: .badInput)
    case .architectureUnknown(let file, let modelType, let drafter):
      Diagnostic(
        "E_ARCHITECTURE_UNKNOWN", "unknown architecture \(modelType)", file: file,
        expected: "model_type " + ArchitectureTable.all.map(\.modelType).joined(separator: ", "),
        found: drafter.map { "\(modelType), a drafter (\($0))" } ?? modelType,
        next: drafter != nil
          ? "name the model that it drafts for as source; a drafter of another kind than MTP stays a folder of its own"
          : modelType == "qwen4_exp"
            ? "qwen4_exp (Qwen3.8-Flash-Next) has hyper-connections, indexed attention and n-gram tables, which Cambium does not convert"
            : "only models of the Qwen3-Next, Qwen3.5 and Qwen3.6 family can be converted", exit: .badInput)
    case .indexNamesMissingShard(let file, let shard, let tensors):
      Diagnostic(
        "E_INDEX_MISSING_SHARD", "the index names a shard that is not there", file: file, expected: shard,
        found: "no such file (the index places \(tensors) tensors in it)", next: "download \(shard) again",
        exit: .badInput)
    case .indexPathEscapes(let file, let shard):
      Diagnostic(
        "E_INDEX_PATH", "the index names a shard outside the model folder", file: file, expected: "a plain file name",
        found: shard, next: "do not use this checkpoint: its index was tampered with", exit: .badInput)
    case .indexMismatch(let file, let differences):
      Diagnostic(
        "E_INDEX_MISMATCH", "the index and the shard headers disagree", file: file,
        expected: "each tensor in the shard that the index names", found: differences.joined(separator: "; "),
        next: "download the index and the shards of one and the same revision", exit: .badInput)
    case .indexForm(let file, let expected, let found):
      Diagnostic(
        "E_INDEX_FORM", "the index has not the form of an index", file: file, expected: expected, found: found,
        next: "download the index again", exit: .badInput)
    case .tensorInTwoShards(let tensor, let first, let second):
      Diagnostic(
        "E_TENSOR_TWICE", "one tensor stands in two shards", file: second, tensor: tensor, expected: "one place",
        found: "\(first) and \(second)", next: "remove the shard that does not belong to this revision", exit: .badInput
      )
    case .tensorUnknown(let file, let tensor, let modelType, let hint):
      Diagnostic(
        "E_TENSOR_UNKNOWN", "a tensor that no rule of the architecture \(modelType) names", file: file, tensor: tensor,
        expected: "a tensor of the architecture's table", found: hint ?? "an unknown name",
        next: "Cambium never drops a tensor that it does not know; check config.json, or report the model",
        exit: .badInput)
    case .tensorMissing(let path, let tensors, let count):
      Diagnostic(
        "E_TENSOR_MISSING", "tensors that the architecture needs are missing (\(count))", file: path,
        tensor: tensors.first,
        expected: tensors.joined(separator: ", ") + (count > tensors.count ? ", …" : ""), found: "not in any shard",
        next: "download the missing shards", exit: .badInput)
    case .shape(let file, let tensor, let expected, let found):
      Diagnostic(
        "E_SHAPE", "a tensor's shape contradicts config.json", file: file, tensor: tensor, expected: expected,
        found: found,
        next: "config.json and the shards are not of the same model", exit: .badInput)
    case .tensorEmpty(let file, let tensor, let expected, let found):
      Diagnostic(
        "E_TENSOR_EMPTY", "a tensor is empty", file: file, tensor: tensor, expected: expected, found: found,
        next:
          "save the model whole: DeepSpeed ZeRO-3 leaves such placeholders, and its zero_to_fp32.py makes the weights of its checkpoint",
        exit: .badInput)
    case .dtype(let file, let tensor, let expected, let found):
      Diagnostic(
        "E_DTYPE", "a tensor has a dtype that cannot be converted", file: file, tensor: tensor, expected: expected,
        found: found, next: "use the BF16 release of the model", exit: .badInput)
    case .quantizedFormat(let path, let tensor, let format, let isHead, let isDeclared):
      Diagnostic(
        "E_SOURCE_FORMAT", "the \(isHead ? "head" : "model") is quantized in a format that is not read", file: path,
        tensor: tensor,
        expected: isDeclared
          ? "BF16, F16, F32, an MLX conversion, FP8, NVFP4, GPTQ, AWQ, or int4 or int8 of compressed-tensors"
          : "a quantization_config in config.json, which says what the codes stand for",
        found: isDeclared ? format : format + ", and no quantization_config",
        next: (isDeclared ? "" : "copy config.json with its quantization_config from the model's repository; or ")
          + (isHead
            ? "name a donor whose head is in BF16, such as the model's BF16 release"
            : "use the BF16 release of the model as the source; a head in BF16 that is in this folder can serve as donor"),
        exit: .badInput)
    case .expertsIncomplete(let path, let tensor, let declared, let missing):
      Diagnostic(
        "E_EXPERTS_INCOMPLETE", "some experts are missing", file: path, tensor: tensor,
        expected: "experts 0 to \(declared - 1)",
        found: "missing " + missing.prefix(16).map(String.init).joined(separator: ", ")
          + (missing.count > 16 ? ", …" : ""),
        next: "num_experts, the router's rows and the experts must agree", exit: .badInput)
    case .alreadyConverted(let path, let evidence):
      Diagnostic(
        "E_ALREADY_CONVERTED", "the source is an MLX conversion already", file: path,
        expected: "a Hugging Face checkpoint", found: evidence,
        next:
          "use the checkpoint it was made from as the source; the pipeline graft-only adds a head and keeps the rest",
        exit: .badInput)
    case .tooLarge(let path, let most, let found):
      Diagnostic(
        "E_WEIGHTS_SIZE", "the tensors have more bytes together than any model", file: path,
        expected: "less than \(most) bytes", found: found,
        next: "do not use this checkpoint: files of such sizes are mostly holes", exit: .badInput)
    case .linkEscapes(let path, let target):
      Diagnostic(
        "E_LINK_ESCAPES", "a link leads out of the model folder", file: path, expected: "a target beneath the folder",
        found: target.string, next: "copy the file into the folder, or name the hub cache as hub:org/name@commit",
        exit: .badInput)
    case .hubNotCached(let reference, let looked):
      Diagnostic(
        "E_HUB_NOT_CACHED", "the model is not in the local hub cache", file: looked, expected: reference,
        found: "no such snapshot", next: "fetch it with: cambium fetch \(reference)", exit: .missingInput)
    case .hubReference(let reference):
      Diagnostic(
        "E_HUB_REFERENCE", "not a hub reference", expected: "hub:organisation/name@commit", found: reference,
        next: "write the commit's 40 hexadecimal digits behind the @; cambium init hub:organisation/name finds it",
        exit: .badInput)
    case .hubRemote(let reference):
      Diagnostic(
        "E_HUB_REMOTE", "the manifest wants the model read on the hub, and this command does not use the network",
        file: reference,
        next: "use cambium plan, run or merge; or fetch the model, and take \"remote\" out of the manifest",
        exit: .missingInput)
    }
  }
}
