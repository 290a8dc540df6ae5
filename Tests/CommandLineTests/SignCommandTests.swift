import TestSupport
import Crypto
import Foundation
import Testing

/// `sign` ties a package to a key, `verify --public-key` holds it against one, and `verify --rederive` against its sources.
@Suite struct SignCommandTests {
  private func package() throws -> ScratchFolder {
    let folder = try ScratchFolder()
    try FileManager.default.copyItem(atPath: Demo.reference.get().path, toPath: folder["out"])
    let key = P256.Signing.PrivateKey()
    try folder.write(key.pemRepresentation, to: "key.pem")
    try folder.write(key.publicKey.pemRepresentation, to: "key.pub")
    return folder
  }

  @Test func `a signed package verifies until a byte changes`() throws {
    let folder = try package()
    let signed = try CambiumProcess.run(["sign", "out", "--key", "key.pem", "--json"], in: folder.path)
    #expect(signed.isSuccess, "\(signed.summary)")
    #expect(try document(signed.out)["files"]?.intValue ?? 0 > 10)
    let verify = ["verify", "out", "--public-key", "key.pub"]
    let good = try CambiumProcess.run(verify, in: folder.path)
    #expect(good.isSuccess && good.out.contains("ok   signature: "), "\(good.summary)")
    // The signature is in no list of the package, and no fault without a key.
    #expect(try CambiumProcess.run(["verify", "out"], in: folder.path).isSuccess)
    try folder.write("x" + folder.text("out/README.md"), to: "out/README.md")
    let bad = try CambiumProcess.run(verify, in: folder.path)
    #expect(bad.end == .exit(2))
    #expect(bad.out.contains("E_SIGNATURE: ") && bad.out.contains("README.md"), "\(bad.out)")
  }

  /// Nothing in a package says its source's numbers a second time: verify says so, and a key or the sources are what helps.
  @Test
  func `a number of config.json, changed with provenance and sums, is caught by a key and by the sources alone`()
    throws
  {
    let folder = try package()
    try Demo.writeManifest(in: folder)
    #expect(try CambiumProcess.run(["sign", "out", "--key", "key.pem"], in: folder.path).isSuccess)
    let verify = ["verify", "out"]
    let whole = try CambiumProcess.run(verify + ["--public-key", "key.pub"], in: folder.path)
    #expect(whole.isSuccess && !whole.out.contains("held against nothing"), "\(whole.summary)")
    let signature = folder.text("out/model.sig")
    try FileManager.default.removeItem(atPath: folder["out/model.sig"])

    let (config, provenance) = (try sha256(folder["out/config.json"]), try sha256(folder["out/provenance.json"]))
    let text = folder.text("out/config.json")
    #expect(text.contains("\"rms_norm_eps\": "))
    try folder.write(text.replacing("\"rms_norm_eps\": ", with: "\"rms_norm_eps\": 1"), to: "out/config.json")
    let other = try sha256(folder["out/config.json"])
    try folder.write(folder.text("out/provenance.json").replacing(config, with: other), to: "out/provenance.json")
    let sums = folder.text("out/SHA256SUMS").replacing(config, with: other)
      .replacing(provenance, with: try sha256(folder["out/provenance.json"]))
    try folder.write(sums, to: "out/SHA256SUMS")

    let plain = try CambiumProcess.run(verify, in: folder.path)
    #expect(plain.isSuccess, "\(plain.summary)")
    #expect(plain.out.contains("note: held against nothing but the package's own sums"), "\(plain.out)")
    #expect(plain.out.contains(" fields of config.json; measured errors"), "\(plain.out)")
    let derived = try CambiumProcess.run(verify + ["--rederive", "m.json"], in: folder.path)
    #expect(derived.end == .exit(2) && derived.out.contains("config.json: sha256 \(other)"), "\(derived.summary)")
    // Without its key nobody makes a signature that fits.
    let unsigned = try CambiumProcess.run(verify + ["--public-key", "key.pub"], in: folder.path)
    #expect(unsigned.end == .exit(2), "\(unsigned.summary)")
    try folder.write(signature, to: "out/model.sig")
    let signed = try CambiumProcess.run(verify + ["--public-key", "key.pub"], in: folder.path)
    #expect(signed.end == .exit(2) && signed.out.contains("E_SIGNATURE"), "\(signed.summary)")
  }

  @Test func `D a package that does not verify is not signed`() throws {
    let folder = try package()
    try folder.write("x" + folder.text("out/README.md"), to: "out/README.md")
    let outcome = try CambiumProcess.run(["sign", "out", "--key", "key.pem"], in: folder.path)
    #expect(outcome.end == .exit(2) && outcome.err.contains("E_SIGN_UNVERIFIED"), "\(outcome.summary)")
    #expect(outcome.err.contains("README.md") && !folder.exists("out/model.sig"))
  }

