import Checkpoint
import Digests
import Files

extension RunContext {
  /// Parts of a weight file, each with its tensor and number, in the order of their bytes.
  private func partsByOffset(_ file: Int) -> [(tensor: Int, part: Int, bytes: Int)] {
    plan.tensors.enumerated()
      .flatMap { number, tensor in
        tensor.parts.enumerated().compactMap { index, part in
          part.file == file ? (tensor: number, part: index, bytes: part.bytes, offset: part.offset) : nil
        }
      }
      // Parts without bytes share their offset with others; then the order of the plan decides.
      .sorted { ($0.offset, $0.bytes, $0.tensor) < ($1.offset, $1.bytes, $1.tensor) }
      .map { ($0.tensor, $0.part, $0.bytes) }
  }

  /// What reads a weight file back.
  /// - Parameter record: what is known of a unit that is written.
  func weightReader(
    _ file: Int, at path: String, _ record: @escaping @Sendable (Int) -> UnitRecord?
  ) throws -> WeightReader {
    let parts = partsByOffset(file)
    return WeightReader(
      file: try StreamedFile(path: path),
      header: weightHeader(file), partBytes: parts.map(\.bytes),
      spans: spans.files[file], checksum: { record($0.unit)?.pieces[$0.piece].checksums[$0.part] },
      blockBytes: WeightReader.blockBytes(budget: options.memory))
  }

  /// Digests of each tensor's parts, from those of the files.
  func partDigests(_ results: [WeightReader.Result]) -> [[SHA256Digest]] {
    var digests = plan.tensors.map { $0.parts.map { _ in TreeDigest.of([]) } }
    for (file, result) in results.enumerated() {
      for (place, digest) in zip(partsByOffset(file), result.parts) { digests[place.tensor][place.part] = digest }
    }
    return digests
  }

  /// What was kept as it was has the digest of its source.
  func requireKept(_ measurements: [AuditReport.Measurement]) throws {
    for (tensor, measured) in zip(plan.tensors, measurements) where tensor.isCopy {
      guard measured.partDigests.first == measured.sourceDigest else {
        throw ConversionError.verification(
          summary: "a kept tensor is not what its source is", file: contents.weightFiles[tensor.parts[0].file],
          tensor: tensor.name, expected: "tree_sha256 \(measured.sourceDigest.hex)",
          found: measured.partDigests.first?.hex ?? "nothing",
          next: "this is a fault in cambium or in the machine: run again with an empty work folder, and report it")
      }
    }
  }

  /// The planned header of a weight file, with its length in front.
  func weightHeader(_ file: Int) -> [UInt8] {
    if case .weights(let header) = contents.weights[file].content { header } else { [] }
  }

  /// A header of a weight file that is not the planned one.
  func damagedHeader(file: String) -> ConversionError {
    .verification(
      summary: "a file's header was not written as planned", file: file, tensor: nil, expected: "the planned bytes",
      found: "other bytes in the file", next: "check the disk; then run again: what is damaged is made again")
  }

  /// A span of a weight file that is not what was encoded.
  func damaged(_ span: WeightSpan, file: String) -> ConversionError {
    let piece = work.units[span.unit].pieces[span.piece]
    let tensor = plan.tensors[piece.tensor]
    return .verification(
      summary: "a tensor was not written as planned", file: file, tensor: tensor.name,
      expected: "the bytes that were encoded",
      found:
        "other bytes in the file, in \(tensor.parts[span.part].name) at \(span.offset) to \(span.offset + span.length - 1)",
      next: "check the disk; then run again: what is damaged is made again")
  }
}

extension PlannedTensor {
  /// Whether the package holds exactly the bytes of one source tensor.
  var isCopy: Bool {
    verdict == .keep && tensor.sources.count == 1 && tensor.assembly == "copy"
      && (tensor.transform == .none || tensor.transform == .conv1d)
  }
}
