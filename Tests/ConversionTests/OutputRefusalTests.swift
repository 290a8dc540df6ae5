import Foundation
import SystemPackage
import Testing
import Workspace

/// Places that a package must not, or cannot, be written to.
@Suite struct OutputRefusalTests {
  /// Below a regular file nobody can write, not even root.
  @Test func `an unwritable output is refused`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try writeBytes([1], shop.path + "/file")
      try shop.writeManifest([("output", "file/package")])
      let error = try shop.refusal("unwritable-output", output: shop.path + "/file/package")
      #expect(error.exitStatus == .io)
      #expect(error.file?.hasPrefix(shop.path + "/file") == true)
    }
  }

  @Test func `an unwritable output with a work folder elsewhere is refused`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try writeBytes([1], shop.path + "/file")
      try shop.writeManifest([("output", "file/package")])
      var options = shop.options
      options.work = FilePath(shop.path + "/work")
      let error = try shop.refusal("unwritable-output-work-elsewhere", options, output: shop.path + "/file/package")
      #expect(error.exitStatus == .io)
      #expect(error.file?.hasPrefix(shop.path + "/file") == true)
    }
  }

  @Test(arguments: [("package", "package"), ("package/w", "package"), ("w", "w/package")])
  func `C3 a work folder and an output one inside the other are refused before the conversion`(
    work: String, output: String
  ) throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.writeManifest([("output", .string(output))])
      var options = shop.options
      options.work = FilePath(shop.path + "/" + work)
      let error = try diagnostic { try shop.run(options) }
      #expect(error.code == "E_WORK_PLACE" && error.exitStatus == .badInput, "\(error.text)")
      #expect(!exists(shop.path + "/" + work) && !exists(shop.path + "/" + output))
    }
  }

  @Test func `D1 an output or a work folder inside a package is refused, and the package stays as it was`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.run()
      let before = filesBelow(shop.package)
      for output in ["package/again", "package/a/b/again"] {
        try shop.writeManifest([("output", .string(output))])
        let error = try diagnostic { try shop.run() }
        #expect(error.code == "E_RESULT_PLACE" && error.exitStatus == .io, "\(error.text)")
      }
      try shop.writeManifest([("output", "again")])
      var options = shop.options
      options.work = FilePath(shop.package + "/w")
      #expect(try diagnostic { try shop.run(options) }.code == "E_RESULT_PLACE")
      #expect(filesBelow(shop.package) == before)
    }
  }

  @Test func `an output that exists is refused`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try FileManager.default.createDirectory(atPath: shop.package, withIntermediateDirectories: false)
      try writeBytes([7], shop.package + "/precious")
      let error = try diagnostic { try shop.run() }
      try Golden.check(shop.anonymous(error), "errors/output-that-exists.txt")
      #expect(error.code == "E_OUTPUT_EXISTS")
      #expect(error.exitStatus == .badInput)
      #expect(error.file == shop.package)
      #expect(filesBelow(shop.package) == ["precious"])
      #expect(!exists(shop.work))
    }
  }

  /// It may be a home folder, or a disk.
  @Test func `C4 a folder that is not ours is refused by the names in it, and nothing below is looked at`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      for year in ["2024", "2025"] {
        let folder = shop.package + "/photos/" + year
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try writeBytes([7], folder + "/a")
      }
      for replaces in [false, true] {
        var options = shop.options
        options.replaces = replaces
        let error = try diagnostic { try shop.run(options) }
        #expect(error.code == "E_OUTPUT_EXISTS" && error.found == "no package of cambium's: photos", "\(error.text)")
      }
    }
  }

  @Test func `C4 of a package with somebody's folder in it, no more is looked at than it takes to refuse it`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.run()
      try FileManager.default.createDirectory(
        atPath: shop.package + "/photos", withIntermediateDirectories: false)
      for number in 0..<1100 { try writeBytes([], shop.package + "/photos/\(number)") }
      try shop.writeManifest([("pipeline", "affine4")])
      let error = try diagnostic { try shop.run() }
      #expect(error.code == "E_OUTPUT_EXISTS", "\(error.text)")
      #expect(error.found?.hasPrefix("not as it was published: ") == true, "\(error.text)")
      #expect(error.found?.hasSuffix(" and many more") == true, "\(error.text)")
    }
  }

  /// A list is made anew by who edits a file and wants it to fit; what the program wrote of the file is in the provenance.
  @Test func `a package with a file that a person edited stays, though its list was made anew`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.run()
      let card = shop.package + "/README.md"
      let edited = try readBytes(card) + Array("Tuned for me.\n".utf8)
      try writeBytes(edited, card)
      try Package(shop.package).sumAgain()
      let error = try diagnostic { try shop.run() }
      #expect(error.code == "E_OUTPUT_EXISTS" && error.found == "not as it was published: README.md", "\(error.text)")
      #expect(try readBytes(card) == edited)
      var options = shop.options
      options.replaces = true
      try shop.run(options)
      #expect(try readBytes(card) != edited)
    }
  }

  @Test func `an output that is a file is refused`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try writeBytes([7], shop.package)
      #expect(try diagnostic { try shop.run() }.code == "E_OUTPUT_EXISTS")
      #expect(try readBytes(shop.package) == [7])
    }
  }

  /// A package is known by its content: the same manifest finds its result made, whatever the work folder.
  @Test func `a result of the same manifest is left as it is by another work folder`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.run()
      let before = try identities(shop.package)
      var options = shop.options
      options.work = FilePath(shop.path + "/other-work")
      try shop.run(options)
      #expect(try identities(shop.package) == before)
    }
  }

  @Test(arguments: ["source", "source/package", "donor/package", "other/../source/package"])
  func `an output inside an input is refused`(output: String) throws {
    let donor = TinyCheckpoint(.dense) { $0.seed = 2 }.headOnly
    try withWorkshop(source: TinyCheckpoint(.dense).stripped, donor: donor) { shop in
      try shop.writeManifest([("donor", "donor"), ("output", .string(output))])
      let before = try digests(shop.path)
      let error = try diagnostic { try shop.run() }
      #expect(error.code == "E_OUTPUT_INSIDE_INPUT")
      #expect(error.exitStatus == .badInput)
      #expect(error.found?.hasPrefix("inside \(shop.path)") == true)
      #expect(try digests(shop.path) == before)
      if output == "source/package" { try Golden.check(shop.anonymous(error), "errors/output-inside-the-source.txt") }
    }
  }

  /// The same by way of a link.
  @Test func `an output inside the source through a link is refused`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try FileManager.default.createSymbolicLink(
        atPath: shop.path + "/elsewhere", withDestinationPath: shop.source)
      try shop.writeManifest([("output", "elsewhere/package")])
      let before = filesBelow(shop.source)
      #expect(try diagnostic { try shop.run() }.code == "E_OUTPUT_INSIDE_INPUT")
      #expect(filesBelow(shop.source) == before)
    }
  }

  @Test func `a work folder inside the source is refused`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop throws in
      var options = shop.options
      options.work = FilePath(shop.source + "/work")
      let before = filesBelow(shop.source)
      #expect(try diagnostic { try shop.run(options) }.exitStatus == .badInput)
      #expect(filesBelow(shop.source) == before)
    }
  }

  @Test func `of two runs at once one is refused`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try FileManager.default.createDirectory(atPath: shop.work, withIntermediateDirectories: false)
      let other = try WorkLock(folder: FilePath(shop.work))
      let error = try shop.refusal("two-runs-at-once")
      #expect(error.code == "E_WORK_LOCKED")
      #expect(error.exitStatus == .resumable)
      #expect(error.file == shop.work)
      #expect(error.found == "held by process \(ProcessInfo.processInfo.processIdentifier)")
      other.release()
      try shop.run()
      #expect(exists(shop.package))
    }
  }

  @Test func `a memory budget too small for a row is refused`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      var options = shop.options
      options.memory = 1000
      let error = try shop.refusal("memory-budget-too-small", options)
      #expect(error.code == "E_MEMORY_BUDGET")
      #expect(error.exitStatus == .usage)
    }
  }

  @Test func `13 the budget that a refusal names suffices`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      var options = shop.options
      options.memory = 1000
      let error = try shop.refusal("memory-budget-too-small", options)
      let words = (error.expected ?? "").split(separator: " ").compactMap { Int($0) }
      options.memory = try #require(words.first)
      try shop.run(options)
      #expect(exists(shop.package))
    }
  }

  @Test func `13 the plan counts in the budget: more tensors need more, and the refusal says how much`() throws {
    func least(experts: Int) throws -> Int {
      try withWorkshop(
        source: TinyCheckpoint(.next) {
          $0.hasHead = false
          $0.experts = experts
        }
      ) { shop in
        var options = shop.options
        options.memory = 1000
        let error = try diagnostic { try shop.run(options) }
        #expect(error.code == "E_MEMORY_BUDGET")
        return try #require((error.expected ?? "").split(separator: " ").compactMap { Int($0) }.first)
      }
    }
    // 60 experts more in each of four layers, of three matrices each.
    let (few, many) = (try least(experts: 4), try least(experts: 64))
    #expect(many - few > 720 * 512, "\(few), \(many)")
  }
}
