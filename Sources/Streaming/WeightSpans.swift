import Digests
import Files
import Planning
import SystemPackage

/// What one unit wrote into one part of one weight file.
struct WeightSpan: Sendable {
  /// Bytes from the beginning of the file.
  let offset: Int
  let length: Int
  let unit: Int
  let piece: Int
  let part: Int
}

/// The spans of a plan's weight files: they fill each file's data without gaps.
package struct WeightSpans: Sendable {
  /// The spans of each weight file, by offset.
  let files: [[WeightSpan]]

  /// - Parameters:
  ///   - work: The units.
  ///   - plan: The tensors, and where they go.
  package init(_ work: WorkList, _ plan: Plan) {
    var files: [[WeightSpan]] = plan.weights.map { _ in [] }
    let shapes = plan.tensors.map(PieceShape.init)
    for (number, unit) in work.units.enumerated() {
      for (index, piece) in unit.pieces.enumerated() {
        let shape = shapes[piece.tensor]
        for (part, place) in plan.tensors[piece.tensor].parts.enumerated() {
          files[place.file].append(
            WeightSpan(
              offset: place.offset + shape.offset(piece, part: part), length: shape.bytes(piece, part: part),
              unit: number, piece: index, part: part))
        }
      }
    }
    self.files = files.map { spans in spans.sorted { ($0.offset, $0.length) < ($1.offset, $1.length) } }
  }

  /// The digest by which a receipt knows a weight file: SHA-256 of its header's SHA-256 and of the checksums of what
  /// was written into it, in the order of the bytes.
  func digest(file: Int, header: [UInt8], _ checksum: (WeightSpan) throws -> Checksum128) rethrows -> SHA256Digest {
    var stream = SHA256Stream()
    stream.update(SHA256Digest.of(header).bytes)
    for span in files[file] { stream.update(try checksum(span).bytes) }
    return stream.finish()
  }

  /// The same digest from a file as it is.
  /// - Parameters:
  ///   - file: number of the weight file in the plan.
  ///   - headerBytes: of the planned header.
  ///   - path: the file.
  package func digest(file: Int, headerBytes: Int, readFrom path: FilePath) throws -> SHA256Digest {
    let source = try StreamedFile(path: path)
    let header = try ReadOnlyFile(path: path).readBytes(count: headerBytes, at: 0)
    let longest = files[file].reduce(0) { max($0, $1.length) }
    let window = UnsafeMutableRawBufferPointer.allocate(
      byteCount: StreamedFile.windowBytes(longest), alignment: StreamedFile.block)
    defer { window.deallocate() }
    return try digest(file: file, header: header) { span in
      try Checksum128.of(UnsafeRawBufferPointer(source.read(span.length, at: span.offset, into: window)))
    }
  }
}
