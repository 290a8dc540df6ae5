import Crypto
import Digests

/// The digest by which the hub names a file's content, computed from the bytes in their order.
struct ContentDigest {
  private enum State {
    case large(SHA256Stream)
    case small(Insecure.SHA1)
  }

  private let etag: String
  private var state: State

  /// - Parameter file: A file: of a large one the SHA-256 of the bytes; of a small one git's, whose bytes have their kind and
  ///   number in front.
  init(of file: HubFile) { self.init(etag: file.etag, size: file.size) }

  /// - Parameters:
  ///   - etag: 64 digits for a large file, 40 for a small one.
  ///   - size: Bytes that will come.
  init(etag: String, size: Int) {
    self.etag = etag
    if etag.utf8.count == 64 {
      state = .large(SHA256Stream())
    } else {
      var digest = Insecure.SHA1()
      digest.update(data: Array("blob \(size)\0".utf8))
      state = .small(digest)
    }
  }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    switch state {
    case .large(var stream):
      // Let go of the copy in `state`, so that the stream is changed in place.
      state = .small(Insecure.SHA1())
      stream.update(bytes)
      state = .large(stream)
    case .small(var digest):
      digest.update(bufferPointer: bytes)
      state = .small(digest)
    }
  }

  /// - Throws: ``HubError/digest(place:expected:found:)`` when the bytes are not those of the file.
  func require(_ place: String) throws(HubError) {
    let found: String
    switch state {
    case .large(let stream): found = stream.finish().hex
    case .small(let digest):
      found = digest.finalize().map { byte in
        let text = String(byte, radix: 16)
        return byte < 16 ? "0" + text : text
      }.joined()
    }
    guard found == etag else { throw .digest(place: place, expected: etag, found: found) }
  }
}
