/// Bounds on a request, checked before anything is computed.
package struct RequestLimits: Sendable, Equatable {
  /// Bytes of a body without pictures.
  package var textBytes = 1 << 20
  /// Bytes of a body with pictures.
  package var bodyBytes = 32 << 20
  /// Containers of JSON in each other.
  package var depth = 64
  /// Values of JSON.
  package var values = 1 << 17
  /// Messages of a conversation, or items of an input.
  package var messages = 2_048
  /// Parts of one message.
  package var parts = 256
  /// Tools.
  package var tools = 128
  /// Tools of all groups of a request together.
  package var groupedTools = 512
  /// Bytes of a tool's schema.
  package var schemaBytes = 64 << 10
  /// Stop strings, and the bytes of each.
  package var stops = 64
  package var stopBytes = 256
  /// Entries of `logit_bias`.
  package var biases = 300
  /// Answers to one request.
  package var choices = 8
  /// Prompts of one request of completions.
  package var prompts = 16
  /// Likeliest tokens told with each token.
  package var topLogprobs = 20
  /// Pictures of a request, and the bytes of each.
  package var images = 8
  package var imageBytes = 20 << 20
  /// Pixels of all pictures of a request.
  package var pixels = 80_000_000
  /// Bytes of a name or another short text.
  package var nameBytes = 512

  /// Creates the default limits.
  package init() {}

  /// Refuses a body that is too long besides its pictures.
  /// - Parameters:
  ///   - body: Bytes of the body.
  ///   - pictures: The pictures in it.
  /// - Throws: ``APIError``: `tooLarge`.
  package func check(body: Int, pictures: [[UInt8]]) throws(APIError) {
    // Three bytes are four characters of base64.
    let text = body - pictures.reduce(0) { $0 + $1.count / 3 * 4 }
    guard text <= textBytes else {
      throw APIError(
        .tooLarge, "the body has more than \(textBytes) bytes besides its pictures", code: "body_too_large")
    }
  }
}
