import TestSupport
import Foundation
import Testing

/// `init` writes a manifest that `run` takes as it is.
@Suite struct InitCommandTests {
  @Test func `the manifest with a donor runs to the demo's weights`() throws {
    let folder = try ScratchFolder()
    let made = try CambiumProcess.run(
      ["init", Demo.trunk, "--donor", Demo.donor, "--output", "out", "--manifest", "m.json"], in: folder.path)
    #expect(made.isSuccess, "\(made.summary)")
    #expect(made.out == folder["m.json"] + "\n")
    #expect(made.err.contains("15 tensors come from the donor and fit"), "\(made.err)")
    #expect(try runDemo(folder).isSuccess)
    let reference = try Demo.reference.get().path
    for name in ["model.safetensors", "mtp.safetensors", "config.json", "tokenizer.json"] {
      #expect(
        haveEqualBytes(reference + "/" + name, folder["out/" + name]), "\(name)")
    }
  }

  @Test func `the default names come from the folder`() throws {
    let folder = try ScratchFolder()
    _ = try Demo.copyTrunk(to: folder)
    let made = try CambiumProcess.run(["init", "trunk", "--pipeline", "affine4"], in: folder.path)
    #expect(made.isSuccess, "\(made.summary)")
    let manifest = try document(folder.text("trunk.json"))
    #expect(manifest["source"]?.stringValue == "trunk")
    #expect(manifest["pipeline"]?.stringValue == "affine4")
    #expect(manifest["output"]?.stringValue == "trunk-affine4")
    #expect(manifest["head"]?.stringValue == "none")
    #expect(made.err.contains("promises an MTP head that is not there"), "\(made.err)")
    let run = try CambiumProcess.run(["run", "trunk.json"], in: folder.path)
    #expect(run.isSuccess, "\(run.summary)")
    #expect(run.out.contains("MTP head      none"))
    #expect(folder.exists("trunk-affine4/SHA256SUMS"))
    #expect(!folder.exists("trunk-affine4/mtp.safetensors"))
  }

  @Test func `F13: in the model's own folder the manifest goes beside it, and so does the output`() throws {
    let folder = try ScratchFolder()
    _ = try Demo.copyTrunk(to: folder)
    let before = try FileManager.default.contentsOfDirectory(atPath: folder["trunk"]).sorted()
    let made = try CambiumProcess.run(["init", "."], in: folder["trunk"])
    #expect(made.isSuccess && made.out == folder["trunk.json"] + "\n", "\(made.summary)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder["trunk"]).sorted() == before)
    let manifest = try document(folder.text("trunk.json"))
    #expect(manifest["source"]?.stringValue == "trunk" && manifest["output"]?.stringValue == "trunk-mxfp4")
    #expect(try CambiumProcess.run(["plan", "trunk.json"], in: folder.path).isSuccess)
  }

  @Test func `F5 with --force the manifest that is there is replaced, a file of the model is not`() throws {
    let folder = try ScratchFolder()
    _ = try Demo.copyTrunk(to: folder)
    try folder.write("mine", to: "m.json")
    let config = folder.text("trunk/config.json")
    let forced = try CambiumProcess.run(["init", "trunk", "--manifest", "m.json", "--force"], in: folder.path)
    #expect(forced.isSuccess, "\(forced.summary)")
    #expect(try document(folder.text("m.json"))["source"]?.stringValue == "trunk")
    let inside = try CambiumProcess.run(
      ["init", "trunk", "--manifest", "trunk/config.json", "--output", "out", "--force"], in: folder.path)
    #expect(inside.end == .exit(74) && inside.err.contains("E_RESULT_PLACE"), "\(inside.summary)")
    #expect(folder.text("trunk/config.json") == config)
  }

  @Test func `the base model is written, the schema is one that is there, and the next command is said`() throws {
    let folder = try ScratchFolder()
    _ = try Demo.copyTrunk(to: folder)
    let made = try CambiumProcess.run(["init", "trunk", "--base-model", "org/base"], in: folder.path)
    #expect(made.isSuccess && made.err.contains("cambium run trunk.json"), "\(made.summary)")
    let manifest = try document(folder.text("trunk.json"))
    #expect(manifest["base_model"]?.stringValue == "org/base")
    let schema = try #require(manifest["$schema"]?.stringValue)
    #expect(haveEqualBytes(folder[schema], Repository.root + "/manifests/manifest.schema.json"))
  }

  @Test func `F1 pipelines are listed by name with what they are for, those of --pipelines first`() throws {
    let folder = try ScratchFolder()
    let listed = try CambiumProcess.run(["pipelines"], in: folder.path)
    #expect(listed.isSuccess, "\(listed.summary)")
    let names = listed.out.split(separator: "\n").dropFirst().compactMap { $0.split(separator: " ").first }
    #expect(names == names.sorted() && names.contains("mxfp4") && names.contains("graft-only"), "\(names)")
    let kept = listed.out.split(separator: "\n").first { $0.hasPrefix("graft-only") }
    #expect(kept?.contains("as they are") == true && kept?.contains("affine") == false, "\(listed.out)")
    try folder.makeFolder("own")
    try folder.write(
      #"{"cambium_pipeline": 1, "name": "mxfp4", "summary": "Mine.", "quantization": {"mode": "mxfp4"}, "#
        + #""rules": [{"match": "**", "treatment": "keep"}]}"#, to: "own/mxfp4.json")
    let own = try CambiumProcess.run(["pipelines", "--pipelines", "own", "--json"], in: folder.path)
    let rows = try document(own.out)["pipelines"]?.arrayValue ?? []
    #expect(rows.count == names.count, "\(own.summary)")
    #expect(rows.first { $0["name"]?.stringValue == "mxfp4" }?["summary"]?.stringValue == "Mine.")
  }

  @Test func `a pipeline with a budget gets the name of its sensitivity file, and the command that makes it`() throws {
    let folder = try ScratchFolder()
    let made = try CambiumProcess.run(
      ["init", Demo.trunk, "--donor", Demo.donor, "--pipeline", "balanced-4.5"], in: folder.path)
    #expect(made.isSuccess && made.err.contains("cambium measure"), "\(made.summary)")
    #expect(try document(folder.text("trunk.json"))["sensitivity"]?.stringValue == "trunk.sensitivity.json")
    let plan = try CambiumProcess.run(["plan", "trunk.json"], in: folder.path)
    #expect(plan.end == .exit(66) && plan.err.contains("E_SENSITIVITY_MISSING"), "\(plan.summary)")
  }

  @Test func `a folder of pipelines that is not there is refused, and no other pipeline of the name is taken`() throws {
    let folder = try Demo.folder()
    for arguments in [["pipelines"], ["plan", "m.json"], ["run", "m.json", "--dry-run"]] {
      let outcome = try CambiumProcess.run(arguments + ["--pipelines", "nowhere"], in: folder.path)
      #expect(outcome.end == .exit(66) && outcome.err.contains("E_PIPELINES_MISSING"), "\(outcome.summary)")
    }
  }

  @Test func `an existing manifest is not overwritten`() throws {
    let folder = try ScratchFolder()
    try folder.write("mine", to: "m.json")
    let outcome = try CambiumProcess.run(["init", Demo.trunk, "--manifest", "m.json"], in: folder.path)
    #expect(outcome.end == .exit(74), "\(outcome.summary)")
    #expect(outcome.err.contains("E_TARGET_EXISTS"))
    #expect(outcome.out.isEmpty)
    #expect(folder.text("m.json") == "mine")
  }

  @Test func `a link in the place of the manifest is not written through`() throws {
    let folder = try ScratchFolder()
    try FileManager.default.createSymbolicLink(atPath: folder["m.json"], withDestinationPath: folder["victim"])
    let outcome = try CambiumProcess.run(["init", Demo.trunk, "--manifest", "m.json"], in: folder.path)
    #expect(outcome.end == .exit(74), "\(outcome.summary)")
    #expect(!folder.exists("victim"))
  }

  @Test func `a dry run prints the manifest and writes nothing`() throws {
    let folder = try ScratchFolder()
    let shown = try CambiumProcess.run(["init", Demo.trunk, "--manifest", "m.json", "--dry-run"], in: folder.path)
    #expect(shown.isSuccess)
    #expect(folder.tree() == [])
    #expect(try CambiumProcess.run(["init", Demo.trunk, "--manifest", "m.json"], in: folder.path).isSuccess)
    #expect(folder.text("m.json") == shown.out)
  }

  @Test func `D what a run would refuse, init refuses, and writes nothing`() throws {
    let folder = try ScratchFolder()
    _ = try Demo.copyTrunk(to: folder)
    for (more, code) in [
      (["--pipeline", "bogus"], "E_PIPELINE_UNKNOWN"), (["--output", "trunk/inside"], "E_OUTPUT_INSIDE_INPUT"),
      (["--output", "trunk"], "E_OUTPUT_INSIDE_INPUT"),
    ] {
      let outcome = try CambiumProcess.run(["init", "trunk", "--manifest", "m.json"] + more, in: folder.path)
      #expect(outcome.end == .exit(65) && outcome.err.contains(code), "\(outcome.summary)")
      #expect(try folder.names() == ["trunk"])
    }
  }

  private static let long = String(repeating: "n", count: 256)

  @Test(arguments: [
    "m.json", "m.lock.json", "file", "photos", "empty", ".", "..", "/", "file/x/out", "link", long, "new/\(long)/out",
    // The work folder's name is longer, and so is that of the check's report.
    String(long.dropLast(5)), String(long.dropLast(11)), "/proc/new/out",
  ])
  func `a place that run refuses is refused by init, plan and a dry run, with nothing written`(output: String) throws {
    let folder = try ScratchFolder()
    for name in ["photos", "empty"] { try folder.makeFolder(name) }
    for name in ["photos/a", "file"] { try folder.write("three years", to: name) }
    try folder.link("link", to: "nowhere")
    let before = folder.stamps("")
    let made = try CambiumProcess.run(
      ["init", Demo.trunk, "--donor", Demo.donor, "--output", output, "--manifest", "m.json"], in: folder.path)
    #expect(made.end == .exit(65) || made.end == .exit(74), "\(made.summary)")
    #expect(folder.stamps("") == before)
    try Demo.writeManifest(in: folder)
    let text = folder.text("m.json").replacing("\"output\": \"out\"", with: "\"output\": \"\(output)\"")
    try folder.write(text, to: "m.json")
    let written = folder.stamps("")
    for arguments in [["plan", "m.json"], ["run", "m.json", "--dry-run"], ["run", "m.json"]] {
      let outcome = try CambiumProcess.run(arguments, in: folder.path)
      #expect(outcome.end == made.end && outcome.out.isEmpty, "\(arguments): \(outcome.summary), \(made.summary)")
      #expect(folder.stamps("") == written, "\(arguments)")
    }
  }

  @Test func `a taken place of the head's own folder is refused before the package is made`() throws {
    let folder = try ScratchFolder()
    try Demo.writeManifest(in: folder, layout: "drafter")
    try folder.write("three years", to: "out-mtp")
    let before = folder.stamps("")
    for arguments in [["plan", "m.json"], ["run", "m.json", "--dry-run"], ["run", "m.json"]] {
      let outcome = try CambiumProcess.run(arguments, in: folder.path)
      #expect(outcome.end == .exit(65) && outcome.err.contains("E_OUTPUT_EXISTS"), "\(outcome.summary)")
      #expect(outcome.out.isEmpty && folder.stamps("") == before, "\(arguments)")
    }
  }

  @Test func `D names that mean something else in a manifest are written so that they do not`() throws {
    let folder = try ScratchFolder()
    for name in ["~", "~root", "hub:a"] {
      _ = try Demo.copyTrunk(to: folder, name)
      let made = try CambiumProcess.run(
        ["init", "./" + name, "--output", "./" + name + "-out", "--manifest", "m.json"], in: folder.path)
      #expect(made.isSuccess, "\(made.summary)")
      let planned = try CambiumProcess.run(["plan", "m.json"], in: folder.path)
      #expect(planned.isSuccess, "\(planned.summary)")
      let manifest = try document(folder.text("m.json"))
      #expect(manifest["source"]?.stringValue == "./" + name && manifest["output"]?.stringValue == "./\(name)-out")
      try FileManager.default.removeItem(atPath: folder["m.json"])
    }
  }

  @Test func `D a model that cannot be decoded for want of a tokenizer gets a manifest that runs`() throws {
    let folder = try ScratchFolder()
    _ = try Demo.copyTrunk(to: folder)
    for name in ["tokenizer.json", "vocab.json"] {
      try FileManager.default.removeItem(atPath: folder["trunk/" + name])
    }
    let arguments = ["init", "trunk", "--donor", Demo.donor, "--output", "out", "--manifest", "m.json"]
    let made = try CambiumProcess.run(arguments, in: folder.path)
    #expect(made.isSuccess && made.err.contains("decoding will not be checked: "), "\(made.summary)")
    let outcome = try runDemo(folder)
    #expect(outcome.isSuccess, "\(outcome.summary)")
  }

  @Test func `a donor without a head is refused`() throws {
    let folder = try ScratchFolder()
    let outcome = try CambiumProcess.run(["init", Demo.trunk, "--donor", Demo.trunk], in: folder.path)
    #expect(outcome.end == .exit(65), "\(outcome.summary)")
    #expect(folder.tree() == [])
  }
}
