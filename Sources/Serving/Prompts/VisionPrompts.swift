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

  /// A picture, decoded within limits and cut for the tower.
  /// - Throws: `ImageError`, in words for the client.
  package func input(
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

  /// A conversation with pictures as a prompt.
  package func prompt(_ chat: ChatRequest, _ inputs: [VisualInput]) throws(APIError) -> Prompt {
    do {
      return try encoder.change { encoder in try encoder.encode(chat, inputs, tower: tower, pool: pool) }
    } catch {
      throw APIError(error)
    }
  }
}
