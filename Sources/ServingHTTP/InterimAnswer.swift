import NIOCore
import NIOHTTP1

/// The answer before the answer: `100 Continue`.
enum InterimAnswer {
  /// Tells a client that waits with its body that the body is wanted. Without it such a client waits for a second or more.
  static func letBodyCome(_ channel: any Channel) {
    channel.eventLoop.execute {
      // It is written below of what writes responses, which would take it for one that has an end.
      guard let encoder = try? channel.pipeline.syncOperations.context(handlerType: HTTPResponseEncoder.self) else {
        return
      }
      encoder.writeAndFlush(NIOAny(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")), promise: nil)
    }
  }
}
