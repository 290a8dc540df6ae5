import Foundation
import PackageCheck
import SystemPackage
import TestSupport
import Testing

/// F12: what reads for long says how far it is, and is at its end when it has read all.
@Suite struct WorkReportTests {
  @Test func `verify counts every byte of the files and of the tensors, once each`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.writeManifest([])
      try shop.run()
      let work = RecordedWork()
      #expect(try PackageVerifier(path: FilePath(shop.package), threads: 2, observer: work).verify().isGood)
      #expect(work.pieces.map(\.work) == ["files", "tensors"])
      let sizes = try filesBelow(shop.package).filter { $0 != "SHA256SUMS" }.map {
        try readBytes(shop.package + "/" + $0).count
      }
      #expect(work.pieces.first?.total == sizes.reduce(0, +))
      #expect(work.pieces.allSatisfy { $0.done == $0.total && $0.total > 0 })
      #expect(work.pieces.last?.items.contains("language_model.model.norm.weight") == true)
    }
  }

  @Test func `diff counts every tensor that both sides have, whether it differs or not`() throws {
    let left = TinyCheckpoint(.dense)
    var right = left.stripped
    right.tensors["lm_head.weight"]?.bytes[7] ^= 1
    try withWorkshop(source: left, donor: right) { shop in
      let work = RecordedWork()
      let diff = try ModelDiff(
        .folder(FilePath(shop.source)), .folder(FilePath(shop.donor)), threads: 2, observer: work)
      #expect(diff.changed.count == 1)
      #expect(work.pieces.map(\.work) == ["compare"])
      #expect(work.pieces.first?.items.count == right.tensors.count)
      #expect(work.pieces.allSatisfy { $0.done == $0.total && $0.total > 0 })
    }
  }
}
