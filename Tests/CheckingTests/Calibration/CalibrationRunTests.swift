import Checking
import Checkpoint
import Diagnostics
import Files
import Foundation
import Inference
import Manifests
import Quantization
import StrictJSON
import SystemPackage
import TestSupport
import Testing
import Threads
import Workspace

/// What a text gives the layers to work on, of the demo.
@Suite struct CalibrationRunTests {
  private static let text = Array(
    String(
      repeating:
        "<|im_start|>user\nWhat is a tree?<|im_end|>\n<|im_start|>assistant\nA plant, I think.<|im_end|>\n",
      count: 24
    ).utf8)

  private static func folder() throws -> CheckpointFolder {
    try CheckpointFolder(.folder(FilePath(DemoCheckpoint.shared.get().path)))
  }

  private static func tensors() throws -> [(name: String, shape: [Int])] {
    try folder().trunk().tensors.filter { $0.role == .attention || $0.role == .mlp || $0.role == .expert }
      .filter { $0.shape.count >= 2 && $0.name.contains("layers.3.") }.map { ($0.name, $0.shape) }
  }

  private static func run(
    _ text: [UInt8] = Self.text, window: Int = 64, threads: Int = 2, memory: Int = 1 << 30
  ) throws -> CalibrationRun {
    try CalibrationRun(
      folder(), tensors: tensors(), text: text, file: "text", window: window, threads: threads, memory: memory)
  }

  private func withFolder<T>(_ body: (FilePath) throws -> T) throws -> T {
    let folder = FileManager.default.temporaryDirectory.path + "/cambium-calibrate-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(FilePath(folder))
  }

  private static let kind = ResultFile.Kind("a calibration file") { _ in true }

  /// The file that a calibration writes.
  private func bytes(_ run: CalibrationRun, _ folder: FilePath) throws -> [UInt8] {
    let place = folder.appending("c.partial")
    let result = try run.run(keeping: place, tool: "test", isStopped: { false }, onProgress: { _, _ in })
    let path = folder.appending("c.safetensors")
    try run.write(result, from: place, to: ResultFile(path, Self.kind))
    return try ReadOnlyFile(path: path).readAll(limit: 1 << 30)
  }

