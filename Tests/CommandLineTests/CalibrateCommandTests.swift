import Foundation
import StrictJSON
import TestSupport
import Testing

/// `cambium calibrate`, and a run by what it wrote.
@Suite struct CalibrateCommandTests {
  private static func writeManifest(_ folder: ScratchFolder, calibration: String?) throws {
    let number = { (text: String) in JSONValue(.number(text)) }
    var value = JSONValue.object([
      ("cambium", 1), ("source", .string(Demo.trunk)), ("head", "none"), ("pipeline", "mxfp4"),
      ("quantization", ["scales": "feedback"]), ("output", "out"), ("check", false),
      // What feedback takes from the error of the layer's outputs it adds to that of the weights.
      ("thresholds", ["mean_cosine": number("0.9"), "min_cosine": number("0.9")]),
    ])
    if let calibration { value.set("calibration", to: .string(calibration)) }
    try folder.write(String(decoding: JSONWriter.pretty(value), as: UTF8.self), to: "m.json")
  }

  private func run(
    _ folder: ScratchFolder, _ arguments: [String], environment: [String: String] = [:]
  ) throws -> CambiumProcess.Outcome {
    let outcome = try CambiumProcess.run(arguments, in: folder.path, environment: environment)
    #expect(outcome.isSuccess, "\(outcome.summary)")
    return outcome
  }

  @Test func `file and package are the same on every machine, and the package is verified`() throws {
    let folder = try ScratchFolder()
    try Self.writeManifest(folder, calibration: nil)
    let outcome = try run(folder, ["calibrate", "m.json", "--threads", "1", "--json", "--quiet"])
    let printed = try document(outcome.out)
    #expect(printed["inputs"]?.arrayValue?.isEmpty == false)
    // Many passes with the fast kernels, and one with the portable ones, which take minutes for many.
    _ = try run(
      folder, ["calibrate", "m.json", "--threads", "2", "--memory", "2MiB", "--output", "passes.safetensors"])
    _ = try run(
      folder, ["calibrate", "m.json", "--threads", "2", "--output", "portable.safetensors"],
      environment: ["CAMBIUM_SIMD": "portable"])
    let file = try Data(contentsOf: URL(fileURLWithPath: folder["m.calibration.safetensors"]))
    for other in ["passes.safetensors", "portable.safetensors"] {
      #expect(try Data(contentsOf: URL(fileURLWithPath: folder[other])) == file, "\(other)")
    }
    #expect(!FileManager.default.fileExists(atPath: folder["m.calibration.safetensors.partial"]))
    try Self.writeManifest(folder, calibration: "m.calibration.safetensors")
    #expect(try run(folder, ["plan", "m.json"]).out.contains("\nfeedback      about "))
    _ = try run(folder, ["run", "m.json", "--threads", "1"])
    _ = try run(folder, ["verify", "out"])
    _ = try run(
      folder, ["run", "m.json", "--threads", "2", "--output", "again"], environment: ["CAMBIUM_SIMD": "portable"])
    #expect(differences(folder["out"], folder["again"]) == [])
  }

  @Test func `what a calibration reads is not replaced, and no result is put into it`() throws {
    let folder = try ScratchFolder()
    try Self.writeManifest(folder, calibration: nil)
    try folder.write(String(repeating: "A tree is a plant, I think. ", count: 400), to: "t.txt")
    let trunk = try FileManager.default.contentsOfDirectory(atPath: Demo.trunk).sorted()
    for (output, code) in [
      ("t.txt", "E_RESULT_PLACE"), ("m.json", "E_RESULT_PLACE"),
      (Demo.trunk + "/c.safetensors", "E_OUTPUT_INSIDE_INPUT"),
      (Demo.trunk + "/model-00001-of-00001.safetensors", "E_OUTPUT_INSIDE_INPUT"),
    ] {
      for command in ["calibrate", "measure"] {
        let outcome = try CambiumProcess.run(
          [command, "m.json", "--text", "t.txt", "--output", output, "--force"], in: folder.path)
        #expect(!outcome.isSuccess && outcome.err.contains(code), "\(command) \(output): \(outcome.summary)")
      }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: Demo.trunk).sorted() == trunk)
    #expect(folder.tree() == ["m.json", "t.txt"])
  }

  @Test func `an adapter is merged before a text is run`() throws {
    let folder = try ScratchFolder()
    try Self.writeManifest(folder, calibration: nil)
    try Demo.writeAdapter(in: folder)
    var manifest = try document(folder.text("m.json"))
    manifest.set("adapter", to: "adapter")
    try FileManager.default.removeItem(atPath: folder["m.json"])
    try folder.write(String(decoding: JSONWriter.pretty(manifest), as: UTF8.self), to: "m.json")
    for command in ["calibrate", "measure"] {
      let outcome = try CambiumProcess.run([command, "m.json"], in: folder.path)
      #expect(outcome.end == .exit(65) && outcome.err.contains("E_ADAPTER_MEASURED"), "\(outcome.summary)")
    }
  }

  @Test func `a manifest of which no tensor has feedback is refused`() throws {
    let folder = try Demo.folder()
    let outcome = try CambiumProcess.run(["calibrate", "m.json"], in: folder.path)
    #expect(outcome.end == .exit(65) && outcome.err.contains("E_CALIBRATION_UNPAIRED"), "\(outcome.summary)")
  }
}
