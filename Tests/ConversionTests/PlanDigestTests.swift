import Conversion
import Digests
import StrictJSON
import Testing

/// The digest of a plan is made piece by piece, and is that of the whole.
@Suite struct PlanDigestTests {
  @Test(arguments: [TinyCheckpoint.Family.dense, .mixture, .next, .text])
  func `the digest is that of the canonical form, which is never held`(family: TinyCheckpoint.Family) throws {
    try withWorkshop(source: TinyCheckpoint(family)) { shop in
      let plan = try shop.open().plan
      #expect(plan.digest == SHA256Digest.of(JSONWriter.canonical(plan.json)))
      #expect(plan.json["tensors"]?.arrayValue?.count == plan.tensors.count)
    }
  }
}
