/// Takes a tar stream apart, as it comes. Only what ``TarHeader`` writes is accepted: each header is written anew from
/// its name and size and must be the same bytes, so no link, device, owner or second spelling gets through.
package struct TarReader {
  /// What the bytes say.
  package enum Event {
    /// A file begins.
    case file(TarHeader)
    /// Bytes of the file's content, in order.
    case data(UnsafeRawBufferPointer)
    /// The file's content is there.
    case endOfFile
  }

  /// Why it is no archive of ours.
  package struct Refusal: Error {
    /// What should have been there.
    package let expected: String
    /// What is there.
    package let found: String
  }

  private enum State {
    case header
    case content(left: Int, padding: Int)
    case padding(left: Int)
    /// After the last file: how many zero bytes were seen.
    case end(zeros: Int)
  }

  private var state = State.header
  /// What belongs to the header so far.
  private var pending: [UInt8] = []

  /// A pax record of two lines, and its header, is no longer.
  private static let longestHeader = 16 * TarHeader.block

  /// A reader before the first byte.
  package init() {}

  /// Whether the archive's end was read.
  package var isComplete: Bool {
    if case .end(let zeros) = state { zeros == 2 * TarHeader.block } else { false }
  }

  /// - Throws: ``Refusal``, and what `take` throws.
  package mutating func consume(_ bytes: UnsafeRawBufferPointer, _ take: (Event) throws -> Void) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      switch state {
      case .header:
        let count = min(rest.count, TarHeader.block - pending.count % TarHeader.block)
        pending.append(contentsOf: rest.prefix(count))
        rest = rest.dropFirst(count)
        if pending.count.isMultiple(of: TarHeader.block) { try headerBlock(take) }
      case .content(let left, let padding):
        let piece = rest.prefix(left)
        try take(.data(UnsafeRawBufferPointer(rebasing: piece)))
        rest = rest.dropFirst(piece.count)
        state = .content(left: left - piece.count, padding: padding)
        if left == piece.count { try finishFile(padding: padding, take) }
      case .padding(let left):
        let piece = rest.prefix(left)
        try requireZeros(piece)
        rest = rest.dropFirst(piece.count)
        state = left == piece.count ? .header : .padding(left: left - piece.count)
      case .end(let zeros):
        try requireZeros(rest)
        guard zeros + rest.count <= 2 * TarHeader.block else {
          throw Refusal(expected: "two blocks of zeros at the end", found: "more")
        }
        state = .end(zeros: zeros + rest.count)
        rest = rest.dropFirst(rest.count)
      }
    }
  }

  private mutating func headerBlock(_ take: (Event) throws -> Void) throws {
    if pending.count == TarHeader.block, pending.allSatisfy({ $0 == 0 }) {
      state = .end(zeros: TarHeader.block)
      pending = []
      return
    }
    guard let header = try TarReader.header(pending) else {
      guard pending.count < TarReader.longestHeader else {
        throw Refusal(expected: "a file's header", found: "an extended header of \(pending.count) bytes or more")
      }
      return
    }
    guard header.encoded == pending else {
      throw Refusal(expected: "the header that cambium writes for \(header.name)", found: "another")
    }
    pending = []
    try take(.file(header))
    let padding = TarHeader.padding(header.size)
    state = .content(left: header.size, padding: padding)
    if header.size == 0 { try finishFile(padding: 0, take) }
  }

  private mutating func finishFile(padding: Int, _ take: (Event) throws -> Void) throws {
    try take(.endOfFile)
    state = padding > 0 ? .padding(left: padding) : .header
  }

  private func requireZeros(_ bytes: Slice<UnsafeRawBufferPointer>) throws {
    guard bytes.allSatisfy({ $0 == 0 }) else { throw Refusal(expected: "zeros behind a file", found: "other bytes") }
  }

  // MARK: reading a header

  /// The header that these whole blocks are; nil when more of them are needed.
  private static func header(_ blocks: [UInt8]) throws -> TarHeader? {
    let plain: ArraySlice<UInt8>
    var long: [String: String] = [:]
    switch blocks[156] {
    case UInt8(ascii: "0"): plain = blocks[...]
    case UInt8(ascii: "x"):
      let count = try octal(blocks[124..<135])
      let total = TarHeader.block + count + TarHeader.padding(count) + TarHeader.block
      guard count <= longestHeader, total <= longestHeader else {
        throw Refusal(expected: "a short extended header", found: "one of \(count) bytes")
      }
      guard blocks.count >= total else { return nil }
      long = try records(blocks[TarHeader.block..<TarHeader.block + count])
      plain = blocks[(total - TarHeader.block)...]
    case let type:
      throw Refusal(
        expected: "a plain file", found: "an entry of type \(Character(Unicode.Scalar(type)).debugDescription)")
    }
    let start = plain.startIndex
    let name = plain[start..<start + 100].prefix { $0 != 0 }
    guard let text = long["path"] ?? String(validating: name, as: UTF8.self) else {
      throw Refusal(expected: "a name in UTF-8", found: "other bytes")
    }
    guard let size = try long["size"].map({ Int($0) }) ?? octal(plain[start + 124..<start + 135]), size >= 0 else {
      throw Refusal(expected: "a size", found: long["size"] ?? "")
    }
    return TarHeader(name: text, size: size)
  }

  private static func octal(_ digits: ArraySlice<UInt8>) throws -> Int {
    guard let value = Int(String(decoding: digits, as: UTF8.self), radix: 8), value >= 0 else {
      throw Refusal(expected: "a size of eleven octal digits", found: String(decoding: digits, as: UTF8.self))
    }
    return value
  }

  private static func records(_ bytes: ArraySlice<UInt8>) throws -> [String: String] {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Refusal(expected: "an extended header in UTF-8", found: "other bytes")
    }
    var found: [String: String] = [:]
    for line in text.split(separator: "\n") {
      // Lengths are not looked at: the header is written anew and compared.
      guard let space = line.firstIndex(of: " "), let equals = line.firstIndex(of: "="), space < equals else {
        throw Refusal(expected: "an extended header", found: String(line.prefix(80)))
      }
      found[String(line[line.index(after: space)..<equals])] = String(line[line.index(after: equals)...])
    }
    return found
  }
}
