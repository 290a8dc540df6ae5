import Foundation

/// Places of the repository, found from the place of this file, through the links of `tools/fuzz` too.
package enum Repository {
  package static let root: String = {
    var url = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    for _ in 0..<3 { url.deleteLastPathComponent() }
    return url.path
  }()
  package static let pipelines = root + "/pipelines"
  package static let manifests = root + "/manifests"
  /// The demo's checkpoint, and the one that has its head.
  package static let demoTrunk = manifests + "/demo/trunk"
  package static let demoDonor = manifests + "/demo/donor"

  /// The folder of a test target.
  package static func tests(_ target: String) -> String { root + "/Tests/" + target }
}
