import Conversion
import SystemPackage
import Diagnostics
import Foundation
import Manifests
import Testing

/// The lock file pins what was resolved, and `--locked` refuses to differ.
@Suite struct LockTests {
  private func locked(_ shop: Workshop) -> RunOptions {
    var options = shop.options
    options.locked = true
    return options
  }

  @Test func `a missing lock is refused`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      let error = try shop.refusal("missing-lock", locked(shop))
      #expect(error.code == "E_LOCK_MISSING")
      #expect(error.exitStatus == .missingInput)
      #expect(error.file == shop.path + "/manifest.lock.json")
      #expect(!exists(shop.path + "/manifest.lock.json"))
    }
  }

  @Test func `a lock that differs is refused`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.run()
      try FileManager.default.removeItem(atPath: shop.package)
      let lock = try readBytes(shop.path + "/manifest.lock.json")
      try writeBytes([65], shop.source + "/chat_template.jinja")
      let error = try shop.refusal("lock-differs", locked(shop))
      #expect(error.code == "E_LOCK_DIFFERS")
      #expect(error.exitStatus == .badInput)
      #expect(error.file == shop.path + "/manifest.lock.json")
      #expect(error.found == "source/chat_template.jinja changed")
      #expect(try readBytes(shop.path + "/manifest.lock.json") == lock)
    }
  }

  @Test func `nothing is pinned inside the source`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      let manifest = shop.source + "/manifest.json"
      let text =
        "{\"cambium\": 1, \"source\": \".\", \"pipeline\": \"mxfp4\", \"output\": \"../elsewhere\", \"check\": false}"
      try writeBytes(Array(text.utf8), manifest)
      _ = try Run(manifest: FilePath(manifest), options: shop.options).execute(SilentObserver())
      #expect(exists(shop.path + "/elsewhere/SHA256SUMS"))
      #expect(!exists(shop.source + "/manifest.lock.json"))
    }
  }

  @Test func `same inputs pass under locked`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.run()
      #expect(try shop.run(locked(shop)).reused.count == StageName.allCases.count)
    }
  }

  @Test func `a lock survives reading back`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.run()
      let path = shop.path + "/manifest.lock.json"
      let lock = try #require(try LockFile.read(path: FilePath(path)))
      #expect(lock.tool == Tool.name)
      #expect(lock.plan == (try shop.open().plan.digest.hex))
      #expect(lock.files.contains { $0.path == "source/tokenizer.json" && $0.bytes == 19 })
      #expect(try readJSON(path) == lock.json)
    }
  }
}
