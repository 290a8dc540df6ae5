import Foundation
import SystemPackage
import PackageCheck
import Safetensors
import StrictJSON
import Testing

/// `verify` accepts what `run` publishes, and nothing else: no other words for the same list, no name that looks like a
/// listed one, no number that is none.
@Suite struct EveryChangeTests {
  private func withPackage(_ body: (Package) throws -> Void) throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.run()
      try FileManager.default.copyItem(atPath: shop.package, toPath: shop.path + "/copy")
      try body(Package(shop.path + "/copy"))
    }
  }

  private func isGood(_ package: Package) -> Bool {
    (try? PackageVerifier(path: FilePath(package.path), threads: 2).verify().isGood) ?? false
  }

  @Test func `SHA256SUMS that says the same in other words is refused`() throws {
    try withPackage { package in
      #expect(isGood(package))
      let path = package.path + "/SHA256SUMS"
      let text = String(decoding: try readBytes(path), as: UTF8.self)
      let lines = text.split(separator: "\n").map { $0 + "\n" }
      let first = String(lines[0])
      let rest = lines.dropFirst(2).joined()
      let others: [String] = [
        "\n" + text, text + "\n", first + text, String(lines[1]) + first + rest, String(text.dropLast()),
        text.replacingOccurrences(of: "  ", with: " *"), text.replacingOccurrences(of: "\n", with: "\r\n"),
        text.replacingOccurrences(of: first, with: first.uppercased()),
        text.replacingOccurrences(of: first, with: first.replacingOccurrences(of: "  ", with: "  ./")),
        text.replacingOccurrences(of: first, with: first.replacingOccurrences(of: "  ", with: " x")),
      ]
      for (number, other) in others.enumerated() {
        try writeBytes(Array(other.utf8), path)
        #expect(!isGood(package), "case \(number)")
      }
      try writeBytes(Array(text.utf8), path)
      #expect(isGood(package))
    }
  }

  @Test func `an unlisted name that looks like a listed one is refused`() throws {
    var source = TinyCheckpoint(.dense)
    source.sidecars["LICENSE-\u{E9}.txt"] = Array("free\n".utf8)
    try withWorkshop(source: source) { shop in
      try shop.run()
      #expect(isGood(Package(shop.package)))
      try writeBytes([1], shop.package + "/LICENSE-e\u{301}.txt")
      let found = try Package(shop.package).problems(of: "files", sum: false)
      #expect(found.count == 1 && found.first?.contains("not listed in SHA256SUMS") == true, "\(found)")
    }
  }

  @Test func `a shard whose suffix hides behind a mark is opened all the same`() throws {
    try withPackage { package in
      try FileManager.default.copyItem(
        atPath: package.path + "/mtp.safetensors", toPath: package.path + "/x\u{600}.safetensors")
      #expect(try package.problems(of: "tensors").contains { $0.hasSuffix("the audit does not name it") })
    }
  }

  @Test func `a link to the same bytes is no file of a package`() throws {
    try withPackage { package in
      let path = package.path + "/tokenizer.json"
      try FileManager.default.moveItem(atPath: path, toPath: package.path + "/../aside")
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "../aside")
      #expect(!isGood(package))
    }
  }

  /// Every record was made to match, as somebody would who wants to hide it: the number is none all the same.
  @Test(arguments: ["language_model.model.norm.weight", "mtp.norm.weight", "vision_tower.merger.norm.bias"])
  func `NaN in a published tensor is named though audit and sums are forged`(name: String) throws {
    try withPackage { package in
      let tensor = try #require(try package.audit.tensors.first { $0.written.first?.name == name })
      let part = tensor.written[0]
      let path = package.path + "/" + part.file
      var bytes = try readBytes(path)
      let place = try place(of: name, in: path)
      bytes[place + 2] = 0xC0
      bytes[place + 3] = 0x7F
      try writeBytes(bytes, path)
      let stated = try package.problems(of: "tensors").compactMap { $0.components(separatedBy: "tree_sha256 ").last }
      let digest = try #require(stated.first?.prefix(64))
      let audit = package.path + "/audit.json"
      let text = String(decoding: try readBytes(audit), as: UTF8.self)
      try writeBytes(Array(text.replacingOccurrences(of: part.treeSHA256, with: digest).utf8), audit)
      #expect(try package.problems(of: "tensors").contains("\(name): element 1 is not a finite number"))
    }
  }

  private func place(of name: String, in path: String) throws -> Int {
    let file = try SafetensorsFile(path: FilePath(path))
    return file.header.dataStart + (try #require(file.header[name]).begin)
  }

  /// `verify` died of these by a product that no `Int` holds.
  @Test(arguments: [Int.min, -1, .max, 1 << 60])
  func `a shape that no tensor has is refused, not multiplied`(dimension: Int) throws {
    try withPackage { package in
      let path = package.path + "/audit.json"
      try editJSON(path) { audit in
        var tensors = audit["tensors"]?.arrayValue ?? []
        for number in tensors.indices {
          guard var written = tensors[number]["written"]?.arrayValue, tensors[number]["verdict"] == "quantized" else {
            continue
          }
          written[0].set("shape", to: [4, .int(dimension)])
          tensors[number].set("written", to: .array(written))
        }
        audit.set("tensors", to: .array(tensors))
      }
      try package.sumAgain()
      #expect(!isGood(package))
    }
  }

  @Test(arguments: [Int.max, 1 << 62, 0, -1])
  func `bits and group sizes that no format has are refused, not multiplied`(number: Int) throws {
    try withPackage { package in
      for key in ["bits", "group_size"] {
        try editJSON(package.path + "/config.json") { config in
          var block = config["quantization"] ?? .object([])
          block.set(key, to: .int(number))
          config.set("quantization", to: block)
          config.set("quantization_config", to: block)
        }
        try package.sumAgain()
        #expect(!isGood(package))
      }
    }
  }

  /// One byte at a time, at places drawn by a seed: whichever it is, `verify` says no.
  @Test func `every single byte of every file counts`() throws {
    try withPackage { package in
      var state: UInt64 = 17
      func draw(_ count: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % count
      }
      for name in filesBelow(package.path) {
        let path = package.path + "/" + name
        let bytes = try readBytes(path)
        for at in [0, bytes.count - 1, draw(bytes.count), draw(bytes.count)] {
          var other = bytes
          other[at] ^= UInt8(1 + draw(255))
          try writeBytes(other, path)
          #expect(!isGood(package), "\(name), byte \(at)")
        }
        try writeBytes(bytes, path)
      }
      #expect(isGood(package))
    }
  }
}
