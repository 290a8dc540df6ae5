import Conversion
import SystemPackage
import Foundation
import PackageCheck
import StrictJSON
import Testing

/// A package is made once more from its sources, and every file compared.
@Suite struct RederivationTests {
  private func rederive(_ shop: Workshop, _ package: String? = nil) throws -> VerificationReport {
    var report = VerificationReport()
    try Rederivation(
      package: FilePath(package ?? shop.package), manifest: FilePath(shop.manifest),
      scratch: FilePath(shop.path + "/scratch"), options: shop.options
    ).check(&report)
    #expect(!exists(shop.path + "/scratch"), "the scratch folder was left behind")
    return report
  }

  @Test func `the package comes out once more and nothing else is written`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.run()
      let before = try digests(shop.path)
      let report = try rederive(shop)
      #expect(report.isGood, "\(report.text)")
      #expect(try digests(shop.path) == before)
    }
  }

  @Test func `D a scratch folder that is there is refused by what verify can do about it`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.run()
      try FileManager.default.createDirectory(atPath: shop.path + "/scratch", withIntermediateDirectories: false)
      var report = VerificationReport()
      let error = try diagnostic {
        try Rederivation(
          package: FilePath(shop.package), manifest: FilePath(shop.manifest),
          scratch: FilePath(shop.path + "/scratch"), options: shop.options
        ).check(&report)
      }
      #expect(error.code == "E_TARGET_EXISTS" && error.exitStatus == .io, "\(error.text)")
      #expect(!error.text.contains("--replace"), "\(error.text)")
    }
  }

  /// Sums, audit and provenance made to fit do not hide what the sources contradict.
  @Test func `a package that is not of these sources is named by file`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.run()
      try FileManager.default.copyItem(atPath: shop.package, toPath: shop.path + "/copy")
      try flipByte(shop.path + "/copy/mtp.safetensors")
      try Package(shop.path + "/copy").sumAgain()
      let problems = try rederive(shop, shop.path + "/copy").checks.flatMap(\.problems)
      #expect(problems.count == 1)
      #expect(problems.first?.hasPrefix("mtp.safetensors: sha256 ") == true)
    }
  }

  @Test func `another manifest is refused before the work`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.run()
      try shop.writeManifest([("base_model", "org/other")])
      let problems = try rederive(shop).checks.flatMap(\.problems)
      #expect(problems.count == 1)
      #expect(problems.first?.contains("the package was made with the manifest") == true)
    }
  }

  @Test func `the drafter's folder comes out once more`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.writeManifest([("layouts", ["sidecar", "drafter"])])
      try shop.run()
      var options = shop.options
      options.target = .drafter
      try shop.run(options)
      let report = try rederive(shop, shop.package + "-mtp")
      #expect(report.isGood, "\(report.text)")
    }
  }
}
