import TestSupport
import SystemPackage
import Files
import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct FolderTests {
  @Test func `missing parents are created`() throws {
    let scratch = try ScratchFolder.lasting()
    try Folder.create(scratch.at("a/b//c/"))
    #expect(try Folder.isFolder(scratch.at("a/b/c")))
    #expect(try scratch.status("a/b/c").st_mode & 0o777 == 0o755)
    try Folder.create(scratch.at("a/b/c"))
  }

  @Test func `a file in the way is an error`() throws {
    let scratch = try ScratchFolder.lasting()
    try scratch.put("x", at: "a")
    #expect(throws: StorageError.io(operation: "create the folder", path: scratch.at("a"), errno: ENOTDIR)) {
      try Folder.create(scratch.at("a/b"))
    }
  }

  @Test func `entries are sorted by bytes`() throws {
    let scratch = try ScratchFolder.lasting()
    for name in ["b", "B", "é", "a", "z", ".h", "a-", "a.b"] { try scratch.put("", at: name) }
    #expect(try Folder.entries(scratch.folder) == [".h", "B", "a", "a-", "a.b", "b", "z", "é"])
  }

  @Test func `removing a tree does not follow links`() throws {
    let scratch = try ScratchFolder.lasting()
    try Folder.create(scratch.at("outside"))
    try scratch.put("precious", at: "outside/file")
    try Folder.create(scratch.at("tree/deep/er"))
    try scratch.put("x", at: "tree/deep/er/file")
    try scratch.link("tree/deep/folder-link", to: scratch["outside"])
    try scratch.link("tree/file-link", to: scratch["outside/file"])
    try Folder.removeTree(scratch.at("tree"))
    #expect(try scratch.names() == ["outside"])
    #expect(try scratch.content("outside/file") == "precious")
    try Folder.removeTree(scratch.at("tree"))
  }

  @Test func `removing a tree that is a link removes the link`() throws {
    let scratch = try ScratchFolder.lasting()
    try Folder.create(scratch.at("outside"))
    try scratch.put("precious", at: "outside/file")
    try scratch.link("link", to: scratch["outside"])
    try Folder.removeTree(scratch.at("link"))
    #expect(try scratch.names() == ["outside"])
    #expect(try scratch.content("outside/file") == "precious")
  }

  @Test(arguments: ["file", "folder", "empty", "link"]) func `publishing replaces nothing`(_ there: String) throws {
    let scratch = try ScratchFolder.lasting()
    switch there {
    case "file": try scratch.put("old", at: "final")
    case "link": try scratch.link("final", to: scratch["nowhere"])
    default: try Folder.create(scratch.at("final"))
    }
    if there == "folder" { try scratch.put("old", at: "final/x") }
    try Folder.create(scratch.at("partial"))
    try scratch.put("new", at: "partial/x")
    #expect(throws: StorageError.targetExists(path: scratch.at("final"))) {
      try Folder.renameNoReplace(scratch.at("partial"), scratch.at("final"))
    }
    #expect(try scratch.content("partial/x") == "new")
    if there == "folder" { #expect(try scratch.content("final/x") == "old") }
  }

  @Test func `folders and files are published`() throws {
    let scratch = try ScratchFolder.lasting()
    try Folder.create(scratch.at("partial"))
    try Folder.create(scratch.at("out"))
    try scratch.put("x", at: "partial/x")
    try Folder.renameNoReplace(scratch.at("partial"), scratch.at("out/final"))
    try Folder.renameNoReplace(scratch.at("out/final/x"), scratch.at("out/final/y"))
    #expect(try scratch.names() == ["out"])
    #expect(try Folder.entries(scratch.at("out/final")) == ["y"])
    #expect(try scratch.content("out/final/y") == "x")
    #expect(throws: StorageError.self) { try Folder.renameNoReplace(scratch.at("absent"), scratch.at("b")) }
  }

  @Test func `C4 a walk through a folder ends once enough is found`() throws {
    let scratch = try ScratchFolder()
    for folder in 0..<4 { for file in 0..<5 { try scratch.put("x", at: "tree/\(folder)/\(file)") } }
    try scratch.makeFolder("tree/empty")
    let tree = scratch.at("tree")
    let all = try Folder.tree(tree)
    #expect(all.count == 21)
    for limit in [0, 1, 7, 20] { #expect(try Folder.tree(tree, atMost: limit).count == limit) }
    #expect(try Folder.tree(tree, atMost: 21) == all && Folder.tree(tree, atMost: 22) == all)
    #expect(try Folder.names(tree, atMost: 3).count == 3)
    let names = ["0", "1", "2", "3", "empty"].map { Array($0.utf8) }
    #expect(try Folder.names(tree, atMost: 5) == names && Folder.names(tree, atMost: 6) == names)
  }

  @Test func `free space is known`() throws {
    #expect(try Folder.freeBytes(FilePath(ScratchFolder.lasting().path)).map { $0 > 0 } != false)
    #expect(throws: StorageError.self) { try Folder.freeBytes("/nowhere/at/all") }
  }
}
