import Crypto
import Foundation
import TestSupport
import Testing

/// The wrong arguments of somebody's first hour: each message names what stands there, and the way on.
@Suite struct FirstHourErrorTests {
  private func run(_ arguments: [String], in folder: ScratchFolder, program: String = "cambium") throws
    -> CambiumProcess.Outcome
  {
    try CambiumProcess.run(arguments, program: program, in: folder.path)
  }

  @Test(arguments: ["plan", "run", "status"])
  func `F5 a model's folder in the place of the manifest is said to be one, and init is named`(command: String) throws {
    let folder = try ScratchFolder()
    let outcome = try run([command, Demo.trunk], in: folder)
    #expect(outcome.end == .exit(65) && outcome.err.contains("E_MANIFEST_OTHER"), "\(outcome.summary)")
    #expect(outcome.err.contains("cambium init \(Demo.trunk)"), "\(outcome.err)")
  }

  @Test func `a sensitivity file in the place of the manifest is said to be one`() throws {
    let folder = try ScratchFolder()
    try folder.write("{\"cambium_sensitivity\": 1}", to: "m.sensitivity.json")
    let outcome = try run(["plan", "m.sensitivity.json"], in: folder)
    #expect(outcome.end == .exit(65) && outcome.err.contains("E_MANIFEST_OTHER"), "\(outcome.summary)")
    #expect(outcome.err.contains("a sensitivity file"), "\(outcome.err)")
  }

  @Test func `F5 a lock file in the place of the manifest leads to the manifest`() throws {
    let folder = try Demo.folder()
    try folder.write("{\"cambium_lock\": 1}", to: "m.lock.json")
    let outcome = try run(["run", "m.lock.json"], in: folder)
    #expect(outcome.end == .exit(65) && outcome.err.contains("E_MANIFEST_OTHER"), "\(outcome.summary)")
    #expect(outcome.err.contains("name the manifest: m.json"), "\(outcome.err)")
  }

  @Test func `F5 a checkpoint is no package to audit, and no manifest is spoken of where there is none`() throws {
    let folder = try ScratchFolder()
    let audit = try run(["audit", Demo.trunk], in: folder)
    #expect(audit.end == .exit(65) && audit.err.contains("E_PACKAGE_FORM"), "\(audit.summary)")
    #expect(audit.err.contains("cambium inspect"), "\(audit.err)")
    for arguments in [["inspect", "/nope"], ["diff", Demo.trunk, "/nope"], ["init", "/nope"]] {
      let outcome = try run(arguments, in: folder)
      #expect(outcome.end == .exit(66) && outcome.err.contains("next:     check the path"), "\(outcome.summary)")
      #expect(!outcome.err.contains("manifest"), "\(outcome.err)")
    }
  }

  @Test func `the address of a model's page on the hub leads to the name that is taken`() throws {
    let folder = try ScratchFolder()
    let page = "https://huggingface.co/org/name"
    for address in [page, page + "/tree/main", "http://hf.co/org/name"] {
      for command in ["inspect", "init"] {
        let outcome = try run([command, address], in: folder)
        #expect(outcome.end == .exit(66) && outcome.err.contains("E_SOURCE_MISSING"), "\(outcome.summary)")
        #expect(outcome.err.contains("a model of the hub is called hub:org/name\n"), "\(outcome.err)")
      }
    }
  }

  @Test func `F5 a file in the place of a package, and a package in that of a manifest, are said to be that`() throws {
    let folder = try Demo.folder()
    try folder.write("x", to: "out.tar.zst")
    for name in ["m.json", "out.tar.zst"] {
      let audit = try run(["audit", name], in: folder)
      #expect(audit.end == .exit(65) && audit.err.contains("E_PACKAGE_FORM"), "\(audit.summary)")
      #expect(audit.err.contains("found:    a file") && audit.err.contains("cambium unpack"), "\(audit.err)")
    }
    let package = try Demo.reference.get().path
    let plan = try run(["plan", package], in: folder)
    #expect(plan.end == .exit(65) && plan.err.contains("found:    a package that cambium made"), "\(plan.summary)")
    #expect(plan.err.contains("cambium verify \(package)") && !plan.err.contains("cambium init \(package)"))
    let absent = try run(["package", "nowhere", "--archive"], in: folder)
    #expect(absent.end == .exit(66) && absent.err.contains("check the path"), "\(absent.summary)")
  }

