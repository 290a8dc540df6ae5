import Foundation

/// Places of the repository, found from where this file lies.
enum Repository {
  static let root: String = {
    var url = URL(fileURLWithPath: #filePath)
    for _ in 0..<4 { url.deleteLastPathComponent() }
    return url.path
  }()
  static let pipelines = root + "/pipelines"
  static let manifests = root + "/manifests"
  static let golden = root + "/Tests/ConversionTests/Golden"
}
