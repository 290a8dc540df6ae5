import Diagnostics
import SystemPackage

/// Why a head cannot be had, or does not fit.
public enum HeadError: CambiumError {
  /// The donor has no MTP tensors.
  case absent(path: FilePath, modelType: String, shards: Int, tensors: Int, declared: Int?)
  /// `config.json` promises, or the manifest keeps, a head that no shard holds, and the manifest names no donor.
  case declaredMissing(path: FilePath, declared: Int, shards: Int, tensors: Int)
  /// Head and trunk are of different families.
  case familyMismatch(path: FilePath, expected: String, found: String)
  /// A dimension of the head differs from the trunk's.
  case dimensionMismatch(path: FilePath, tensor: String, expected: String, found: String)
  /// A tensor of the head's inventory is missing.
  case tensorMissing(path: FilePath, tensors: [String], count: Int)
  /// The head's experts and its router do not agree.
  case expertsIncomplete(path: FilePath, tensor: String, routerRows: Int, experts: Int, missing: [Int])
  /// The head holds a tensor that its inventory does not name.
  case tensorUnknown(path: FilePath, tensor: String)
  /// The head's tensors have the names of another library.
  case otherNames(path: FilePath, tensor: String)
  /// The source has a head already, and the donor's differs.
  case exists(path: FilePath, tensors: Int)
  /// The head has more MTP layers than readers can run.
  case layerCount(path: FilePath, layers: Int)
  /// The head's file says that `fc` takes its inputs in another order.
  case inputOrder(path: FilePath, found: String)
  /// The head's norms are not what is recorded of them: 1 was added too often, or never.
  case norms(path: FilePath, convention: NormConvention, evidence: String, excess: Int, comparison: String)
  /// Nothing records how the head's norms are stored, and the trunk's norms do not tell.
  case normsUnknown(path: FilePath, evidence: String, comparison: String)
  /// The head was trained with another trunk.
  case foreign(path: FilePath, source: String, evidence: String)

