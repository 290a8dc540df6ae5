import NIOCore
import NIOHTTP1

/// Puts what watches over the heads of requests around what decodes them: they have their time, and a target with a host
/// in it is one for that host, which what comes after no longer sees.
package final class HeadGuard: ChannelInboundHandler, RemovableChannelHandler {
  package typealias InboundIn = Never

  private let seconds: Int

  /// - Parameter seconds: Seconds from the first byte of a head to its last.
  package init(seconds: Int) { self.seconds = seconds }

  package func handlerAdded(context: ChannelHandlerContext) {
    let handlers = context.pipeline.syncOperations
    let clock = HeadClock(time: .seconds(Int64(seconds)))
    do {
      let decoder = try handlers.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
      try handlers.addHandler(HeadReader(clock), position: .after(decoder))
      try handlers.addHandler(clock, position: .first)
    } catch {
      // Without its guard no request is read.
      context.close(promise: nil)
    }
  }
}

/// Closes a connection whose head does not come in time. What waits for the next head has the time of an idle one.
private final class HeadClock: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let time: TimeAmount
  private var timer: Scheduled<Void>?
  private var isBetween = true

  init(time: TimeAmount) { self.time = time }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if isBetween, timer == nil {
      let channel = context.channel
      timer = context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
    }
    context.fireChannelRead(data)
  }

  func channelInactive(context: ChannelHandlerContext) {
    endHead()
    context.fireChannelInactive()
  }

  /// The head is whole.
  func endHead() {
    timer?.cancel()
    (timer, isBetween) = (nil, false)
  }

  /// The request is whole: the next bytes begin a head.
  func endRequest() { isBetween = true }
}

/// Sees each head as it was sent.
private final class HeadReader: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart

  private let clock: HeadClock

  init(_ clock: HeadClock) { self.clock = clock }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var part = unwrapInboundIn(data)
    switch part {
    case .head(var head):
      clock.endHead()
      let target = RequestTarget(head.uri)
      head.uri = target.path
      // A request without a Host, or with two of them, stays one that is refused.
      if let authority = target.authority, head.headers["host"].count == 1 {
        head.headers.replaceOrAdd(name: "host", value: authority)
      }
      // Before HTTP/1.1 there are no chunks: what is in front of this server may have read another body. The rules refuse it.
      if (head.version.major, head.version.minor) < (1, 1), head.headers.contains(name: "transfer-encoding") {
        head.headers.add(name: "transfer-encoding", value: "\(head.version)")
      }
      part = .head(head)
    case .body: break
    case .end: clock.endRequest()
    }
    context.fireChannelRead(wrapInboundOut(part))
  }
}
