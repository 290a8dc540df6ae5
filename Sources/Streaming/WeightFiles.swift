import Digests
import Files
import Foundation
import Planning
import SystemPackage

/// The weight files while they are written: under a temporary name, of full size, header first.
final class WeightFiles: Sendable {
  /// Whether files of an interrupted run are there, all of them, of the planned sizes.
  let resumable: Bool
  private let files: [PosixFile]
  private let writers: [BlockWriter]
  private let plan: Plan
  /// The folders that hold the files: the stage's own, after that of a head which has one.
  private let folders: [FilePath]
  private let folder: FilePath

  init(_ plan: Plan, folder: FilePath) throws {
    self.plan = plan
    self.folder = folder
    var folders = [folder]
    var files: [PosixFile] = []
    var complete = true
    for file in plan.weights {
      let final = folder.appending(file.path)
      let partial = final.appending(suffix: ".partial")
      if !folders.contains(final.folder) {
        try Folder.create(final.folder)
        folders.insert(final.folder, at: 0)
      }
      // Killed while publishing: the file has its final name, but no receipt vouches for it yet.
      if try !partial.exists, try final.exists {
        // Refused by its name, and left where it is.
        if try linkStatus(final)?.isLink == true { throw StorageError.targetIsLink(path: final) }
        try Folder.renameNoReplace(final, partial)
      }
      // A file with other names, too, is somebody's: a package that an earlier version published, or a backup.
      try Folder.removeLinked(partial)
      complete = try complete && partial.exists
      let open = try PosixFile.openForWriting(partial, creating: true, direct: true)
      if try open.size() != file.bytes { complete = false }
      files.append(open)
    }
    self.files = files
    self.folders = folders
    writers = zip(files, plan.weights).map { BlockWriter($0, size: $1.bytes) }
    resumable = complete
  }

  /// Reserves the space and writes the headers.
  func prepare() throws {
    for ((file, writer), planned) in zip(zip(files, writers), plan.weights) {
      if !resumable {
        try file.truncate(to: 0)
        try file.preallocate(planned.bytes)
      }
      try writer.write(planned.header, at: 0)
    }
    try sync()
    for folder in folders { try syncFolder(folder) }
  }

  /// Where a file is while it is written.
  func path(_ file: Int) -> FilePath { files[file].path }

  /// Writes a part of a tensor; see ``BlockWriter/write(_:at:)`` about the memory around it.
  func write(_ bytes: UnsafeMutableRawBufferPointer, to file: Int, at offset: Int) throws {
    try writers[file].write(bytes, at: offset)
  }

  /// Writes what waits for its neighbours in a file.
  func settle(_ file: Int) throws { try writers[file].settle() }

  func sync() throws {
    for (file, writer) in zip(files, writers) {
      try writer.settle()
      try file.sync()
    }
  }

  /// Whether what a unit wrote is in the files as it was journaled.
  func hold(_ record: UnitRecord, of unit: Unit) throws -> Bool {
    for (piece, known) in zip(unit.pieces, record.pieces) {
      let tensor = plan.tensors[piece.tensor]
      let shape = PieceShape(tensor)
      for (index, part) in tensor.parts.enumerated() {
        let length = shape.bytes(piece, part: index)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, length), alignment: 64)
        defer { buffer.deallocate() }
        let bytes = UnsafeMutableRawBufferPointer(rebasing: buffer[0..<length])
        let read = try files[part.file].read(into: bytes, at: part.offset + shape.offset(piece, part: index))
        guard read == length, Checksum128.of(UnsafeRawBufferPointer(bytes)) == known.checksums[index] else {
          return false
        }
      }
    }
    return true
  }

  /// Renames the files to their final names.
  func publish() throws {
    try sync()
    for (file, planned) in zip(files, plan.weights) {
      let final = folder.appending(planned.path)
      let actual = try file.size()
      guard actual == planned.bytes else {
        throw ConversionError.forecastMissed(file: final.string, planned: planned.bytes, actual: actual)
      }
      try file.close()
      try Folder.removeTree(final)
      try Folder.renameNoReplace(final.appending(suffix: ".partial"), final)
    }
    for folder in folders { try syncFolder(folder) }
  }
}
