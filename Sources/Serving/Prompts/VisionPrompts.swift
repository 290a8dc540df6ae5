import Checking
import Images
import Inference
import StrictJSON
import SystemPackage
import Threads

/// Makes prompts with pictures. One at a time: the tower uses all processors.
package final class VisionPrompts: Sendable {
  private let encoder: Monitor<PromptEncoder>
  private let tower: VisionTower
  private let pool: WorkerPool
  private let folder: FilePath

  /// - Parameters:
  ///   - model: A model with a vision tower.
  ///   - threads: Threads of the tower.
  /// - Throws: `InferenceError` for a model without a tower, and what its weights are refused for.
  package init(_ model: LoadedModel, threads: Int?) throws {
    tower = try VisionTower.open(model)
    folder = model.path
    encoder = Monitor(PromptEncoder(folder: model.path))
    pool = WorkerPool(threads: threads)
  }

  /// A conversation with pictures as a prompt, and how many of its tokens are theirs. What is made of pictures has many
  /// times their bytes, so that it is made of one conversation at a time.
  /// - Parameters:
  ///   - chat: The conversation, with a part for each picture.
  ///   - images: The pictures in their order, as files.
  ///   - limits: Bounds on each and on all of them.
  ///   - seen: Whether the tower looks at them; without, only the tokens of the prompt are right.
  ///   - check: Looks whether so many tokens fit, before the tower runs.
  /// - Throws: ``APIError``, with the picture that is wrong.
  package func prompt(
    _ chat: ChatRequest, _ images: [(bytes: [UInt8], place: String)], limits: RequestLimits, seen: Bool = true,
    check: (_ tokens: Int) throws(APIError) -> Void
  ) throws(APIError) -> (prompt: Prompt, imageTokens: Int) {
    do {
      return try encoder.change { encoder in
        var pixels = 0
        var inputs: [VisualInput] = []
        var tokens = 0
        for image in images {
          let input = try input(image, pixels: &pixels, limits: limits)
          tokens += input.patches.tokens
          try check(tokens)
          inputs.append(input)
        }
        guard seen else {
          let rows = inputs.map(\.patches.tokens)
          return (Prompt(try encoder.padded(chat, rows: rows, pad: tower.tokens.image)), tokens)
        }
        return (try encoder.encode(sanitized: chat, inputs, tower: tower, pool: pool), tokens)
      }
    } catch {
      throw APIError(error)
    }
  }

  /// A picture, decoded within limits and cut for the tower.
  private func input(
    _ image: (bytes: [UInt8], place: String), pixels: inout Int, limits: RequestLimits
  ) throws(APIError) -> VisualInput {
    do {
      let picture = try ImageDecoder.decode(
        image.bytes, file: image.place, limits: ImageLimits(bytes: limits.imageBytes))
      pixels += picture.width * picture.height
      guard pixels <= limits.pixels else {
        throw APIError.field(
          image.place, "the pictures have more than \(limits.pixels) pixels in all", code: "image_too_large")
      }
      return try VisualInput(image: picture, name: image.place, model: folder)
    } catch {
      throw APIError(error, param: image.place)
    }
  }
}
