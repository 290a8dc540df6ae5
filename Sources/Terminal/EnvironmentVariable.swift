/// An environment variable that a program reads, and what its help says of it, in lines of less than 55 columns.
package struct EnvironmentVariable: Sendable {
  /// The variable's name.
  package let name: String
  private let lines: [String]

  private init(_ name: String, _ lines: String...) {
    self.name = name
    self.lines = lines
  }

  /// The name beside the first line, nothing beside the others.
  var rows: [(name: String, text: String)] {
    lines.enumerated().map { index, line in (index == 0 ? name : "", line) }
  }

  /// Where pipelines are looked up by name.
  package static let pipelines = EnvironmentVariable(
    "CAMBIUM_PIPELINES", "folder of pipelines, looked up after --pipelines")
  /// The instructions that the kernels use.
  package static let simd = EnvironmentVariable(
    "CAMBIUM_SIMD", "portable, avx2, avx512 or neon: instructions to use", "instead of the machine's best")
  /// No colours.
  package static let noColor = EnvironmentVariable("NO_COLOR", "no colours, if it is set and not empty")
  /// The kind of terminal.
  package static let term = EnvironmentVariable("TERM", "dumb: no colours and no progress bar")

  /// Where models named `hub:` are looked for.
  package static let hub = [
    EnvironmentVariable("HF_HUB_CACHE", "the Hugging Face cache, where hub: is looked up"),
    EnvironmentVariable("HF_HOME", "if that is not set: hub/ in this folder"),
    EnvironmentVariable("XDG_CACHE_HOME", "if neither is set: huggingface/hub/ in this"),
    EnvironmentVariable("HOME", "if none is set: .cache/huggingface/hub/ in this"),
  ]

  /// What engines say of the partition that is to be done.
  package static let engines = [
    EnvironmentVariable("SLURM_ARRAY_TASK_ID", "I of --partition auto/N; _COUNT, _MIN and _MAX: its N"),
    EnvironmentVariable("JOB_COMPLETION_INDEX", "the same in an Indexed Job of Kubernetes"),
  ]

  /// How the hub is asked, by the commands that ask it.
  package static let network = [
    EnvironmentVariable("HF_ENDPOINT", "address of the hub, or of a mirror"),
    EnvironmentVariable(
      "HF_TOKEN", "token for private and gated repositories;", "HF_HUB_DISABLE_IMPLICIT_TOKEN=1: none is sent"),
    EnvironmentVariable("HF_TOKEN_PATH", "a file with the token; else HF_HOME/token"),
    EnvironmentVariable("HF_HUB_OFFLINE", "1: use the cache only; so does TRANSFORMERS_OFFLINE"),
    EnvironmentVariable(
      "HF_HUB_ETAG_TIMEOUT", "seconds to wait for an answer, 10;", "for files HF_HUB_DOWNLOAD_TIMEOUT"),
    EnvironmentVariable("HTTPS_PROXY", "as in other programs; so is NO_PROXY"),
    EnvironmentVariable("SSL_CERT_FILE", "certificates instead of the system's"),
    EnvironmentVariable("SSL_CERT_DIR", "a folder of them"),
    EnvironmentVariable("TMPDIR", "folder for small temporary files"),
  ]

  /// Faults that are made on purpose, to try what survives them.
  package static let faults = [
    EnvironmentVariable(
      "CAMBIUM_CRASH_AT", "for tests: POINT:N kills the program at the N-th pass",
      "of a point, such as write:3; write:3:stop holds it"),
    EnvironmentVariable("CAMBIUM_POWER_LOSS", "for tests: SEED, the crash loses what was not synced"),
    EnvironmentVariable(
      "CAMBIUM_FAULTY_DISK", "for tests: SUFFIX:N changes a bit of the N-th write to", "files whose paths end so"),
  ]

  /// The variables of every program.
  package static let common = [simd, noColor, term] + faults
}
