import Archive
import SystemPackage
import Checkpoint
import Digests
import Foundation
import Images
import Manifests
import Safetensors
import Signatures
import StrictJSON
import Templates
import Tokenization
import Workspace

/// A parser of files that come from strangers, as one function of bytes. Tests and `tools/fuzz` share the list.
struct Parser: Sendable {
  /// Also the name of the folder of its seeds, in `tools/fuzz/Seeds`.
  let name: String
  /// Throws for an input that is refused; stops the process where what was accepted breaks a promise.
  let parse: @Sendable ([UInt8], InputFolder) throws -> Void

  static func named(_ name: String) -> Parser? { all.first { $0.name == name } }

  static let all = [
    Parser(name: "json") { bytes, _ in
      let value = try JSONValue.parse(bytes, file: "input")
      // What is accepted must survive being written.
      let again = try JSONValue.parse(JSONWriter.pretty(value, sorted: false), file: "again")
      if again != value { fatalError("written and read again, it is another value") }
    },
    Parser(name: "safetensors") { bytes, _ in
      let header = try SafetensorsHeader.parse(bytes, fileSize: bytes.count, file: "input")
      for tensor in header.tensors where tensor.begin < 0 || tensor.end < tensor.begin || tensor.end > header.dataSize {
        fatalError("a tensor outside of the data")
      }
    },
    Parser(name: "index") { bytes, folder in
      try folder.write(Array(smallConfig.utf8), "config.json")
      try folder.write(smallShard, "model.safetensors")
      try folder.write(bytes, "model.safetensors.index.json")
      _ = try CheckpointFolder(ModelReference(folder.path, relativeTo: "/"))
    },
    Parser(name: "config") { bytes, _ in
      let config = try ModelConfig(
        JSONValue.parse(bytes, file: "input", maxValues: JSONValue.modestCount), file: "input")
      _ = ArchitectureTable.named(config.modelType)
    },
    Parser(name: "tokenizer") { bytes, _ in
      let tokenizer = try Tokenizer(json: bytes, file: "input")
      let text = "def add(a, b):\n  return a + b  # 1234 <end> ab\u{E9}\u{4E2D}\u{1F600}'ll\t\r\n"
      if tokenizer.decode(tokenizer.encode(text)) != text { fatalError("a text does not come back") }
    },
    Parser(name: "template") { bytes, _ in
      guard let source = String(validating: bytes, as: UTF8.self) else { return }
      let limits = ChatTemplate.Limits(outputBytes: 1 << 16, work: 1 << 20)
      let template = try ChatTemplate(source: source, file: "input", limits: limits)
      _ = try template.render(
        messages: [
          ["role": "system", "content": "S"], ["role": "user", "content": [["type": "text", "text": "<b>"]]],
          ["role": "assistant", "content": "A", "tool_calls": [["function": ["name": "f", "arguments": ["x": 1]]]]],
        ], tools: [["type": "function", "function": ["name": "f"]]], addGenerationPrompt: true,
        extra: [("enable_thinking", false)])
    },
    Parser(name: "manifest") { bytes, folder in _ = try Manifest(path: FilePath(folder.write(bytes, "manifest.json")))
    },
    Parser(name: "pipeline") { bytes, folder in _ = try Pipeline(path: FilePath(folder.write(bytes, "pipeline.json")))
    },
    Parser(name: "lock") { bytes, folder in _ = try LockFile.read(path: FilePath(folder.write(bytes, "m.lock.json"))) },
    Parser(name: "receipt") { bytes, folder in
      try folder.write(bytes, "receipt.json")
      _ = try StageReceipt.load(FilePath(folder.path))
    },
    Parser(name: "journal") { bytes, folder in
      let path = try folder.write(bytes, "journal.jsonl")
      defer { unlink(path) }
      let key = SHA256Digest.of([1])
      let (journal, records) = try Journal.open(folder: FilePath(folder.path), key: key)
      try journal.append([["unit": 7]])
      try journal.close()
      let again = try Journal.open(folder: FilePath(folder.path), key: key)
      try again.journal.close()
      if again.records != records + [["unit": 7]] { fatalError("a journal that was gone on with has other records") }
    },
    Parser(name: "signature") { bytes, _ in
      _ = try? SigningStatement(bytes, file: "input")
      let envelope = try Envelope(bytes, file: "input")
      _ = try SigningStatement(envelope.payload, file: "input")
    },
    Parser(name: "tar") { bytes, _ in
      var reader = TarReader()
      try bytes.withUnsafeBytes { bytes in
        // In two pieces: what is cut must be put together again.
        let middle = bytes.count / 3
        try reader.consume(UnsafeRawBufferPointer(rebasing: bytes[..<middle])) { _ in }
        try reader.consume(UnsafeRawBufferPointer(rebasing: bytes[middle...])) { _ in }
      }
    },
    Parser(name: "archive") { bytes, folder in
      let archive = try folder.write(bytes, "input.tar.zst")
      let target = folder.path + "/unpacked"
      defer { try? FileManager.default.removeItem(atPath: target) }
      _ = try ArchiveReader(path: FilePath(archive), threads: 1).unpack(to: FilePath(target), in: FilePath(folder.path))
    },
    Parser(name: "image") { bytes, _ in
      let limits = ImageLimits(bytes: 1 << 16, pixels: 1 << 16, side: 1 << 12)
      let image = try ImageDecoder.decode(bytes, file: "input", limits: limits)
      if image.pixels.count != image.width * image.height * 3 { fatalError("pixels and sides do not agree") }
    },
  ]

  /// A configuration with all that `ModelConfig` asks for.
  private static let smallConfig = """
    {"model_type": "qwen3_5_text", "hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4,
     "num_key_value_heads": 2, "head_dim": 16, "intermediate_size": 128, "vocab_size": 256, "rms_norm_eps": 1e-06,
     "full_attention_interval": 4, "linear_num_key_heads": 2, "linear_num_value_heads": 4, "linear_key_head_dim": 16,
     "linear_value_head_dim": 16, "linear_conv_kernel_dim": 4, "tie_word_embeddings": false}
    """

  /// Two tensors, `a` and `b`.
  private static let smallShard: [UInt8] = {
    let tensors: [(name: String, dtype: DType, shape: [Int])] = [("a", .f32, [1]), ("b", .f32, [1])]
    let layout = try? SafetensorsLayout(tensors: tensors, metadata: [:])
    return (layout?.headerBytes ?? []) + [UInt8](repeating: 0, count: 8)
  }()
}
