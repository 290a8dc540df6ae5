import Checking
import Foundation
import Inference
import Safetensors
import StrictJSON
import Testing

@Suite struct TraceFilesTests {
  @Test(arguments: Models.references)
  func `the files hold the trace, the same bytes each time`(_ name: String) throws {
    let model = try Models.reference(name)
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("cambium-trace-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let prompt = Prompt(Models.madeUp[0].tokens)
    let trace = try model.trace(prompt, limit: 6, depth: 2, threads: 1)
    let files = TraceFiles(trace, model: model, depth: 2)
    let paths = try files.write(prefix: folder.path + "/one")
    let again = TraceFiles(
      try model.trace(prompt, limit: 6, depth: 2, threads: 2, promptChunk: 3), model: model, depth: 2)
    for (first, second) in zip(paths, try again.write(prefix: folder.path + "/two")) {
      #expect(
        try Data(contentsOf: URL(fileURLWithPath: first.string))
          == Data(contentsOf: URL(fileURLWithPath: second.string)))
    }

    let file = try SafetensorsFile(path: paths[0])
    for tensor in files.tensors {
      let entry = try #require(file.header[tensor.name])
      #expect(entry.shape == tensor.shape && entry.dtype == .f32)
      let stored = try file.readData(of: entry).withUnsafeBytes { bytes in
        (0..<entry.elementCount).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
      }
      #expect(stored == tensor.values, "\(tensor.name)")
    }
    let names = Set(files.tensors.map(\.name))
    #expect(names.isSuperset(of: ["logits", "greedy_logits", "mtp_logits", "hidden.0", "state.recurrent.0"]))
    #expect(names.contains("state.key.3") && !names.contains("state.key.0"))

    let document = try JSONValue.parse(
      [UInt8](Data(contentsOf: URL(fileURLWithPath: paths[1].string))), file: paths[1].string)
    #expect(document["greedy"]?.arrayValue?.count == 6)
    let emitted = (document["rounds"]?.arrayValue ?? []).flatMap { $0["emitted"]?.arrayValue ?? [] }
    #expect(emitted.compactMap(\.intValue) == Array(trace.greedy.dropFirst()))
  }
}
