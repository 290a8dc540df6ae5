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
  package static let noColor = EnvironmentVariable("NO_COLOR", "no colours, when it is set and not empty")
  /// The kind of terminal.
  package static let term = EnvironmentVariable("TERM", "dumb: no colours, and no line that is drawn over")

  /// Where models named `hub:` are looked for.
  package static let hub = [
    EnvironmentVariable("HF_HUB_CACHE", "cache of the hub's client, where hub: is looked up"),
    EnvironmentVariable("HF_HOME", "without that, its hub/"),
    EnvironmentVariable("XDG_CACHE_HOME", "without both, its huggingface/hub/"),
    EnvironmentVariable("HOME", "without all three, its .cache/huggingface/hub/"),
  ]

  /// What engines say of the partition that is to be done.
  package static let engines = [
    EnvironmentVariable("SLURM_ARRAY_TASK_ID", "I of --partition auto/N; _COUNT, _MIN and _MAX: its N"),
    EnvironmentVariable("JOB_COMPLETION_INDEX", "the same in an Indexed Job of Kubernetes"),
  ]

  /// How the hub is asked, by the commands that ask it.
  package static let network = [
    EnvironmentVariable("HF_ENDPOINT", "where the hub is, or a mirror of it"),
    EnvironmentVariable(
      "HF_TOKEN", "token for private and gated repositories;", "HF_HUB_DISABLE_IMPLICIT_TOKEN=1: none is sent"),
    EnvironmentVariable("HF_TOKEN_PATH", "else a file with it, else token in HF_HOME"),
    EnvironmentVariable("HF_HUB_OFFLINE", "1: nothing is asked; TRANSFORMERS_OFFLINE, too"),
    EnvironmentVariable(
      "HF_HUB_ETAG_TIMEOUT", "seconds of silence that are borne, 10;", "of files HF_HUB_DOWNLOAD_TIMEOUT"),
    EnvironmentVariable("HTTPS_PROXY", "as other programs read it; NO_PROXY, too"),
    EnvironmentVariable("SSL_CERT_FILE", "certificates instead of the system's"),
    EnvironmentVariable("SSL_CERT_DIR", "a folder of them"),
    EnvironmentVariable("TMPDIR", "place of small files while a model is looked at"),
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
