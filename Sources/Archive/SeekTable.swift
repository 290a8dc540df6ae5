import Files

/// The table at the end of the archive: how long each frame is, compressed and plain. Readers that do not know it skip it.
///
/// Source: zstd, contrib/seekable_format/zstd_seekable_compression_format.md, version 0.1.0, without checksums (each
/// frame has its own).
package struct SeekTable {
  /// A frame of the archive.
  package struct Frame: Equatable {
    /// Its bytes in the archive.
    package let compressed: Int
    /// Its bytes decompressed.
    package let plain: Int

    /// A frame by its sizes in the archive and unpacked.
    package init(compressed: Int, plain: Int) {
      self.compressed = compressed
      self.plain = plain
    }
  }

  private static let skippable: UInt32 = 0x184D_2A5E
  private static let magic: UInt32 = 0x8F92_EAB1
  private static let footer = 9
  /// 32 TiB of frames of 8 MiB; the table of so many is 32 MiB.
  static let mostFrames = 1 << 22

  /// Little-endian pairs.
  private var bytes: [UInt8] = []
  var count: Int { bytes.count / 8 }

  /// Adds a frame after the others.
  package mutating func append(_ frame: Frame) {
    bytes += SeekTable.word(UInt32(clamping: frame.compressed)) + SeekTable.word(UInt32(clamping: frame.plain))
  }

  subscript(_ index: Int) -> Frame {
    Frame(compressed: Int(SeekTable.word(bytes[(8 * index)...])), plain: Int(SeekTable.word(bytes[(8 * index + 4)...])))
  }

  /// The skippable frame.
  package var encoded: [UInt8] {
    SeekTable.word(SeekTable.skippable) + SeekTable.word(UInt32(clamping: bytes.count + SeekTable.footer)) + bytes
      + SeekTable.word(UInt32(clamping: count)) + [0] + SeekTable.word(SeekTable.magic)
  }

  /// A table without frames.
  package init() {}

  /// Reads the table of a file.
  /// - Throws: ``ArchiveError/form(file:expected:found:)``, `FileError`.
  init(_ file: ReadOnlyFile) throws {
    func refuse(_ expected: String, _ found: String) -> ArchiveError {
      .form(file: file.path.string, expected: expected, found: found)
    }
    guard file.size >= 8 + SeekTable.footer else {
      throw refuse("a seek table at the end", "a file of \(file.size) bytes")
    }
    let tail = try file.readBytes(count: SeekTable.footer, at: file.size - SeekTable.footer)
    guard SeekTable.word(tail[5...]) == SeekTable.magic, tail[4] == 0 else {
      throw refuse("a seek table at the end", "other bytes: the file was cut, or another program wrote it")
    }
    let count = Int(SeekTable.word(tail[0...]))
    guard count <= SeekTable.mostFrames, 8 * count + 8 + SeekTable.footer <= file.size else {
      throw refuse("a table of at most \(SeekTable.mostFrames) frames, inside the file", "one of \(count) frames")
    }
    let start = file.size - 8 * count - SeekTable.footer - 8
    let head = try file.readBytes(count: 8, at: start)
    guard SeekTable.word(head[0...]) == SeekTable.skippable,
      Int(SeekTable.word(head[4...])) == 8 * count + SeekTable.footer
    else { throw refuse("the beginning of the seek table at byte \(start)", "other bytes") }
    bytes = try file.readBytes(count: 8 * count, at: start + 8)
    var total = 0
    for index in 0..<count {
      let frame = self[index]
      guard (1...FrameCoder.mostPlain).contains(frame.plain), (1...FrameCoder.mostCompressed).contains(frame.compressed)
      else {
        throw refuse(
          "frames of at most \(FrameCoder.mostPlain) bytes",
          "frame \(index) of \(frame.plain), \(frame.compressed) packed")
      }
      total += frame.compressed
    }
    guard total == start else { throw refuse("frames of \(start) bytes together", "\(total) bytes in the table") }
  }

  private static func word(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }

  private static func word(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.prefix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }
}
