import Files
import Foundation
import SystemPackage

#if canImport(Darwin)
  import Darwin

  extension Machine {
    static var processorName: String {
      var size = 0
      guard sysctlbyname("machdep.cpu.brand_string", nil, &size, nil, 0) == 0, size > 0 else { return "unknown" }
      var bytes = [UInt8](repeating: 0, count: size)
      guard sysctlbyname("machdep.cpu.brand_string", &bytes, &size, nil, 0) == 0 else { return "unknown" }
      return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    static var coreCount: Int? { number("hw.physicalcpu") }

    static func caches() -> [Cache] {
      let names = [(1, "data", "hw.l1dcachesize"), (2, "unified", "hw.l2cachesize"), (3, "unified", "hw.l3cachesize")]
      return names.compactMap { level, kind, name in
        number(name).flatMap { $0 > 0 ? Cache(level: level, kind: kind, bytes: $0, sharedBy: 1) : nil }
      }
    }

    private static func number(_ name: String) -> Int? {
      var value: Int64 = 0
      var size = MemoryLayout<Int64>.size
      return sysctlbyname(name, &value, &size, nil, 0) == 0 ? Int(value) : nil
    }
  }
#else
  extension Machine {
    /// The first line of `model name`, or of what takes its place on other architectures.
    static var processorName: String { processorName(text("/proc/cpuinfo")) }

    /// The name in the text of `/proc/cpuinfo`.
    package static func processorName(_ information: String) -> String {
      for name in ["model name", "Model", "Hardware", "CPU part"] {
        let line = information.split(separator: "\n").first { $0.hasPrefix(name) }
        if let value = line?.split(separator: ":", maxSplits: 1).dropFirst().first {
          return value.trimmingCharacters(in: .whitespaces)
        }
      }
      return "unknown"
    }

    static var coreCount: Int? {
      let root: FilePath = "/sys/devices/system/cpu"
      let lists = processors(root).map { text(root.appending($0).appending("topology/thread_siblings_list")) }
        .filter { !$0.isEmpty }
      return lists.isEmpty ? nil : Set(lists).count
    }

    /// The caches of the first processor.
    static func caches() -> [Cache] { caches("/sys/devices/system/cpu/cpu0/cache") }

    /// The caches that a folder such as `/sys/devices/system/cpu/cpu0/cache` describes.
    package static func caches(_ folder: FilePath) -> [Cache] {
      let names = ((try? Folder.entries(folder)) ?? []).filter { $0.hasPrefix("index") }
      return names.compactMap { name in
        let read = { (file: String) in
          text(folder.appending(name).appending(file)).trimmingCharacters(in: .whitespacesAndNewlines)
        }
        guard let level = Int(read("level")), let bytes = bytes(read("size")) else { return nil }
        return Cache(
          level: level, kind: read("type").lowercased(), bytes: bytes, sharedBy: processorCount(read("shared_cpu_list"))
        )
      }
    }

    /// `32K`, `2M`.
    package static func bytes(_ size: String) -> Int? {
      let units: [Character: Int] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
      guard let last = size.last, let unit = units[last] else { return Int(size) }
      return Int(size.dropLast()).flatMap { count in
        let (bytes, isOver) = count.multipliedReportingOverflow(by: unit)
        return isOver ? nil : bytes
      }
    }

    /// Processors in a list such as `0-3,8`.
    package static func processorCount(_ list: String) -> Int {
      list.split(separator: ",").reduce(0) { sum, range in
        let ends = range.split(separator: "-").compactMap { Int($0) }
        guard let first = ends.first, let last = ends.last, last >= first, last - first < 1 << 20 else { return sum }
        return sum + last - first + 1
      }
    }

    private static func processors(_ root: FilePath) -> [String] {
      ((try? Folder.entries(root)) ?? []).filter { name in
        name.hasPrefix("cpu") && Int(name.dropFirst(3)) != nil
      }
    }

    private static func text(_ path: FilePath) -> String {
      (try? String(contentsOfFile: path.string, encoding: .utf8)) ?? ""
    }
  }
#endif