  private func stopAfterTwoWindows(keeping place: FilePath) {
    var asked = 0
    #expect(throws: CancellationError.self) {
      try Self.run().run(
        keeping: place, tool: "test",
        isStopped: {
          asked += 1
          return asked > 2
        }, onProgress: { _, _ in })
    }
  }

  @Test func `the file is the same for any number of threads and any memory`() throws {
    let whole = try Self.run()
    let one = try withFolder { try bytes(Self.run(threads: 1), $0) }
    #expect(try withFolder { try bytes(whole, $0) } == one)
    let widest = try #require(Self.tensors().compactMap(\.shape.last).max())
    let small = try Self.run(memory: 8 * FeedbackFactor.count(columns: widest))
    #expect(small.passes > whole.passes)
    #expect(try withFolder { try bytes(small, $0) } == one)
  }

  @Test func `a calibration that is stopped before every window and goes on gives the same file`() throws {
    let expected = try withFolder { try bytes(Self.run(), $0) }
    let run = try Self.run(memory: 1_200_000)
    try withFolder { folder in
      var steps = 0
      var isDone = false
      while !isDone, steps < 4 * run.passes {
        steps += 1
        var asked = 0
        do {
          _ = try run.run(
            keeping: folder.appending("c.partial"), tool: "test",
            isStopped: {
              asked += 1
              return asked > 1
            }, onProgress: { _, _ in })
          isDone = true
        } catch is CancellationError {}
      }
      #expect(isDone && steps > run.passes / 2)
      #expect(try bytes(run, folder) == expected)
    }
  }

  @Test func `what is written can be factored, and has the tokens of the text`() throws {
    try withFolder { folder in
      let run = try Self.run()
      _ = try bytes(run, folder)
      let path = folder.appending("c.safetensors")
      let calibration = try Calibration(path: path)
      DocumentForms.expect(calibration.json)
      #expect(calibration.inputs.count == run.inputs)
      #expect(calibration.fingerprint == (try Self.folder().fingerprint()))
      for (name, shape) in try Self.tensors() {
        for name in Calibration.inputNames(of: name, shape: shape) {
          let input = try #require(calibration[name])
          #expect(input.columns == shape.last)
          #expect(shape.count == 3 || input.tokens == calibration.text.tokens)
          #expect((input.digest != nil) == (input.tokens >= input.columns))
          #expect(try (calibration.factor(of: input) != nil) == (input.digest != nil))
        }
      }
      let known = try #require(calibration.inputs.first { $0.digest != nil })
      // A bit of the data, which begins after the header, of the first tensor.
      var damaged = try ReadOnlyFile(path: path).readAll(limit: 1 << 30)
      damaged[damaged.count - 1] ^= 1
      let other = folder.appending("d.safetensors")
      try AtomicFile.write(damaged, to: other)
      let error = #expect(throws: CalibrationError.self) {
        let calibration = try Calibration(path: other)
        for input in calibration.inputs { _ = try calibration.moments(of: input) }
      }
      #expect(error?.diagnostic.code == "E_CALIBRATION_DAMAGED")
      #expect(try calibration.moments(of: known) != nil)
    }
  }

  @Test func `a folder in the place of what is kept is neither written into nor removed, nor what somebody puts there`()
    throws
  {
    try withFolder { folder in
      let place = folder.appending("c.partial")
      try Folder.create(place)
      let note = place.appending("0.moments")
      try AtomicFile.write(Array("mine".utf8), to: note)
      let run = try Self.run()
      #expect(throws: StorageError.targetExists(path: place)) { _ = try bytes(run, folder) }
      #expect(try ReadOnlyFile(path: note).readAll(limit: 10) == Array("mine".utf8))
      #expect(try Folder.entries(place) == ["0.moments"])

      try Folder.removeTree(place)
      _ = try bytes(run, folder)
      try AtomicFile.write(Array("mine".utf8), to: place.appending("note.txt"))
      try run.removeKept(in: place)
      #expect(try Folder.entries(place) == ["note.txt", "progress.json"])
      try Folder.removeTree(place.appending("note.txt"))
      try run.removeKept(in: place)
      #expect(try !place.exists)

      try FileManager.default.createSymbolicLink(atPath: place.string, withDestinationPath: folder.string)
      #expect(throws: StorageError.targetIsLink(path: place)) { _ = try bytes(run, folder) }
    }
  }

  @Test func `what was kept of another text, of other windows, or what is damaged is refused`() throws {
    try withFolder { folder in
      let place = folder.appending("c.partial")
      stopAfterTwoWindows(keeping: place)
      func code(_ run: CalibrationRun) -> String? {
        do {
          _ = try run.run(keeping: place, tool: "test", isStopped: { true }, onProgress: { _, _ in })
        } catch {
          return (error as? any CambiumError)?.diagnostic.code
        }
        return nil
      }
      #expect(try code(Self.run()) == nil)
      #expect(try code(Self.run(Self.text + Self.text)) == "E_CALIBRATION_OTHER")
      #expect(try code(Self.run(window: 32)) == "E_CALIBRATION_OTHER")
      let sums = place.appending("0.2.sums")
      var bytes = try ReadOnlyFile(path: sums).readAll(limit: 1 << 30)
      bytes[0] ^= 1
      try AtomicFile.write(bytes, to: sums)
      #expect(try code(Self.run()) == "E_CALIBRATION_OTHER")
    }
  }

  @Test func `a second stop that did not come to its end leaves what the first one kept`() throws {
    let straight = try withFolder { try bytes(Self.run(), $0) }
    try withFolder { folder in
      let place = folder.appending("c.partial")
      stopAfterTwoWindows(keeping: place)
      // The sums of a later window, whose progress was not written any more.
      try AtomicFile.write(Array("half".utf8), to: place.appending("0.3.sums"))
      #expect(try bytes(Self.run(), folder) == straight)
      try Self.run().removeKept(in: place)
      #expect(try !place.exists)
    }
  }

  @Test func `of two calibrations of one result the second is refused, and the first keeps what it has`() throws {
    try withFolder { folder in
      let place = folder.appending("c.partial")
      let run = try Self.run()
      let lock = try run.lock(place)
      let error = #expect(throws: WorkspaceError.self) { _ = try Self.run().lock(place) }
      #expect(error?.diagnostic.code == "E_WORK_LOCKED")
      _ = try bytes(run, folder)
      try run.removeKept(in: place)
      lock.release()
      #expect(try !place.exists)
      try AtomicFile.write(Array("mine".utf8), to: place)
      #expect(throws: StorageError.targetExists(path: place)) { _ = try run.lock(place) }
    }
  }

  @Test func `an input that does not fit into the memory is refused with both numbers, as is a short text`() throws {
    let error = #expect(throws: CalibrationError.self) { try Self.run(memory: 1000) }
    #expect(error?.diagnostic.code == "E_CALIBRATION_MEMORY")
    #expect(error?.diagnostic.expected == "at most 1000 bytes")
    let short = #expect(throws: CheckingError.self) { try Self.run(Array("a b c".utf8)) }
    #expect(short?.diagnostic.code == "E_CHECK_TEXT")
  }

  @Test func `matrices that take the same input share its name`() {
    let place = "language_model.model.layers.3."
    for (tensor, name) in [
      ("self_attn.v_proj.weight", "self_attn.q_proj"), ("self_attn.o_proj.weight", "self_attn.o_proj"),
      ("mlp.up_proj.weight", "mlp.gate_proj"), ("linear_attn.in_proj_z.weight", "linear_attn.in_proj_qkv"),
      ("linear_attn.in_proj_ba.weight", "linear_attn.in_proj_qkvz"),
    ] { #expect(Calibration.inputName(of: place + tensor) == place + name) }
    #expect(
      Calibration.inputNames(of: "a.switch_mlp.up_proj.weight", shape: [2, 8, 64])
        == ["a.switch_mlp.gate_proj.0", "a.switch_mlp.gate_proj.1"])
  }
}
