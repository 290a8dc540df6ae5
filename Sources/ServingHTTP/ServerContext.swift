import Hummingbird
import NIOCore

/// What a request comes with: its connection.
struct ServerContext: InitializableFromSource {
  /// The connection, to be closed where a client does not do its part.
  let channel: any Channel

  init(source: ApplicationRequestContextSource) { channel = source.channel }
}
