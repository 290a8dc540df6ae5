import TestSupport
import Foundation
import Testing

/// `diff` ends with 0 for equal folders and with 1 for others, and says what differs.
@Suite struct DiffCommandTests {
  private func diff(_ left: String, _ right: String, _ more: [String] = []) throws -> CambiumProcess.Outcome {
    try CambiumProcess.run(["diff", left, right] + more)
  }

  @Test func `equal folders end with 0`() throws {
    let outcome = try diff(Demo.trunk, Demo.trunk)
    #expect(outcome.isSuccess)
    #expect(outcome.out.contains("165 equal, 0 changed, 0 missing, 0 added"), "\(outcome.out)")
    let package = try Demo.reference.get().path
    #expect(try diff(package, package).isSuccess)
  }

  @Test func `trunk and donor share nothing and only one has a head`() throws {
    let outcome = try diff(Demo.trunk, Demo.donor)
    #expect(outcome.end == .exit(1))
    #expect(outcome.out.contains("165 missing, 15 added"), "\(outcome.out.suffix(200))")
    #expect(outcome.out.contains("MTP head: 0 tensors on the left, 15 on the right"))
    #expect(outcome.err.isEmpty)
  }

  @Test func `one changed tensor is named`() throws {
    let folder = try ScratchFolder()
    let trunk = try Demo.copyTrunk(to: folder)
    try flip(trunk + "/model-00001-of-00001.safetensors", at: 10_000_000)
    let outcome = try diff(Demo.trunk, trunk, ["--json"])
    #expect(outcome.end == .exit(1))
    let json = try document(outcome.out)
    #expect(json["changed"]?.arrayValue?.count == 1)
    #expect(json["equal"]?.intValue == 164)
    #expect(json["missing"]?.arrayValue?.isEmpty == true)
  }

  @Test func `a package is compared with its source under one naming`() throws {
    let outcome = try diff(Demo.trunk, Demo.reference.get().path)
    #expect(outcome.end == .exit(1))
    #expect(outcome.out.hasPrefix("one side is a checkpoint, the other a package"))
    #expect(outcome.out.contains("MTP head: 0 tensors on the left, 15 on the right"))
  }

  @Test func `threads do not matter`() throws {
    let outs = try ["1", "2", "9"].map { try diff(Demo.trunk, Demo.donor, ["--threads", $0]).out }
    #expect(Set(outs).count == 1)
  }

  @Test(arguments: ["0", "-3"]) func `a wrong number of threads is 64`(threads: String) throws {
    #expect(try diff(Demo.trunk, Demo.trunk, ["--threads", threads]).end == .exit(64))
    let package = try Demo.reference.get().path
    let verify = try CambiumProcess.run(["verify", package, "--threads", threads])
    #expect(verify.end == .exit(64), "\(verify.summary)")
  }
}
