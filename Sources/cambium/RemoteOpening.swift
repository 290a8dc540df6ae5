import Checkpoint
import Diagnostics
import Foundation
import Hub
import Terminal
import Threads

/// Opens the models that a manifest wants read on the hub, and says at the end what was moved.
final class RemoteModels: Sendable {
  private let models = Guarded<[RemoteModel]>([])

  /// Opens one. The commit of a branch is asked for; when nobody can be asked, it is the one that the lock file pins.
  /// - Throws: ``HubError``, `StorageError`.
  func open(_ reference: HubReference, _ request: ModelRequest) throws -> any ModelElsewhere {
    let environment = ProcessInfo.processInfo.environment
    let settings = try HubSettings(environment)
    let name = try HubName(reference.description)
    let open = { (name: HubName) throws -> RemoteModel in
      guard
        let model = try RemoteModel(
          name, settings: settings, environment: environment, extent: request.use == .source ? .source : .look,
          keptIn: request.kept)
      else { throw HubError.entry(place: name.description) }
      return model
    }
    let model: RemoteModel
    do {
      model = try open(name)
    } catch let error as HubError where error.isWithoutNetwork && name.commit == nil {
      guard let commit = request.pinned else { throw error }
      model = try open(HubName("hub:\(name.repository)@\(commit)"))
      if settings.offlineBy == nil {
        Terminal.note("note: the hub cannot be reached; \(name) is the commit \(commit) that the lock file pins")
      }
    }
    models.withLock { $0.append(model) }
    return model
  }

  /// Says what was moved over the network, beside the result.
  func tellTraffic() {
    for model in models.withLock({ $0 }) { Terminal.note(model.trafficWords) }
  }
}

/// Looks for the head of a model of the hub, and says what was moved for it.
/// - Throws: ``HubError``; what reading its headers throws.
func lookForHead(_ text: String) throws -> (HeadLook, traffic: String) {
  let environment = ProcessInfo.processInfo.environment
  let name = try HubName(text)
  guard
    let model = try RemoteModel(name, settings: HubSettings(environment), environment: environment, extent: .head)
  else { throw HubError.entry(place: name.description) }
  let look = try model.lookForHead()
  return (look, model.trafficWords)
}

extension RemoteModel {
  /// What was moved of a model until now, in words.
  var trafficWords: String {
    let total = repository.traffic
    return
      "\(repository.pinned): \(Fixed.bytes(total.bytes)) in \(total.requests) requests; the repository has \(Fixed.bytes(totalBytes))"
  }
}
