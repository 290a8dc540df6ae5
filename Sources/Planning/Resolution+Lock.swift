import Diagnostics
import Digests
import Manifests
import StrictJSON

extension Resolution {
  /// Whether the pipeline is a file that the manifest names, which may call itself as a shipped one does.
  package var pipelineIsFile: Bool { manifest.pipeline.hasBytes(atEnd: ".json") }

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
