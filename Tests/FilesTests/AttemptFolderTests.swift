import Files
import Foundation
import SystemPackage
import TestSupport
import Testing

/// Attempts of many machines at one thing.
@Suite struct AttemptFolderTests {
  @Test func `two attempts at one thing have folders of their own, which a cleaner leaves while they live`() throws {
    let scratch = try ScratchFolder.lasting()
    let place = scratch.at("items")
    try Folder.create(place)
    let (one, other) = (try AttemptFolder(for: "00003", in: place), try AttemptFolder(for: "00003", in: place))
    #expect(one.path != other.path)
    try AttemptFolder.removeAbandoned(in: place)
    #expect(try Folder.entries(place).count == 2)
    #expect(try Folder.entries(place).allSatisfy(AttemptFolder.isAttempt))
    // The merge needs none of them any more.
    try scratch.put("mine", at: "items/00003")
    try AttemptFolder.removeAbandoned(in: place, all: true)
    #expect(try Folder.entries(place) == ["00003"])
    one.release()
    other.release()
  }

  @Test func `what a dead process of this host left is removed, and that of another host stays`() throws {
    let scratch = try ScratchFolder.lasting()
    let place = scratch.at("items")
    try Folder.create(place)
    let living = try AttemptFolder(for: "00001", in: place)
    // No system gives this number to a process.
    let own = "-\(ProcessInfo.processInfo.processIdentifier)-"
    let name = try #require(living.path.lastComponent?.string)
    let dead = name.replacingOccurrences(of: own, with: "-\(Int32.max)-")
    let far = ".00001.cambium-attempt-elsewhere.example-\(Int32.max)-1f"
    for left in [dead, far] { try Folder.create(place.appending(left)) }
    try AttemptFolder.removeAbandoned(in: place)
    #expect(Set(try Folder.entries(place)) == [name, far])
    living.release()
  }

  @Test func `what may live is named: this process's, one whose lock is held, and all of other hosts`() throws {
    let scratch = try ScratchFolder.lasting()
    let place = scratch.at("items")
    #expect(try AttemptFolder.living(in: place) == [])
    try Folder.create(place)
    let own = try AttemptFolder(for: "00001", in: place)
    let name = try #require(own.path.lastComponent?.string)
    let number = "-\(ProcessInfo.processInfo.processIdentifier)-"
    // No system gives this number to a process.
    let dead = place.appending(name.replacingOccurrences(of: number, with: "-\(Int32.max)-"))
    let far = place.appending(".00001.cambium-attempt-elsewhere.example-\(Int32.max)-1f")
    for left in [dead, far, place.appending("00002")] { try Folder.create(left) }
    #expect(Set(try AttemptFolder.living(in: place)) == [own.path, far])
    // A number may mean another process than it did: whose lock is held lives.
    let held = try FolderInTheMaking(path: dead) { _ in true }
    #expect(Set(try AttemptFolder.living(in: place)) == [own.path, far, dead])
    held.release()
    own.discard()
    #expect(try AttemptFolder.living(in: place) == [far])
  }

  @Test func `of two that move one file into place, one finds it gone, and it is there`() throws {
    let scratch = try ScratchFolder.lasting()
    try scratch.put("old", at: "place")
    try scratch.put("new", at: "made")
    #expect(try Folder.renameReplacing(scratch.at("made"), scratch.at("place")))
    #expect(try !Folder.renameReplacing(scratch.at("made"), scratch.at("place")))
    #expect(scratch.text("place") == "new" && !scratch.exists("made"))
    // Behind a link nothing is written.
    try scratch.link("link", to: scratch["place"])
    try scratch.put("newer", at: "made")
    #expect(try Folder.renameReplacing(scratch.at("made"), scratch.at("link")))
    #expect(scratch.text("place") == "new" && scratch.text("link") == "newer")
  }

  @Test(arguments: [
    "00001", ".00001", ".00001.cambium-attempt-", ".00001.cambium-attempt-host-12", ".00001.cambium-attempt-host-0-1f",
    ".00001.cambium-attempt-host-x-1f", ".00001.cambium-attempt-host-12-xyz", "00001.cambium-attempt-host-12-1f",
  ])
  func `a name of another form is none of an attempt's`(name: String) {
    #expect(!AttemptFolder.isAttempt(name))
  }
}
