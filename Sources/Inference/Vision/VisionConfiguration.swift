import Checkpoint
import StrictJSON

/// The numbers of a vision tower, checked. Field names and defaults: `Qwen3_5VisionConfig` of the transformers library.
public struct VisionConfiguration: Sendable, Hashable {
  /// Lv, blocks.
  public let blocks: Int
  /// Hx, width of a patch's state.
  public let hidden: Int
  /// Ix, width of a block's feed-forward part.
  public let intermediate: Int
  /// Nv; `hidden` is a multiple of it.
  public let heads: Int
  /// Colours of a pixel.
  public let channels: Int
  /// Side of a patch, in pixels.
  public let patchSize: Int
  /// Frames in a patch.
  public let temporalPatchSize: Int
  /// Side of a block of patches that becomes one token, in patches.
  public let mergeSize: Int
  /// G: the learned positions are a table of G × G rows.
  public let tableSide: Int
  /// H, width of a token's embedding.
  public let output: Int

  /// Components of an attention head; a multiple of 4.
  public var headDimension: Int { hidden / heads }
  /// Numbers of one patch.
  public var patchLength: Int { channels * temporalPatchSize * patchSize * patchSize }
  /// Patches that become one token.
  public var patchesPerToken: Int { mergeSize * mergeSize }

  /// - Throws: ``InferenceError/unsupported(file:feature:expected:found:)``, `CheckpointError.config`.
  init(_ folder: CheckpointFolder) throws {
    let model = folder.model
    let fields = folder.config["vision_config"] ?? .object([])
    let reader = ConfigurationReader(text: fields, root: folder.config, file: folder.configPath.string)
    try VisionConfiguration.refuseUnsupported(fields, file: folder.configPath.string)
    blocks = model["Lv"]
    hidden = model["Hx"]
    intermediate = model["Ix"]
    channels = model["Cin"]
    patchSize = model["P"]
    temporalPatchSize = model["Tp"]
    mergeSize = model["m"]
    output = model["H"]
    heads = fields["num_heads"] == nil ? 16 : try reader.integer("num_heads", 1...65_536)
    guard hidden % heads == 0, hidden / heads % 4 == 0 else {
      throw reader.wrong("num_heads", "heads of a multiple of 4 components of hidden_size \(hidden)", "\(heads)")
    }
    let side = Int(Double(model["Np"]).squareRoot())
    guard side * side == model["Np"] else {
      throw reader.wrong("num_position_embeddings", "the square of a number", "\(model["Np"])")
    }
    tableSide = side
    if let width = fields["out_hidden_size"]?.intValue, width != output {
      throw reader.wrong("out_hidden_size", "\(output), the hidden_size of the text model", "\(width)")
    }
    // The processor's three channels; patches of a bounded size keep every product of sizes far below 2^63.
    guard channels == 3, patchSize <= 256, temporalPatchSize <= 256 else {
      throw InferenceError.unsupported(
        file: folder.configPath.string, feature: "patches of this form",
        expected: "in_channels 3, patch_size and temporal_patch_size at most 256",
        found: "\(channels), \(patchSize) and \(temporalPatchSize)")
    }
  }

  private static func refuseUnsupported(_ fields: JSONValue, file: String) throws(InferenceError) {
    if let list = fields["deepstack_visual_indexes"]?.arrayValue, !list.isEmpty {
      throw .unsupported(
        file: file, feature: "a tower that feeds several decoder layers", expected: "deepstack_visual_indexes []",
        found: "\(list.count) entries")
    }
    if let value = fields["hidden_act"], !value.isNull, value.stringValue != "gelu_pytorch_tanh" {
      throw .unsupported(
        file: file, feature: "another activation in the vision tower than gelu_pytorch_tanh",
        expected: "hidden_act gelu_pytorch_tanh", found: value.stringValue ?? value.typeName)
    }
  }
}

/// The ids that stand for images and videos in a prompt.
public struct VisionTokens: Sendable, Hashable {
  /// `image_token_id`, one for each row of an image.
  public let image: Int
  /// `video_token_id`, one for each row of a video.
  public let video: Int
  /// `vision_start_token_id` and `vision_end_token_id`, around the rows of an image or of a group of frames.
  public let start: Int
  /// `vision_end_token_id`.
  public let end: Int

  init(_ folder: CheckpointFolder) throws {
    func id(_ field: String) throws -> Int {
      guard let id = folder.config[field]?.intValue, (0..<folder.model["V"]).contains(id) else {
        throw CheckpointError.config(
          file: folder.configPath.string, field: field, expected: "a token id below vocab_size \(folder.model["V"])",
          found: folder.config[field]?.typeName ?? "nothing")
      }
      return id
    }
    image = try id("image_token_id")
    video = try id("video_token_id")
    start = try id("vision_start_token_id")
    end = try id("vision_end_token_id")
  }
}
