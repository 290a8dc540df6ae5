import Inference
import StrictJSON
import Tokenization
import Threads

/// A model with its tower, tokenizer and template: asks about pictures.
public struct PictureCheck {
  let model: LoadedModel
  private let tower: VisionTower
  private let encoder: PromptEncoder
  let pool: WorkerPool
  let stops: Set<Int>

  /// - Throws: `InferenceError.towerMissing`; what opening a tower and reading a tokenizer throw.
  public init(_ model: LoadedModel, threads: Int?) throws {
    self.model = model
    tower = try VisionTower.open(model)
    encoder = PromptEncoder(folder: model.path)
    pool = WorkerPool(threads: threads)
    stops = Set(try StopTokens(folder: model.path, tokenizer: encoder.tokenizer()).ids)
  }

  /// The questions as prompts of a check, of kind `image`. Templates that can think are asked not to.
  /// - Throws: `ImageError` for a picture that cannot be read; what `PromptEncoder` throws.
  public func prompts(_ pictures: [Picture], isStopped: () -> Bool = { false }) throws -> [EncodedPrompt] {
    try pictures.map { picture in
      guard !isStopped() else { throw CancellationError() }
      return EncodedPrompt(id: picture.name, kind: "image", try prompt(picture))
    }
  }

  func prompt(_ picture: Picture) throws -> Prompt {
    var chat = ChatRequest(user: picture.question, images: 1)
    chat.extra = [("enable_thinking", false)]
    return try encoder.encode(
      chat, [VisualInput(image: picture.path, model: model.path)], tower: tower, pool: pool)
  }

  /// The text of an answer, up to the first stop token, without white space around it.
  public func text(_ tokens: [Int]) throws -> String {
    let answer = tokens.prefix { !stops.contains($0) }
    return PictureCheck.trimmed(try encoder.tokenizer().decode(answer, skipSpecial: true))
  }

  private static func trimmed(_ text: String) -> String {
    let isSpace = { (character: Character) in character.isWhitespace }
    let front = text.drop(while: isSpace)
    return String(front.reversed().drop(while: isSpace).reversed())
  }
}