  @Test func `F8 a name of the hub without hub: is answered with the one that works, a folder's is not`() throws {
    let folder = try ScratchFolder()
    for command in ["inspect", "init"] {
      let outcome = try run([command, "me/mytune"], in: folder)
      #expect(outcome.end == .exit(66) && outcome.err.contains("hub:me/mytune"), "\(outcome.summary)")
    }
    for path in ["./me/mytune", "me/my/tune", "mytune"] {
      let outcome = try run(["inspect", path], in: folder)
      #expect(outcome.end == .exit(66) && !outcome.err.contains("hub:"), "\(outcome.summary)")
    }
  }

  @Test func `F5 a misspelled command or pipeline is answered with the nearest`() throws {
    let folder = try ScratchFolder()
    let command = try run(["verfiy", "x"], in: folder)
    #expect(command.end == .exit(64) && command.err.contains("did you mean verify?"), "\(command.summary)")
    let far = try run(["xyzzyxyzzy"], in: folder)
    #expect(far.end == .exit(64) && !far.err.contains("did you mean"), "\(far.summary)")
    let pipeline = try run(["init", Demo.trunk, "--pipeline", "mxpf4", "--dry-run"], in: folder)
    #expect(pipeline.end == .exit(65) && pipeline.err.contains("did you mean mxfp4?"), "\(pipeline.summary)")
    let runner = try run(["chek", "x"], in: folder, program: "verify-runner")
    #expect(runner.end == .exit(64) && runner.err.contains("did you mean check?"), "\(runner.summary)")
  }

  @Test func `B7 a pipeline that is not there is refused with the names, and no manifest is written`() throws {
    let folder = try ScratchFolder()
    let outcome = try run(["init", Demo.trunk, "--pipeline", "4bit"], in: folder)
    #expect(outcome.end == .exit(65) && outcome.err.contains("E_PIPELINE_UNKNOWN"), "\(outcome.summary)")
    #expect(outcome.err.contains("affine4, affine8"), "\(outcome.err)")
    #expect(!folder.exists("trunk.json"))
  }

  @Test(arguments: ["64mb", "64MB", "64mib", "64MIB", "67108864"])
  func `F5 units of memory are read in small letters too`(
    size: String
  ) throws {
    let outcome = try run(["run", "m.json", "--dry-run", "--memory", size], in: Demo.folder())
    #expect(outcome.isSuccess, "\(outcome.summary)")
  }

  @Test func `F5 an empty prompt is a usage error that asks for text`() throws {
    let package = try Demo.reference.get().path
    let outcome = try run(["generate", package, "--prompt", ""], in: ScratchFolder(), program: "verify-runner")
    #expect(outcome.end == .exit(64) && outcome.err.contains("give some text"), "\(outcome.summary)")
    let question = try run(["generate", package, "--chat", ""], in: ScratchFolder(), program: "verify-runner")
    #expect(question.end == .exit(64) && question.err.contains("ask something"), "\(question.summary)")
  }

