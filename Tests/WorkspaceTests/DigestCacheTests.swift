import TestSupport
import SystemPackage
import Digests
import Foundation
import Testing
import Workspace

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct DigestCacheTests {
  let wrong = SHA256Digest.of(Array("something else".utf8))
  let right = SHA256Digest.of(Array("content".utf8))

  @Test func `a file has its digest`() throws {
    let scratch = try ScratchFolder.lasting()
    let path = try scratch.put("content", at: "a")
    let found = try DigestCache(folder: scratch.folder).digest(ofFileAt: FilePath(path))
    #expect(found.digest == right)
    #expect(found.bytes == 7)
  }

  @Test func `an unchanged file is not read again`() throws {
    let scratch = try ScratchFolder.lasting()
    let path = try scratch.put("content", at: "a")
    let cache = DigestCache(folder: scratch.folder)
    // A wrong digest that comes back shows that nothing was read.
    try cache.remember(wrong, ofFileAt: FilePath(path))
    #expect(try cache.digest(ofFileAt: FilePath(path)).digest == wrong)
    cache.forget(FilePath(path))
    #expect(try cache.digest(ofFileAt: FilePath(path)).digest == right)
  }

  @Test func `what is known of a file goes with its names, unless its content was changed meanwhile`() throws {
    let scratch = try ScratchFolder.lasting()
    let (one, other) = (FilePath(try scratch.put("content", at: "a")), FilePath(scratch["b"]))
    for isChanged in [false, true] {
      let cache = DigestCache(folder: scratch.folder)
      try cache.remember(wrong, ofFileAt: one)
      #expect(link(one.string, other.string) == 0)
      if isChanged {
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: other.string))
        try file.write(contentsOf: Data("c".utf8))
        try file.close()
      }
      #expect(unlink(one.string) == 0)
      try cache.carryOver(from: one, to: other)
      #expect(try cache.digest(ofFileAt: other).digest == (isChanged ? right : wrong))
      #expect(rename(other.string, one.string) == 0)
    }
  }

  @Test func `the cache lives on in its file`() throws {
    let scratch = try ScratchFolder.lasting()
    let path = try scratch.put("content", at: "a")
    let cache = DigestCache(folder: scratch.folder)
    try cache.remember(wrong, ofFileAt: FilePath(path))
    try cache.save()
    #expect(try DigestCache(folder: scratch.folder).digest(ofFileAt: FilePath(path)).digest == wrong)
    #expect(
      try DigestCache(folder: scratch.folder, alwaysRehash: true).digest(ofFileAt: FilePath(path)).digest == right)
  }

  @Test func `a changed file is read again`() throws {
    let scratch = try ScratchFolder.lasting()
    let path = try scratch.put("content", at: "a")
    let cache = DigestCache(folder: scratch.folder)
    _ = try cache.digest(ofFileAt: FilePath(path))
    try damageSecretly(path, at: 0)
    #expect(try cache.digest(ofFileAt: FilePath(path)).digest == SHA256Digest.of(Array("bontent".utf8)))
    // Another file of the same size and times under the same name.
    try cache.remember(wrong, ofFileAt: FilePath(path))
    try scratch.put("content", at: "b")
    #expect(rename(scratch["b"], path) == 0)
    #expect(try cache.digest(ofFileAt: FilePath(path)).digest == right)
  }

  @Test(arguments: [
    "", "{", "[]", "{\"cambium_digests\":2}", "{\"cambium_digests\":2,\"files\":[],\"sha256\":\"00\"}",
    "{\"cambium_digests\":1,\"files\":[{},1,{\"path\":3}]}",
  ])
  func `a damaged cache is empty`(_ text: String) throws {
    let scratch = try ScratchFolder.lasting()
    let path = try scratch.put("content", at: "a")
    try scratch.put(text, at: "digests.json")
    let cache = DigestCache(folder: scratch.folder)
    #expect(try cache.digest(ofFileAt: FilePath(path)).digest == right)
    try cache.save()
  }

  @Test func `a file that is not there is an error`() throws {
    let scratch = try ScratchFolder.lasting()
    let cache = DigestCache(folder: scratch.folder)
    #expect(throws: (any Error).self) { try cache.digest(ofFileAt: scratch.at("absent")) }
    #expect(throws: (any Error).self) { try cache.digest(ofFileAt: scratch.folder) }
  }

  @Test func `many threads may ask`() async throws {
    let scratch = try ScratchFolder.lasting()
    let cache = DigestCache(folder: scratch.folder)
    for number in 0..<8 { try scratch.put("content", at: "f\(number)") }
    await withTaskGroup(of: SHA256Digest?.self) { group in
      for number in 0..<64 {
        group.addTask { try? cache.digest(ofFileAt: scratch.at("f\(number % 8)")).digest }
      }
      for await digest in group { #expect(digest == right) }
    }
  }
}
