import Serving
import ServingHTTP
import Testing

@Suite struct HealthTests {
  @Test func `health: an engine that stands for too long is told, with the reason`() {
    let refusal = { (standstill: Duration?, most: Int) in
      Health.refusal(isDraining: false, standstill: standstill, most: most)
    }
    #expect(refusal(nil, 60) == nil && refusal(.seconds(60), 60) == nil && refusal(.seconds(9_999), 0) == nil)
    let found = refusal(.milliseconds(61_500), 60)
    #expect(found?.status == 503 && found?.code == "engine_stands" && found?.message.contains("61 s") == true)
  }

  @Test func `health: a server that is being ended says so first`() {
    let found = Health.refusal(isDraining: true, standstill: .seconds(9_999), most: 60)
    #expect(found?.status == 503 && found?.code == "shutting_down")
  }
}
