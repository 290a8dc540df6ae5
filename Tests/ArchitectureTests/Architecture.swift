/// How the house is built: what stands on what. A new room or folder gets its place here.
enum Architecture {
  /// The targets, from the ground up. Each one uses only what stands before it.
  static let rooms = [
    "CZstd", "COpenBLAS", "CJSON", "CXXHash", "CPNG", "CJPEG", "CCurl", "CImages", "CKernels",
    "Diagnostics", "StrictJSON", "Threads", "Files", "Digests", "Quantization", "Safetensors", "Checkpoint", "Adapters",
    "Manifests", "Hub", "Workspace", "Templates", "Tokenization", "OutputParsing", "Constraints", "Images",
    "Inference", "Batching", "Checking", "Benchmarking", "Serving",
    "Planning", "Measuring", "Streaming", "Readers", "Audit", "PackageCheck", "Conversion",
    "Signatures", "Archive", "Terminal", "ServingHTTP",
    "cambium", "verify-runner", "cambium-bench",
  ]

  /// The folders of a target, from the ground up; the empty name is the target's own folder.
  static let folders: [String: [String]] = [
    "Diagnostics": ["Text", ""],
    "Threads": ["", "Pool"],
    "Files": ["Faults", ""],
    "Checkpoint": ["", "Reading", "Head"],
    "Templates": ["Bounds", "Python", "Syntax", "Values", "Rendering", ""],
    "Tokenization": ["Tables", "", "ChatTemplate"],
    "Images": ["", "Decoding", "Processing"],
    "Inference": ["", "Arithmetic", "Shapes", "State", "Model", "Vision", "Drafting", "Decoding"],
    "Checking": [
      "HeadTrial", "", "Prompts", "Trace", "Images", "Comparison", "Source", "Sensitivity", "Calibration", "Report",
      "Generation",
      "Check",
    ],
    "Serving": ["Requests", "Engine", "Prompts", "Dialects", "Statistics", ""],
    "ServingHTTP": ["Documents", "Rules", ""],
    "Benchmarking": ["", "Machine", "Drawing", "Conversion", "Decoding", "Report", "Load"],
    "Audit": ["Document", "Decoding", "Page", "Card", "Statement"],
    "Conversion": ["DecodeCheck", "Forecast", "Work", "Items", "Reports", "Stages", ""],
  ]

  /// Arrows that do not point down and are known. None may be added; one that is gone leaves the list.
  static let debts: [String: [FolderGraph.Edge]] = [:]

  /// Most Swift files of a target.
  static let mostFiles = 39

  /// Targets with more, and why.
  static let large: [String: String] = [
    "Audit": "one package's account: document, page, card and statement; its folders are in order",
    "Checking": "one matter, what decoding with and without a head gives; its folders are in order",
    "Checkpoint": "what other tools leave is tables of names and formats, a file each, and its folders are in order",
    "Conversion": "one run: its stages, and the same work shared by many machines; its folders are in order",
    "Serving": "one request's way in four dialects; its folders are in order",
    "Templates": "one language: its filters, tests and methods call each other, and its folders are in order",
    "Inference": "one engine: its folders are in order, and its hot loops are compiled as one module",
  ]
}