  @Test func `F5 a key is named for what it is: under a password, or public`() throws {
    let folder = try ScratchFolder()
    try FileManager.default.copyItem(atPath: Demo.reference.get().path, toPath: folder["out"])
    let key = P256.Signing.PrivateKey()
    try folder.write(key.publicKey.pemRepresentation, to: "key.pub")
    // Only the first line is looked at: what is under the password does not matter.
    try folder.write(
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIH0\n-----END ENCRYPTED PRIVATE KEY-----\n", to: "locked.pem")
    let locked = try run(["sign", "out", "--key", "locked.pem"], in: folder)
    #expect(locked.end == .exit(65) && locked.err.contains("a private key under a password"), "\(locked.summary)")
    #expect(locked.err.contains("--key -"), "\(locked.err)")
    let open = try run(["sign", "out", "--key", "key.pub"], in: folder)
    #expect(open.end == .exit(65) && open.err.contains("found:    a public key"), "\(open.summary)")
    try folder.write(key.pemRepresentation, to: "key.pem")
    let named = try run(["verify", "out", "--public-key", "key.pem"], in: folder)
    #expect(named.end == .exit(65) && named.err.contains("found:    a private key"), "\(named.summary)")
    #expect(!folder.exists("out/model.sig"))
  }

  @Test func `a key that another program opens comes by standard input, and signs as its file does`() throws {
    let folder = try ScratchFolder()
    try FileManager.default.copyItem(atPath: Demo.reference.get().path, toPath: folder["out"])
    let key = P256.Signing.PrivateKey()
    try folder.write(key.pemRepresentation, to: "key.pem")
    try folder.write(key.publicKey.pemRepresentation, to: "key.pub")
    let signed = try CambiumProcess.run(["sign", "out", "--key", "-"], in: folder.path, limits: "exec <key.pem")
    #expect(signed.isSuccess, "\(signed.summary)")
    let verified = try run(["verify", "out", "--public-key", "key.pub"], in: folder)
    #expect(verified.isSuccess, "\(verified.summary)")
    let nothing = try CambiumProcess.run(["sign", "out", "--key", "-"], in: folder.path, limits: "exec </dev/null")
    #expect(nothing.end == .exit(65) && nothing.err.contains("standard input"), "\(nothing.summary)")
  }
}

/// What a verification says last, and a picture that is none.
@Suite struct VerdictTests {
  @Test func `F10 the last line of a verification is its verdict, and no table of readers hides a failure`() throws {
    let folder = try ScratchFolder()
    try FileManager.default.copyItem(atPath: Demo.reference.get().path, toPath: folder["out"])
    let good = try CambiumProcess.run(["verify", "out"], in: folder.path)
    #expect(good.isSuccess && good.out.hasSuffix("\nthe package holds\n"), "\(good.summary)")
    try folder.write("x" + folder.text("out/README.md"), to: "out/README.md")
    let bad = try CambiumProcess.run(["verify", "out"], in: folder.path)
    #expect(bad.end == .exit(2), "\(bad.summary)")
    let last = bad.out.split(separator: "\n").last ?? ""
    #expect(last.hasPrefix("FAIL: the package does not hold: files") && !bad.out.contains("mlx-lm>="), "\(bad.out)")
  }

  @Test func `B12 a plot that would be called a PNG is refused`() throws {
    let folder = try ScratchFolder()
    let outcome = try CambiumProcess.run(
      ["bench", Demo.reference.get().path, "--plot", "b.png"], program: "verify-runner", in: folder.path)
    #expect(outcome.end == .exit(64) && outcome.err.contains(".svg"), "\(outcome.summary)")
    #expect(!folder.exists("b.png"))
  }
}

/// What a run says at its end, for somebody who sees it for the first time.
@Suite struct RunEndTests {
  @Test func `F4 a run ends with readers by name, bits per weight, acceptance by depth and the commands that use it`()
    throws
  {
    let reference = try Demo.reference.get()
    for part in [
      "bits per weight\n", "with head     mlx-vlm>=0.7.8\n", "corrupted by  mlx-mtp<=0.2\n",
      "accepted      depth 1: 50 % ",
      "decode check  bit-identical with ",
    ] {
      #expect(reference.run.contains(part), "\(part): \(reference.run)")
    }
    // Scripts take the folder from the last line.
    #expect(reference.run.hasSuffix("\nFOLDER/out\n"))
    #expect(reference.notes.contains("mlx_lm.generate --model \(reference.path) --prompt"), "\(reference.notes)")
    #expect(reference.notes.contains("--draft-model \(reference.path) --prompt"), "\(reference.notes)")
  }
}
