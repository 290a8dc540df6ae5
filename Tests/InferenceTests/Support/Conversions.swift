import TestSupport
import SystemPackage
import Conversion
import Foundation
import StrictJSON

/// A number as it is spelled.
func number(_ spelling: String) -> JSONValue { JSONValue(.number(spelling)) }

func readJSON(_ path: String) throws -> JSONValue {
  try JSONValue.parse([UInt8](Data(contentsOf: URL(fileURLWithPath: path))), file: path)
}

func writeJSON(_ value: JSONValue, _ path: String) throws {
  try Data(JSONWriter.pretty(value)).write(to: URL(fileURLWithPath: path))
}

/// A copy of a reference model's checkpoint whose configuration was changed.
func withChangedConfig<T>(
  _ model: String, _ change: (inout JSONValue) -> Void, _ body: (String) throws -> T
) throws -> T {
  try withScratchFolder { path in
    let copy = path + "/checkpoint"
    try FileManager.default.copyItem(atPath: "\(Golden.root)/\(model)/checkpoint", toPath: copy)
    var config = try readJSON(copy + "/config.json")
    if var text = config["text_config"] {
      change(&text)
      config.set("text_config", to: text)
    } else {
      change(&config)
    }
    try FileManager.default.removeItem(atPath: copy + "/config.json")
    try writeJSON(config, copy + "/config.json")
    return try body(copy)
  }
}

/// Converts a reference model with a shipped pipeline; gives the package's path.
func convert(_ model: String, pipeline: String, in folder: String, _ members: [(String, JSONValue)] = []) throws
  -> String
{
  var manifest = JSONValue.object([
    ("cambium", 1), ("source", .string("\(Golden.root)/\(model)/checkpoint")), ("pipeline", .string(pipeline)),
    ("head", "keep"), ("output", "package"),
    ("thresholds", ["min_cosine": 0, "mean_cosine": 0]), ("check", ["optional": true]),
  ])
  for (key, value) in members { manifest.set(key, to: value) }
  try writeJSON(manifest, folder + "/manifest.json")
  let options = RunOptions(threads: 1, pipelineFolders: [FilePath(Repository.pipelines)])
  _ = try Run(manifest: FilePath(folder + "/manifest.json"), options: options).execute(Silent())
  return folder + "/package"
}

private struct Silent: RunObserver {
  func began(_ stage: StageName, bytes: Int) {}
  func advanced(_ stage: StageName, bytes: Int, item: String) {}
  func ended(_ stage: StageName, reused: Bool) {}
  func note(_ text: String) {}
}
