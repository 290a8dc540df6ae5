import Threads

/// A file of a repository that is read where it is.
///
/// The hub is asked for it first, and leads to a store with an address that is good for an hour. That address is kept, and
/// asked for anew when the store refuses it.
final class RemoteFile: Sendable {
  let file: HubFile
  private let repository: HubRepository
  private let located = Guarded<WebAddress?>(nil)

  init(_ file: HubFile, in repository: HubRepository) {
    self.file = file
    self.repository = repository
  }

  private var subject: HubClient.Subject { HubClient.Subject(name: repository.name, file: file.path) }
  /// `hub:org/name@revision/file`.
  var place: String { subject.place }
  /// `hub:org/name@commit/file`.
  var pinned: String { "\(repository.pinned)/\(file.path)" }
  private var client: HubClient { repository.client }

  private var hubAddress: WebAddress {
    let path = WebAddress.escaped(file.path, keepingSlashes: true)
    return client.settings.address(
      "\(HubRepository.escaped(repository.name.repository))/resolve/\(repository.commit)/\(path)")
  }

  /// Reads a range into memory.
  /// - Throws: ``HubError``.
  func read(_ range: Range<Int>) throws -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(range.count)
    try stream(range) { bytes += $0 }
    return bytes
  }

  /// Reads a range piece by piece. What came before a transfer broke off stays; the rest is asked for.
  /// - Parameters:
  ///   - range: Inside of the file.
  ///   - take: Called with the bytes in their order; what it throws ends the transfer.
  /// - Throws: ``HubError``, and what `take` throws.
  func stream(_ range: Range<Int>, take: @escaping (UnsafeRawBufferPointer) throws -> Void) throws {
    guard range.upperBound <= file.size else {
      throw HubError.range(place: place, expected: "bytes before \(file.size)", found: "up to \(range.upperBound)")
    }
    var at = range.lowerBound
    var patience = Patience(client.settings, place: place)
    var hasRelocated = false
    while at < range.upperBound {
      let before = at
      let known = located.withLock { $0 }
      let outcome = try ask(at..<range.upperBound, known ?? hubAddress) { bytes in
        try take(bytes)
        at += bytes.count
      }
      let cut = HubError.cut(
        place: place, expected: "bytes \(before) to \(range.upperBound)", found: "\(at - before) bytes")
      switch outcome {
      case .answered: if at < range.upperBound { try patience.wait(after: cut, progress: at - before) }
      case .broken(let error): try patience.wait(after: error, progress: at - before)
      case .refused(let answer, let message):
        if isExpired(answer, message), !hasRelocated {
          hasRelocated = true
          located.withLock { $0 = nil }
          continue
        }
        if answer.status == 416 {
          throw HubError.range(
            place: place, expected: "bytes \(at) to \(range.upperBound) of \(file.size)",
            found: "416, \(answer["content-range"] ?? "no such range")")
        }
        try patience.wait(
          after: client.transient(answer, message, subject), seconds: answer.secondsToWait, progress: at - before)
      }
    }
  }

  /// Whether an address that was signed is not good any more, as far as the answer tells.
  private func isExpired(_ answer: HTTPAnswer, _ message: String) -> Bool {
    !client.settings.isHub(answer.address.origin)
      && ([401, 403].contains(answer.status) || answer.status == 400 && message.contains("Expired"))
  }

  /// Asks once. Every byte that is handed on is one that was asked for.
  private func ask(
    _ range: Range<Int>, _ address: WebAddress, take: @escaping (UnsafeRawBufferPointer) throws -> Void
  ) throws -> HubClient.Outcome {
    let isWhole = range == 0..<file.size
    let (place, size) = (place, file.size)
    var left = range.count
    let question = HubClient.Question(
      address: address, place: place, range: isWhole ? nil : range, timeout: client.settings.transferTimeout)
    return try client.ask(
      question,
      leaving: { try check($0) },
      begin: { answer in
        if !isWhole {
          let expected = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"
          if answer.status == 200 { throw HubError.rangeIgnored(place: place, expected: expected) }
          guard answer.status == 206, let part = answer.contentRange, part.range == range, part.total == size else {
            throw HubError.range(
              place: place, expected: expected, found: answer["content-range"] ?? "status \(answer.status)")
          }
        }
        if let announced = answer.number("content-length"), announced != range.count {
          throw HubError.length(
            place: place, expected: "\(range.count) bytes", found: "Content-Length: \(announced)")
        }
      },
      take: { bytes in
        guard bytes.count <= left else {
          throw HubError.length(place: place, expected: "\(range.count) bytes", found: "more")
        }
        left -= bytes.count
        try take(bytes)
      })
  }

  /// Compares what the hub says of the file with its list, and keeps where it leads.
  private func check(_ answer: HTTPAnswer) throws(HubError) {
    guard answer.status < 400 else { return }
    if let location = answer["location"], answer.isRedirect, let next = answer.address.following(location) {
      // A renamed repository: the hub itself answers elsewhere, and says the rest there.
      if client.settings.isHub(next.origin), answer["x-repo-commit"] == nil { return }
      if !client.settings.isHub(next.origin) { located.withLock { $0 = next } }
    }
    if let commit = answer["x-repo-commit"] {
      guard commit == repository.commit else {
        throw .commit(place: place, expected: repository.commit, found: commit)
      }
    } else if repository.name.commit == nil {
      throw .notHub(place: place, endpoint: client.settings.endpoint.place)
    }
    if let etag = answer.etag, etag != file.etag {
      throw .changed(place: place, expected: "the content \(file.etag)", found: "the content \(etag)")
    }
    if let size = answer.linkedSize, size != file.size {
      throw .changed(place: place, expected: "\(file.size) bytes", found: "\(size) bytes")
    }
  }
}
