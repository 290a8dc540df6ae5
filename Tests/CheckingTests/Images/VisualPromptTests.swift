import TestSupport
import SystemPackage
import Checking
import Foundation
import Inference
import StrictJSON
import Testing
import Threads

/// Images in chats, through the template, the pads and the tower.
@Suite struct VisualPromptTests {
  private let folder = Repository.root + "/manifests/demo/images"

  private func encode(
    _ chat: ChatRequest, images: [String], videos: [String] = [], fps: Double = 2
  ) throws -> (prompt: Prompt, ids: VisionTokens, text: String) {
    let path = try DemoCheckpoint.shared.get().path
    let encoder = PromptEncoder(folder: FilePath(path))
    let tower = try VisionTower.open(path)
    let visuals =
      try images.map { try VisualInput(image: FilePath($0), model: FilePath(path)) }
      + videos.map { try VisualInput(video: FilePath($0), framesPerSecond: fps, model: FilePath(path)) }
    let prompt = try encoder.encode(chat, visuals, tower: tower, pool: WorkerPool(threads: 2))
    return (prompt, tower.tokens, try encoder.tokenizer().decode(prompt.tokens))
  }

  private func frames(_ count: Int) throws -> ImageFolder {
    let frames = try ImageFolder()
    let names = ["shape-000.png", "shape-007.png"]
    for index in 0..<count {
      try FileManager.default.copyItem(
        atPath: folder + "/" + names[index % 2], toPath: frames.path + "/frame-\(index).png")
    }
    return frames
  }

  @Test func `several images keep their order, and each its rows`() throws {
    let names = ["shape-001.png", "shape-003.png"].map { folder + "/" + $0 }
    let both = try encode(ChatRequest(user: "Compare.", images: 2), images: names)
    let turned = try encode(ChatRequest(user: "Compare.", images: 2), images: names.reversed())
    let single = try names.map { try encode(ChatRequest(user: "Compare.", images: 1), images: [$0]) }
    let rows = { (prompt: Prompt) in prompt.embeddings.sorted { $0.key < $1.key }.map(\.value) }
    let keeps = rows(both.prompt) == rows(single[0].prompt) + rows(single[1].prompt)
    let turns = rows(turned.prompt) == rows(single[1].prompt) + rows(single[0].prompt)
    #expect(keeps && turns)
    #expect(both.prompt.embeddings.keys.allSatisfy { both.prompt.tokens[$0] == both.ids.image })
    // 128 × 160 and 72 × 150 (resized to 64 × 160): 5 × 4 and 5 × 2 rows take 5 positions each.
    #expect(both.prompt.embeddings.count == 30 && both.prompt.positionDelta == 10 - 30)
  }

  @Test func `a video is groups of frames with their times`() throws {
    let frames = try frames(5)
    let video = try encode(ChatRequest(user: "What happens?", images: 0, videos: 1), images: [], videos: [frames.path])
    let marked = "<|vision_start|>" + String(repeating: "<|video_pad|>", count: 8) + "<|vision_end|>"
    // Frames 0 and 1, 2 and 3, 4 twice; two a second.
    #expect(
      video.text.contains("user\n<0.2 seconds>\(marked)<1.2 seconds>\(marked)<2.0 seconds>\(marked)What happens?"),
      "\(video.text)")
    #expect(video.prompt.embeddings.count == 24)
    let positions = try #require(video.prompt.positions)
    let pads = positions.indices.filter { video.prompt.tokens[$0] == video.ids.video }
    #expect(pads == video.prompt.embeddings.keys.sorted())
    for group in 0..<3 {
      let own = pads[8 * group..<8 * group + 8].map { positions[$0] }
      let first = own[0].time
      #expect(own.allSatisfy { $0.time == first })
      #expect(own.map { $0.height - first } == [0, 0, 1, 1, 2, 2, 3, 3])
      #expect(own.map { $0.width - first } == [0, 1, 0, 1, 0, 1, 0, 1])
    }
    // The last group has one frame twice: the rows of a still image.
    let still = try encode(ChatRequest(user: "x", images: 1), images: [frames.path + "/frame-4.png"])
    let last = video.prompt.embeddings.sorted { $0.key < $1.key }.suffix(8).map(\.value)
    let same = last == still.prompt.embeddings.sorted { $0.key < $1.key }.map(\.value)
    #expect(same)
    #expect(
      try encode(
        ChatRequest(user: "x", images: 0, videos: 1), images: [], videos: [frames.path], fps: 30
      ).text.contains("<0.0 seconds>"))
  }

  @Test func `images and places are counted before the tower runs`() throws {
    let image = folder + "/shape-000.png"
    for (places, images) in [(0, 1), (1, 2), (2, 1), (1, 0)] {
      let error = #expect(throws: InferenceError.self) {
        try encode(ChatRequest(user: "x", images: places), images: Array(repeating: image, count: images))
      }
      #expect(error?.diagnostic.code == "E_IMAGE_PLACES")
    }
    let frames = try frames(2)
    let error = #expect(throws: InferenceError.self) {
      try encode(ChatRequest(user: "x", images: 1), images: [], videos: [frames.path])
    }
    #expect(error?.diagnostic.code == "E_IMAGE_PLACES")
  }

  @Test func `frames of several sizes, one frame and none are no video`() throws {
    let mixed = try frames(1)
    try FileManager.default.copyItem(atPath: folder + "/shape-001.png", toPath: mixed.path + "/x.png")
    let demo = try DemoCheckpoint.shared.get().path
    for folder in [mixed, try frames(1), try ImageFolder()] {
      let outcome = try RunnerProcess.run(["generate", demo, "--video", folder.path, "--chat", "x", "--limit", "2"])
      #expect(outcome.status == 65 && outcome.err.contains("E_VIDEO_FRAMES"), "\(outcome.err)")
    }
  }

  @Test func `generate answers about an image, with the head as without`() throws {
    let arguments = [
      "generate", try DemoCheckpoint.shared.get().path, "--image", folder + "/shape-003.png", "--chat",
      "Describe the image.", "--no-thinking", "--limit", "40",
    ]
    let caption = try #require(try Picture.all(in: FilePath(folder)).first { $0.name == "shape-003.png" }?.caption)
    for words in [["--mtp", "off"], ["--mtp", "3"], ["--mtp", "auto", "--chunk", "7", "--threads", "1"]] {
      let outcome = try RunnerProcess.run(arguments + words)
      #expect(outcome.status == 0 && outcome.out == caption + "\n", "\(outcome.err)")
    }
    let prompt = "<|vision_start|><|image_pad|><|vision_end|>A"
    let continued = try RunnerProcess.run([
      "generate", try DemoCheckpoint.shared.get().path, "--image", folder + "/shape-003.png", "--prompt", prompt,
      "--limit", "3", "--json",
    ])
    #expect(continued.status == 0 && continued.out.contains("\"prompt_tokens\": 13"), "\(continued.out)")
  }

  @Test func `a model without a tower says so`() throws {
    let outcome = try RunnerProcess.run([
      "generate", Repository.root + "/Tests/InferenceTests/Fixtures/reference/qwen3_next_moe/checkpoint", "--image",
      folder + "/shape-003.png", "--prompt", "x",
    ])
    #expect(outcome.status != 0)
    #expect(outcome.err.contains("E_TOWER_MISSING") || outcome.err.contains("E_TOKENIZER"), "\(outcome.err)")
  }
}
