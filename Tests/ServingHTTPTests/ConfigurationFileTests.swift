import Diagnostics
import ServingHTTP
import StrictJSON
import SystemPackage
import Testing

/// The file with a server's options.
@Suite struct ConfigurationFileTests {
  private func arguments(_ value: JSONValue) throws -> [String] {
    try ConfigurationFile(
      value, file: "/etc/cambium/serve.json",
      options: ["host": false, "port": false, "allowed-host": true, "api-key-file": false, "kwargs": false],
      flags: ["insecure", "no-log"], objects: ["kwargs"]
    ).arguments
  }

  private func refusal(_ value: JSONValue) -> String? {
    do {
      _ = try arguments(value)
      return nil
    } catch {
      return (error as? JSONError)?.diagnostic.code
    }
  }

  @Test func `a file says what the command line says, in its order`() throws {
    let value: JSONValue = [
      "host": "0.0.0.0", "port": 80, "insecure": true, "no-log": false, "allowed-host": ["a", "b"],
    ]
    #expect(
      try arguments(value) == ["--host=0.0.0.0", "--port=80", "--insecure", "--allowed-host=a", "--allowed-host=b"])
  }

  @Test func `a path in the file is meant from its folder`() throws {
    #expect(try arguments(["api-key-file": "keys.txt"]) == ["--api-key-file=/etc/cambium/keys.txt"])
    #expect(try arguments(["api-key-file": "/keys.txt"]) == ["--api-key-file=/keys.txt"])
  }

  @Test func `an object is given as its JSON, where the option takes one`() throws {
    #expect(try arguments(["kwargs": ["enable_thinking": false]]) == [#"--kwargs={"enable_thinking":false}"#])
    #expect(try arguments(["kwargs": #"{"a": 1}"#]) == [#"--kwargs={"a": 1}"#])
    #expect(refusal(["kwargs": [1]]) == "E_JSON_TYPE" && refusal(["host": ["a": 1]]) == "E_JSON_TYPE")
  }

  @Test func `what begins with a dash is a value all the same`() throws {
    #expect(try arguments(["host": "--insecure"]) == ["--host=--insecure"])
  }

  @Test func `an option that there is not, and a value of another type, are refused by name`() {
    #expect(refusal(["hots": "x"]) == "E_JSON_UNKNOWN_FIELD")
    #expect(refusal(["api-key": "secret"]) == "E_JSON_UNKNOWN_FIELD")
    #expect(refusal(["insecure": "yes"]) == "E_JSON_TYPE")
    #expect(refusal(["host": ["a"]]) == "E_JSON_TYPE")
    #expect(refusal(["port": .null]) == "E_JSON_TYPE")
    #expect(refusal([]) == "E_JSON_TYPE")
  }
}
