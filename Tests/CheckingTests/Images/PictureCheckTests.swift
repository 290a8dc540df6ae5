import TestSupport
import SystemPackage
import Checking
import Digests
import Foundation
import Inference
import StrictJSON
import Testing

@Suite struct PictureCheckTests {
  private static let folder = Repository.root + "/manifests/demo/images"

  private func references() throws -> [JSONValue] {
    let path = PictureCheckTests.folder + "/reference_captions.jsonl"
    return try [UInt8](Data(contentsOf: URL(fileURLWithPath: path))).split(separator: 0x0A).map {
      try JSONValue.parse(Array($0), file: path)
    }
  }

  @Test func `prompts and answers are those of the reference, and every depth gives them`() throws {
    let model = try Models.demo()
    let pictures = try Picture.all(in: FilePath(PictureCheckTests.folder))
    let check = try PictureCheck(model, threads: 2)
    let prompts = try check.prompts(pictures)
    let report = try Check(model, CheckOptions(depths: [1, 2, 3, 4], limit: 24, stops: [], threads: 2)).run(prompts)
    #expect(report.passed && report.differences.isEmpty)
    #expect(report.settings.allSatisfy { $0.compared == 24 * pictures.count })
    for (index, reference) in try references().enumerated() {
      let ids = reference.ids("output_ids")
      #expect(reference["file"]?.stringValue == pictures[index].name)
      #expect(prompts[index].tokens == reference.ids("prompt_ids"))
      #expect(report.prompts[index].tokens.prefix(ids.count) == ids[...])
      #expect(try check.text(report.prompts[index].tokens) == reference["text"]?.stringValue)
    }
    // Asked one by one, and ended by stop tokens.
    let answers = try check.answers(pictures, limit: 24)
    #expect(try answers == references().map { $0["text"]?.stringValue ?? "" })
    #expect(answers == pictures.map { $0.caption ?? "" })
  }

  @Test func `answers that are kept are not decoded again, and those of another limit are`() throws {
    let pictures = try Picture.all(in: FilePath(PictureCheckTests.folder))
    let check = try PictureCheck(Models.demo(), threads: 2)
    let key = SHA256Digest.of([1])
    try withScratchFolder { folder in
      let first = try CheckJournal(folder: FilePath(folder), key: key)
      let expected = try check.answers(pictures, limit: 8, journal: first)
      #expect(first.count == pictures.count)
      try first.close()
      let second = try CheckJournal(folder: FilePath(folder), key: key)
      // It is stopped before its first step, when it takes one; the pictures are looked at first.
      func again(limit: Int) throws -> [String] {
        var asked = 0
        return try check.answers(
          pictures, limit: limit, journal: second,
          isStopped: {
            asked += 1
            return asked > pictures.count
          })
      }
      #expect(try again(limit: 8) == expected)
      #expect(throws: CancellationError.self) { _ = try again(limit: 7) }
      try second.remove()
    }
  }

  @Test func `the command compares with captions and with the source`() throws {
    let demo = try DemoCheckpoint.shared.get().path
    let outcome = try RunnerProcess.run([
      "check", demo, "--source", Repository.root + "/manifests/demo/trunk", "--images", PictureCheckTests.folder,
      "--limit", "24", "--depths", "2", "--json", "--quiet",
    ])
    #expect(outcome.status == 0, "\(outcome.err)")
    let document = try JSONValue.parse(Array(outcome.out.utf8), file: "stdout")
    let images = try #require(document["images"])
    for name in ["pictures", "captioned", "package_exact", "source_exact", "package_equals_source"] {
      #expect(images[name]?.intValue == 5, "\(name)")
    }
    #expect(document["source"] == nil, "images have no text to score")
    #expect(document["prompts"]?.arrayValue?.allSatisfy { $0["kind"]?.stringValue == "image" } == true)
  }

  /// A processor file of another model: everything runs, and the answers are not the source's.
  @Test func `a package whose processor file was lost or changed is found`() throws {
    let scratch = try ImageFolder()
    let copy = scratch.path + "/model"
    try FileManager.default.copyItem(atPath: DemoCheckpoint.shared.get().path, toPath: copy)
    let pictures = try Picture.all(in: FilePath(PictureCheckTests.folder))
    let path = copy + "/preprocessor_config.json"
    var settings = try JSONValue.parse([UInt8](Data(contentsOf: URL(fileURLWithPath: path))), file: path)
    settings.set("image_mean", to: .array(["0.0", "0.0", "0.0"].map { JSONValue(.number($0)) }))
    settings.set("image_std", to: .array(["0.1", "0.1", "0.1"].map { JSONValue(.number($0)) }))
    try Data(JSONWriter.pretty(settings)).write(to: URL(fileURLWithPath: path))
    let changed = try PictureCheck(LoadedModel.open(copy), threads: 2).answers(pictures, limit: 24)
    let source = try PictureCheck(Models.demo(), threads: 2).answers(pictures, limit: 24)
    let comparison = CaptionComparison(
      pictures.indices.map { .init(picture: pictures[$0], package: changed[$0], source: source[$0]) })
    #expect(comparison.sourceExact == 5)
    #expect((comparison.equal ?? 5) < 5 && comparison.packageExact < 5)

    try FileManager.default.removeItem(atPath: path)
    let outcome = try RunnerProcess.run(["check", copy, "--images", PictureCheckTests.folder, "--quiet"])
    #expect(outcome.status == 66 && outcome.err.contains("E_PREPROCESSOR_MISSING"))
  }

  @Test(arguments: [
    (#"{"file": "none.png"}"#, "E_CHECK_PICTURES"), (#"{"file": "../a.png"}"#, "E_CHECK_PICTURES"),
    ("{\"file\": \"a.png\"}\n{\"file\": \"a.png\"}", "E_CHECK_PICTURES"), (" \n", "E_CHECK_PICTURES"),
    (#"{"caption": "x"}"#, "E_JSON_MISSING_FIELD"),
  ])
  func `a list of pictures that are not there is refused`(_ list: String, _ code: String) throws {
    let folder = try ImageFolder()
    try folder.write(MadeImages.png(width: 8, height: 8), "a.png")
    try folder.write(Array(list.utf8), "captions.jsonl")
    let outcome = try RunnerProcess.run([
      "check", DemoCheckpoint.shared.get().path, "--images", folder.path, "--quiet",
    ])
    #expect(outcome.status == 65 && outcome.err.contains("error: \(code)"), "\(outcome.err)")
  }

  @Test func `a folder without a list is asked about in the order of names`() throws {
    let folder = try ImageFolder()
    for name in ["b.png", "a.JPG", "c.jpeg", "notes.txt"] { try folder.write([1], name) }
    let pictures = try Picture.all(in: FilePath(folder.path))
    #expect(pictures.map(\.name) == ["a.JPG", "b.png", "c.jpeg"])
    #expect(pictures.allSatisfy { $0.caption == nil && $0.question == Picture.question })
  }
}

extension JSONValue {
  fileprivate func ids(_ key: String) -> [Int] { (self[key]?.arrayValue ?? []).compactMap(\.intValue) }
}
