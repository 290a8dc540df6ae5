import Inference
import Tokenization

/// Puts pads into a prompt's text: one for each row that the tower makes.
///
/// The processor of the family does so before the text becomes ids (`processing_qwen3_vl.py` of transformers): each image
/// pad is repeated, and each video pad with the marks around it becomes, for each group of frames, its time in seconds, a
/// start mark, pads, and an end mark.
struct VisualText {
  private let image: [UInt8]
  private let video: [UInt8]
  private let start: [UInt8]
  private let end: [UInt8]

  init(_ ids: VisionTokens, _ tokenizer: Tokenizer) {
    let bytes = { (id: Int) in Array((tokenizer.token(id) ?? "").utf8) }
    image = bytes(ids.image)
    video = bytes(ids.video)
    start = bytes(ids.start)
    end = bytes(ids.end)
  }

  /// The text with all pads.
  /// - Throws: `InferenceError.imagePlaces` when images and pads, or videos and pads, are not equally many.
  func expanded(_ text: [UInt8], _ visuals: [VisualInput]) throws(InferenceError) -> [UInt8] {
    var images = visuals.filter { $0.kind == .image }[...]
    var videos = visuals.filter { $0.kind == .video }[...]
    let wanted = "places for \(images.count) images and \(videos.count) videos"
    var result: [UInt8] = []
    var at = 0
    while at < text.count {
      let rest = text[at...]
      if !image.isEmpty, rest.starts(with: image) {
        guard let next = images.popFirst() else { throw .imagePlaces(expected: wanted, found: "more of images") }
        for _ in 0..<next.patches.tokens { result += image }
        at += image.count
      } else if !video.isEmpty, let length = videoLength(rest) {
        guard let next = videos.popFirst() else { throw .imagePlaces(expected: wanted, found: "more of videos") }
        result += frames(of: next)
        at += length
      } else {
        result.append(text[at])
        at += 1
      }
    }
    guard images.isEmpty, videos.isEmpty else {
      throw .imagePlaces(expected: wanted, found: "none for \(images.count) images and \(videos.count) videos")
    }
    return result
  }

  /// Bytes of a video's place that begins here, its marks among them; nil where there is none.
  private func videoLength(_ rest: ArraySlice<UInt8>) -> Int? {
    let whole = start + video + end
    if rest.starts(with: whole) { return whole.count }
    return rest.starts(with: video) ? video.count : nil
  }

  private func frames(of visual: VisualInput) -> [UInt8] {
    let rows = visual.patches.tokens / max(1, visual.patches.grid.t)
    var text: [UInt8] = []
    for time in visual.times {
      text += Array("<\(decimal(time, 1)) seconds>".utf8) + start
      for _ in 0..<rows { text += video }
      text += end
    }
    return text
  }
}