  public var diagnostic: Diagnostic {
    switch self {
    case .absent(let path, let modelType, let shards, let tensors, let declared):
      Diagnostic(
        "E_MTP_ABSENT", "the donor has no MTP head", file: path,
        expected: "tensors named mtp.* (or model.mtp.*, language_model.mtp.*)",
        found: "none among \(tensors) tensors in \(shards) shard\(shards == 1 ? "" : "s"); \(modelType), config.json "
          + (declared.map { "declares \($0) MTP layer\($0 == 1 ? "" : "s")" } ?? "declares none"),
        next: "take the base model that this one was tuned from; Coder, REAM and REAP releases never had a head",
        exit: .badInput)
    case .declaredMissing(let path, let declared, let shards, let tensors):
      Diagnostic(
        "E_MTP_DECLARED_MISSING",
        "\(declared > 0 ? "config.json promises" : "the manifest keeps") an MTP head that is not there", file: path,
        expected: declared > 0 ? "mtp_num_hidden_layers \(declared): tensors named mtp.*" : "tensors named mtp.*",
        found: "none among \(tensors) tensors in \(shards) shard\(shards == 1 ? "" : "s")",
        next: "name a donor in the manifest, or write \"head\": \"none\" to convert without a head", exit: .badInput)
    case .familyMismatch(let path, let expected, let found):
      Diagnostic(
        "E_MTP_FAMILY", "the donor is of another family", file: path, expected: expected, found: found,
        next: "take the head from the model that the source was tuned from", exit: .badInput)
    case .dimensionMismatch(let path, let tensor, let expected, let found):
      Diagnostic(
        "E_MTP_DIM_MISMATCH", "the head does not fit the trunk", file: path, tensor: tensor, expected: expected,
        found: found, next: "take the head from the model that the source was tuned from", exit: .badInput)
    case .tensorMissing(let path, let tensors, let count):
      Diagnostic(
        "E_MTP_TENSOR_MISSING", "tensors of the head are missing (\(count))", file: path, tensor: tensors.first,
        expected: tensors.joined(separator: ", ") + (count > tensors.count ? ", …" : ""), found: "not in any shard",
        next: "download the donor's missing shards", exit: .badInput)
    case .expertsIncomplete(let path, let tensor, let rows, let experts, let missing):
      Diagnostic(
        "E_MTP_EXPERTS_INCOMPLETE", "the head's experts and its router do not agree", file: path, tensor: tensor,
        expected: "experts 0 to \(rows - 1), one a router row",
        found: missing.isEmpty
          ? "\(experts) experts"
          : "missing " + missing.prefix(16).map(String.init).joined(separator: ", ")
            + (missing.count > 16 ? ", …" : ""),
        next: "download the donor's missing shards, or take an unpruned donor", exit: .badInput)
    case .tensorUnknown(let path, let tensor):
      Diagnostic(
        "E_MTP_TENSOR_UNKNOWN", "the head holds a tensor that its inventory does not name", file: path, tensor: tensor,
        expected: "the tensors of a one-layer head", found: "an unknown name",
        next: "check that all mtp.* tensors are of one and the same head", exit: .badInput)
    case .otherNames(let path, let tensor):
      Diagnostic(
        "E_MTP_NAMES", "the head's tensors have Megatron's names", file: path, tensor: tensor,
        expected: "mtp.fc, mtp.pre_fc_norm_embedding, mtp.pre_fc_norm_hidden and mtp.norm",
        found: "eh_proj, enorm, hnorm or final_layernorm",
        next:
          "export the model with a release of its library that writes the head as Qwen does, or take the head of the base model as donor",
        exit: .badInput)
    case .exists(let path, let tensors):
      Diagnostic(
        "E_MTP_EXISTS", "the source has an MTP head already", file: path,
        expected: "a trunk without mtp.*, or an identical head",
        found: "\(tensors) tensors named mtp.*",
        next: "remove donor from the manifest to keep the source's own head, or write \"head\": \"replace\"",
        exit: .badInput)
    case .layerCount(let path, let layers):
      Diagnostic(
        "E_MTP_LAYERS", "the head has \(layers) layers", file: path, expected: "one MTP layer", found: "\(layers)",
        next: "no released model of the family has more than one; check the donor", exit: .badInput)
    case .inputOrder(let path, let found):
      Diagnostic(
        "E_MTP_INPUT_ORDER", "the head's fc takes its inputs in another order", file: path,
        expected: "fc_input_order embedding,hidden", found: found,
        next: "take the head as its model was released; every reader feeds the embedding first", exit: .badInput)
    case .norms(let path, let convention, let evidence, let excess, let comparison):
      Diagnostic(
        "E_MTP_NORMS",
        excess > 0 ? "the head's norms have 1 added once too often" : "the head's norms never had 1 added", file: path,
        expected: "norms stored as \(convention.rawValue): \(evidence)", found: "as plain factors \(comparison)",
        next: excess > 0 && convention == .offset
          ? "if they are plain factors already, write \"head_norms\": \"gamma\" in the manifest"
          : excess < 0 && convention == .gamma
            ? "if they are still offsets, write \"head_norms\": \"offset\" in the manifest: one is then added"
            : "take the head from the model's release; this one was converted twice", exit: .badInput)
    case .normsUnknown(let path, let evidence, let comparison):
      Diagnostic(
        "E_MTP_NORMS_UNKNOWN", "nothing tells whether the head's norms are offsets or plain factors", file: path,
        expected: "a recorded convention, or norms that the trunk's decide",
        found: evidence + (comparison.isEmpty ? "" : "; \(comparison)"),
        next: "write \"head_norms\": \"offset\" or \"gamma\" in the manifest", exit: .badInput)
    case .foreign(let path, let source, let evidence):
      Diagnostic(
        "E_MTP_FOREIGN", "the head was trained with another trunk", file: path,
        expected: "a head of the model that \(source) is, or was tuned from", found: evidence,
        next: "take the head from that model, or write \"foreign\": true in the manifest: the package is then marked",
        exit: .badInput)
    }
  }
}