  @Test func `a signature in the package is looked at without a key too, and what was not looked at is said`() throws {
    let folder = try package()
    #expect(try !CambiumProcess.run(["verify", "out"], in: folder.path).out.contains("signature"))
    #expect(try CambiumProcess.run(["sign", "out", "--key", "key.pem"], in: folder.path).isSuccess)
    let signature = folder.text("out/model.sig")
    let good = try CambiumProcess.run(["verify", "out"], in: folder.path)
    #expect(good.isSuccess && good.out.contains("ok   signature: "), "\(good.summary)")
    #expect(good.out.contains("whose it is was not checked without --public-key"), "\(good.out)")
    // Not a byte of the rest has changed.
    let middle = signature.index(signature.startIndex, offsetBy: signature.count / 2)
    let others = [
      "", "x", "{}\n", signature + "\n", String(signature[..<middle]),
      signature.replacingOccurrences(of: "\"sig\":\"M", with: "\"sig\":\"N"),
    ]
    for (number, other) in others.enumerated() {
      try folder.write(other, to: "out/model.sig")
      let outcome = try CambiumProcess.run(["verify", "out"], in: folder.path)
      #expect(
        outcome.end == .exit(2) && outcome.out.contains("FAIL signature: model.sig"), "\(number): \(outcome.summary)")
    }
    try FileManager.default.removeItem(atPath: folder["out/model.sig"])
    try folder.makeFolder("out/model.sig")
    #expect(try CambiumProcess.run(["verify", "out"], in: folder.path).end == .exit(2))
  }

  @Test func `a signature that states other files fails without a key too, though nothing else is wrong`() throws {
    let folder = try package()
    #expect(try CambiumProcess.run(["sign", "out", "--key", "key.pem"], in: folder.path).isSuccess)
    let other = try Demo.folder()
    try Demo.writeManifest(in: other, pipeline: "affine4")
    #expect(try runDemo(other).isSuccess)
    try folder.write(folder.text("out/model.sig"), to: "kept.sig")
    try FileManager.default.copyItem(atPath: folder["kept.sig"], toPath: other["out/model.sig"])
    let outcome = try CambiumProcess.run(["verify", "out"], in: other.path)
    #expect(outcome.end == .exit(2) && outcome.out.contains("E_SIGNATURE: "), "\(outcome.summary)")
    #expect(outcome.out.components(separatedBy: "FAIL ").count == 2, "\(outcome.out)")
  }

  @Test func `a package without signature is not of any key`() throws {
    let folder = try package()
    let outcome = try CambiumProcess.run(["verify", "out", "--public-key", "key.pub"], in: folder.path)
    #expect(outcome.end == .exit(2))
    #expect(outcome.out.contains("FAIL signature: model.sig"), "\(outcome.out)")
  }

  @Test func `a key that is not there, or is none, is no verdict on the package`() throws {
    let folder = try package()
    try folder.write("no key", to: "text")
    try folder.write("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", to: "empty.pub")
    try folder.makeFolder("folder")
    let before = folder.stamps("out")
    for (key, status, code) in [
      ("nowhere", 66, "E_FILE_MISSING"), ("text/key", 66, "E_FILE_MISSING"), ("folder", 65, "E_FILE_NOT_REGULAR"),
      ("text", 65, "E_SIGNATURE_KEY"), ("empty.pub", 65, "E_SIGNATURE_KEY"),
    ] as [(String, Int32, String)] {
      for arguments in [["verify", "out", "--public-key", key], ["sign", "out", "--key", key]] {
        let outcome = try CambiumProcess.run(arguments, in: folder.path)
        #expect(outcome.end == .exit(status) && outcome.err.contains(code), "\(arguments): \(outcome.summary)")
        #expect(outcome.out.isEmpty)
      }
    }
    // A private key verifies nothing, and a public one signs nothing.
    for arguments in [["verify", "out", "--public-key", "key.pem"], ["sign", "out", "--key", "key.pub"]] {
      let outcome = try CambiumProcess.run(arguments, in: folder.path)
      #expect(outcome.end == .exit(65) && outcome.err.contains("E_SIGNATURE_KEY"), "\(outcome.summary)")
    }
    #expect(folder.stamps("out") == before)
  }

  @Test func `a package is made once more and compared file by file`() throws {
    let folder = try Demo.folder()
    #expect(try runDemo(folder).isSuccess)
    let arguments = ["verify", "out", "--rederive", "m.json"]
    let good = try CambiumProcess.run(arguments, in: folder.path)
    #expect(good.isSuccess && good.out.contains("ok   rederivation: "), "\(good.summary)")
    #expect(!FileManager.default.fileExists(atPath: folder["out.rederived"]))
  }

  @Test func `the program is named by its digest when asked`() throws {
    let folder = try Demo.folder()
    #expect(try runDemo(folder, ["--record-builder"]).isSuccess)
    #expect(folder.text("out/provenance.json").contains("builderDependencies"))
    #expect(try CambiumProcess.run(["verify", "out"], in: folder.path).isSuccess)
  }
}
