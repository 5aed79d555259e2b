import Schema
import Testing

@testable import Explore

@Suite struct TargetScopeTests {
  private func scope(
    _ words: [String],
    _ namespace: TargetResolver.NamespaceScope = .unsaid
  ) throws -> String {
    let resources = try ResourceTable()
    var options = TargetResolver.Options()
    options.namespace = namespace
    let targets = try TargetResolver(resources: resources, options: options).targets(of: words)
    let scope = TargetScope(targets, parser: StorageKeyParser(resources: resources))
    let texts = [
      scope.hasSeveralResources ? "resources" : "", scope.hasSeveralNamespaces ? "namespaces" : "",
    ]
    return texts.filter { !$0.isEmpty }.joined(separator: " ")
  }

  @Test(arguments: [
    (["pods"], "namespaces"), (["pods/demo"], ""), (["pods/demo/web-0"], ""), (["nodes"], ""),
    (["nodes/a"], ""), (["pods", "services"], "resources namespaces"),
    (["pods/demo", "services/demo"], "resources"), (["pods/demo", "pods/other"], "namespaces"),
    (["pods/demo/a", "pods/demo/b"], ""), (["nodes", "pods/demo"], "resources"),
    (["all"], "resources namespaces"), (["/registry/pods/"], "namespaces"),
    (["/registry/pods/demo/"], ""), (["/registry/"], "resources namespaces"),
    (["crontabs.stable.example.com"], "namespaces"),
    (["crontabs.stable.example.com/demo"], ""),
    (["calico"], "resources namespaces"), ([], "resources namespaces"),
  ])
  func wordsReachThatFar(words: [String], expected: String) throws {
    #expect(try scope(words) == expected)
  }

  @Test func aNamespaceBesideTheWordsIsTheOnlyOne() throws {
    #expect(try scope(["pods"], .named("demo")) == "")
    #expect(try scope(["pods", "secrets"], .named("demo")) == "resources")
    #expect(try scope([], .named("demo")) == "resources")
    #expect(try scope(["pods"], .all) == "namespaces")
  }
}
