import Checkpoint
import Diagnostics
import Files
import Foundation
import Hub
import PackageCheck
import Terminal
import SystemPackage

/// A model that a person names to look at it: a folder, a snapshot in the hub's cache, or one that stays on the hub.
enum NamedModel {
  case folder(FilePath)
  case cached(ModelReference)
  case elsewhere(RemoteModel)

  /// Finds a model: of a name of the hub, what its cache has of the commit; else the hub is asked.
  /// - Throws: ``HubError``, `CheckpointError`.
  init(_ text: String) throws {
    guard HubName.isMeant(text) else {
      self = .folder(try ModelReference.typedFolder(text))
      return
    }
    let name = try HubName(text)
    let environment = ProcessInfo.processInfo.environment
    let settings = try HubSettings(environment)
    let cached = NamedModel.snapshot(of: name)
    if name.commit != nil, let cached, NamedModel.isWhole(cached) {
      self = .cached(cached)
      return
    }
    do {
      var here: ModelReference?
      let model = try RemoteModel(name, settings: settings, environment: environment, isHasty: cached != nil) {
        commit in
        // A branch that means a commit which is here: nothing else is asked for.
        guard let reference = try? HubReference("hub:\(name.repository)@\(commit)"), NamedModel.isWhole(.hub(reference))
        else { return false }
        here = .hub(reference)
        return true
      }
      if let model {
        self = .elsewhere(model)
      } else if let here {
        self = .cached(here)
      } else {
        throw CheckpointError.hubReference(reference: text)
      }
    } catch let error as HubError where error.isWithoutNetwork {
      guard let cached else { throw error }
      if settings.offlineBy == nil {
        Terminal.note("note: the hub cannot be reached; \(name) is what the cache has of it")
      }
      self = .cached(cached)
    }
  }

  /// The snapshot that the cache has of a name; nil without one.
  private static func snapshot(of name: HubName) -> ModelReference? {
    guard let reference = try? HubReference(name.description),
      (try? ModelReference.hub(reference).resolve()) != nil
    else { return nil }
    return .hub(reference)
  }

  /// Whether a snapshot can be opened: one that was fetched in part cannot.
  private static func isWhole(_ reference: ModelReference) -> Bool {
    do {
      _ = try CheckpointFolder(reference)
      return true
    } catch CheckpointError.architectureUnknown {
      return true
    } catch {
      return false
    }
  }

  /// The model, opened.
  /// - Throws: what opening it throws.
  func open() throws -> CheckpointFolder {
    switch self {
    case .folder(let path): try CheckpointFolder(.folder(path))
    case .cached(let reference): try CheckpointFolder(reference)
    case .elsewhere(let model): try model.open()
    }
  }

  /// A model that is known and not converted; nil when the error says something else.
  /// - Throws: what reading its headers throws.
  func unconverted(refusedBy error: any Error) throws -> UnconvertedModel? {
    switch self {
    case .folder(let path): try UnconvertedModel(.folder(path), refusedBy: error)
    case .cached(let reference): try UnconvertedModel(reference, refusedBy: error)
    case .elsewhere(let model): try UnconvertedModel(model, refusedBy: error)
    }
  }

  /// The model as one side of a comparison.
  /// - Throws: `CheckpointError`.
  func side() throws -> ModelDiff.Side {
    switch self {
    case .folder(let path): .folder(path)
    case .cached(let reference): .folder(try reference.resolve())
    case .elsewhere(let model): .elsewhere(model)
    }
  }

  /// Says what was moved over the network, beside the result.
  func tellTraffic() {
    guard case .elsewhere(let model) = self else { return }
    Terminal.note(model.trafficWords)
  }
}
