import Diagnostics
import Digests
import Manifests

extension Resolution {
  /// What the lock file says of a run.
  package func lock(plan: SHA256Digest, files: [LockFile.File]) -> LockFile {
    var commits: [String: String] = [:]
    commits["source"] = source.commit
    commits["adapter"] = adapter?.commit
    commits["drafter"] = drafter?.commit
    if let donor { commits["donor"] = donor.commit }
    return LockFile(
      tool: Tool.name, manifest: manifest.digest.hex, pipeline: pipeline.digest.hex, plan: plan.hex, commits: commits,
      files: files)
  }
}
