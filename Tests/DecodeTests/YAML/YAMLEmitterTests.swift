import Testing

@testable import Decode

@Suite struct YAMLEmitterTests {
  @Test(arguments: YAMLEmitterTests.strings)
  func stringsOnOneLineAreAsGoYAMLWritesThem(text: String, expected: String) {
    let document = JSONDocument(key: "key", string: Array(text.utf8))
    #expect(document.yaml == "key: \(expected)\n")
  }

  @Test(arguments: YAMLEmitterTests.blocks)
  func stringsOfSeveralLinesFoldWhereGoYAMLFoldsThem(
    text: String,
    asValue: String,
    inList: String
  ) throws {
    #expect(JSONDocument(key: "key", string: Array(text.utf8)).yaml == asValue)
    var document = JSONDocument()
    document.open(.object, at: 0)
    document.append(.string, isKey: true, at: 0) { $0 += Array("a".utf8) }
    document.open(.object, at: 0)
    document.append(.string, isKey: true, at: 0) { $0 += Array("b".utf8) }
    document.open(.array, at: 0)
    document.append(.string, at: 0) { $0 += Array(text.utf8) }
    for _ in 0..<3 { document.close() }
    #expect(document.yaml == inList)
  }

  @Test(arguments: YAMLEmitterTests.keys)
  func keysAreAsGoYAMLWritesThem(key: String, expected: String) {
    var document = JSONDocument()
    document.open(.object, at: 0)
    document.append(.string, isKey: true, at: 0) { $0 += Array(key.utf8) }
    document.append(.number, at: 0) { $0 += Array("1".utf8) }
    document.close()
    #expect(document.yaml == expected)
  }

  @Test(arguments: YAMLEmitterTests.documents)
  func documentsAreAsGoYAMLWritesThem(json: String, expected: String) throws {
    #expect(try JSONDocument(json: json).yaml == expected)
  }

  @Test func whatIsNotUTF8IsReplacedAndNoticed() {
    var emitter = YAMLEmitter(output: OutputBuffer())
    var level = emitter.beginMapping()
    [0x61].withBytes { emitter.key($0, in: &level) }
    let isValidBefore = emitter.isAllValid
    #expect(isValidBefore)
    [0x78, 0xFF, 0xC3, 0x79].withBytes { emitter.string($0) }
    let isValidAfter = emitter.isAllValid
    #expect(!isValidAfter)
    emitter.endMapping(level)
    let output = emitter.finish()
    #expect(String(decoding: output.bytes, as: UTF8.self) == "a: x\u{FFFD}\u{FFFD}y\n")
  }

  @Test func outputBehindOtherOutputIsTheSame() throws {
    var output = OutputBuffer()
    output.append("no line feed behind this")
    let before = output.count
    var emitter = YAMLEmitter(output: output)
    try JSONDocument(json: #"{"a":[{"b":"c"}]}"#).write(to: &emitter)
    output = emitter.finish()
    let text = output.withBytes { String(decoding: $0[before...], as: UTF8.self) }
    #expect(text == "a:\n- b: c\n")
  }

  /// Written by yaml.Marshal of sigs.k8s.io/yaml, what stands behind `key: `.
  static let strings: [(text: String, expected: String)] = [
    ("", "\"\""),
    ("a", "a"),
    ("abc", "abc"),
    ("hello world", "hello world"),
    ("hello  world", "hello  world"),
    (" leading", "' leading'"),
    ("trailing ", "'trailing '"),
    ("both ", "'both '"),
    (" ", "' '"),
    ("  ", "'  '"),
    ("yes", "\"yes\""),
    ("Yes", "\"Yes\""),
    ("YES", "\"YES\""),
    ("no", "\"no\""),
    ("No", "\"No\""),
    ("NO", "\"NO\""),
    ("on", "\"on\""),
    ("off", "\"off\""),
    ("On", "\"On\""),
    ("OFF", "\"OFF\""),
    ("y", "\"y\""),
    ("Y", "\"Y\""),
    ("n", "\"n\""),
    ("N", "\"N\""),
    ("true", "\"true\""),
    ("True", "\"True\""),
    ("TRUE", "\"TRUE\""),
    ("tRue", "tRue"),
    ("false", "\"false\""),
    ("False", "\"False\""),
    ("null", "\"null\""),
    ("Null", "\"Null\""),
    ("NULL", "\"NULL\""),
    ("nUll", "nUll"),
    ("~", "\"~\""),
    ("~a", "~a"),
    ("Off", "\"Off\""),
    ("yess", "yess"),
    ("not", "not"),
    ("none", "none"),
    ("oN", "oN"),
    ("0", "\"0\""),
    ("1", "\"1\""),
    ("-1", "\"-1\""),
    ("+1", "\"+1\""),
    ("007", "\"007\""),
    ("0o14", "\"0o14\""),
    ("0o9", "0o9"),
    ("0x1F", "\"0x1F\""),
    ("0xZZ", "0xZZ"),
    ("0b101", "\"0b101\""),
    ("0b2", "0b2"),
    ("1_000", "\"1_000\""),
    ("1__0", "\"1__0\""),
    ("_1", "_1"),
    ("1.5", "\"1.5\""),
    ("-1.5", "\"-1.5\""),
    (".5", "\".5\""),
    ("5.", "\"5.\""),
    ("1e3", "\"1e3\""),
    ("1E-3", "\"1E-3\""),
    ("1e", "1e"),
    ("+.5", "\"+.5\""),
    (".inf", "\".inf\""),
    ("-.inf", "\"-.inf\""),
    ("+.Inf", "\"+.Inf\""),
    (".nan", "\".nan\""),
    (".NaN", "\".NaN\""),
    (".NAN", "\".NAN\""),
    ("nan", "nan"),
    ("inf", "inf"),
    ("Infinity", "Infinity"),
    ("1.2.3", "1.2.3"),
    ("10.0.0.1", "10.0.0.1"),
    ("9223372036854775807", "\"9223372036854775807\""),
    ("9223372036854775808", "\"9223372036854775808\""),
    ("18446744073709551616", "\"18446744073709551616\""),
    ("-9223372036854775809", "\"-9223372036854775809\""),
    ("1e400", "1e400"),
    ("123abc", "123abc"),
    ("0.", "\"0.\""),
    ("-", "'-'"),
    ("--", "--"),
    ("-a", "-a"),
    ("- a", "'- a'"),
    ("-1a", "-1a"),
    ("+", "+"),
    (".", "."),
    ("..", ".."),
    ("...", "'...'"),
    ("---", "'---'"),
    ("--- a", "'--- a'"),
    ("---a", "'---a'"),
    ("...a", "'...a'"),
    ("1:30", "\"1:30\""),
    ("1:60", "1:60"),
    ("12:30:45", "\"12:30:45\""),
    ("-1:30", "\"-1:30\""),
    ("1:30.5", "\"1:30.5\""),
    ("1:3a", "1:3a"),
    ("12:30:45.123", "\"12:30:45.123\""),
    ("190:20:30", "\"190:20:30\""),
    ("1_0:30", "\"1_0:30\""),
    ("2026-01-02", "\"2026-01-02\""),
    ("2026-1-2", "\"2026-1-2\""),
    ("2026-13-01", "2026-13-01"),
    ("2026-02-30", "2026-02-30"),
    ("2024-02-29", "\"2024-02-29\""),
    ("2023-02-29", "2023-02-29"),
    ("2026-01-02T03:04:05Z", "\"2026-01-02T03:04:05Z\""),
    ("2026-01-02t03:04:05Z", "\"2026-01-02t03:04:05Z\""),
    ("2026-01-02 03:04:05", "\"2026-01-02 03:04:05\""),
    ("2026-01-02T03:04:05.123+02:00", "\"2026-01-02T03:04:05.123+02:00\""),
    ("2026-01-02T03:04", "2026-01-02T03:04"),
    ("2026-01-02T3:4:5Z", "\"2026-01-02T3:4:5Z\""),
    ("20260102", "\"20260102\""),
    ("2026-01", "2026-01"),
    ("a:", "'a:'"),
    ("a: b", "'a: b'"),
    ("a:b", "a:b"),
    (":", "':'"),
    ("::", "'::'"),
    (": a", "': a'"),
    ("a :b", "a :b"),
    ("a #b", "'a #b'"),
    ("a#b", "a#b"),
    ("#a", "'#a'"),
    ("a #", "'a #'"),
    ("?", "'?'"),
    ("? a", "'? a'"),
    ("?a", "?a"),
    ("a?", "a?"),
    ("-?", "-?"),
    (",", "','"),
    ("a,b", "a,b"),
    (",a", "',a'"),
    ("[", "'['"),
    ("[a", "'[a'"),
    ("a[", "a["),
    ("[]", "'[]'"),
    ("{}", "'{}'"),
    ("{a", "'{a'"),
    ("}", "'}'"),
    ("&a", "'&a'"),
    ("a&b", "a&b"),
    ("*a", "'*a'"),
    ("*", "'*'"),
    ("!a", "'!a'"),
    ("!", "'!'"),
    ("|", "'|'"),
    ("|a", "'|a'"),
    (">", "'>'"),
    (">a", "'>a'"),
    ("'", "''''"),
    ("'a'", "'''a'''"),
    ("it's", "it's"),
    ("\"", "'\"'"),
    ("\"a\"", "'\"a\"'"),
    ("say \"hi\"", "say \"hi\""),
    ("%a", "'%a'"),
    ("%", "'%'"),
    ("@a", "'@a'"),
    ("`a`", "'`a`'"),
    ("=", "="),
    ("<<", "<<"),
    ("<", "<"),
    ("a\\b", "a\\b"),
    ("\\", "\\"),
    ("$HOME", "$HOME"),
    ("/a/b", "/a/b"),
    ("a=b", "a=b"),
    ("a;b", "a;b"),
    ("(a)", "(a)"),
    ("a\tb", "\"a\\tb\""),
    ("\ta", "\"\\ta\""),
    ("a\t", "\"a\\t\""),
    ("\u{0}", "\"\\0\""),
    ("a\u{7}b", "\"a\\ab\""),
    ("\u{1B}[0m", "\"\\e[0m\""),
    ("\u{A0}", "\u{A0}"),
    ("a\u{A0}b", "a\u{A0}b"),
    ("\u{E9}", "\u{E9}"),
    ("\u{4E2D}\u{6587}", "\u{4E2D}\u{6587}"),
    ("\u{1F600}", "\"\\U0001F600\""),
    ("a\u{1F600}b", "\"a\\U0001F600b\""),
    ("\u{FEFF}", "\"\\uFEFF\""),
    ("\u{FEFF}ab", "\"\\uFEFF\\x61\\x62\""),
    ("a\u{FEFF}", "\"a\\uFEFF\""),
    ("\u{2028}", "'\u{2028}'"),
    ("a\u{2029}b", "'a\u{2029}  b'"),
    ("\u{FFFD}", "\u{FFFD}"),
    ("\u{D7FF}", "\u{D7FF}"),
    ("\u{E000}", "\u{E000}"),
    ("a \nb", "\"a \\nb\""),
    ("a\nb ", "\"a\\nb \""),
    ("a\nb \n", "\"a\\nb \\n\""),
    ("a\n\tb", "\"a\\n\\tb\""),
    ("a\r\nb", "\"a\\r\\nb\""),
    ("a\rb", "\"a\\rb\""),
    ("\r", "\"\\r\""),
    ("  \n", "\"  \\n\""),
    ("a\n  \nb", "\"a\\n  \\nb\""),
    ("a\n\u{7}", "\"a\\n\\a\""),
    ("\u{1F600}\n", "\"\\U0001F600\\n\""),
    ("\u{FEFF}a\nb", "\"\\uFEFF\\x61\\n\\x62\""),
    (
      """
      xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\
      xxxxxxxxxxxxxxxxxxxx
      """,
      """
      xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\
      xxxxxxxxxxxxxxxxxxxx
      """
    ),
    (
      """
      word  word  word  word  word  word  word  word  word  word  word  word  word  wo\
      rd  word  word  word  word  word  word  word  word  word  word  word  word  word\
        word  word  word
      """,
      """
      word  word  word  word  word  word  word  word  word  word  word  word  word  wo\
      rd  word  word  word  word  word  word  word  word  word  word  word  word  word\
        word  word  word
      """
    ),
    (
      """
      the  quick  brown  fox  jumps  over  the  lazy  dog  and  then  does  it  all  o\
      ver  again  because  it  was  such  fun  the  first  time  around  you  see
      """,
      """
      the  quick  brown  fox  jumps  over  the  lazy  dog  and  then  does  it  all  o\
      ver  again  because  it  was  such  fun  the  first  time  around  you  see
      """
    ),
    (
      """
      xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx y z
      """,
      """
      xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx y z
      """
    ),
    (
      """
      xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx yyyyy\
      yyyyy
      """,
      """
      xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx yyyyy\
      yyyyy
      """
    ),
    (
      """
      xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx   y\
      yyyyyyyyy
      """,
      """
      xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx   y\
      yyyyyyyyy
      """
    ),
  ]

  /// Written by yaml.Marshal of `{"key": text}` and `{"a": {"b": [text]}}`.
  static let blocks: [(text: String, asValue: String, inList: String)] = [
    ("a\nb", "key: |-\n  a\n  b\n", "a:\n  b:\n  - |-\n    a\n    b\n"),
    ("a\n", "key: |\n  a\n", "a:\n  b:\n  - |\n    a\n"),
    ("a\n\n", "key: |+\n  a\n\n", "a:\n  b:\n  - |+\n    a\n\n"),
    ("\n", "key: |2+\n\n", "a:\n  b:\n  - |2+\n\n"),
    ("\n\n", "key: |2+\n\n\n", "a:\n  b:\n  - |2+\n\n\n"),
    ("\na", "key: |2-\n\n  a\n", "a:\n  b:\n  - |2-\n\n    a\n"),
    ("a\n\nb", "key: |-\n  a\n\n  b\n", "a:\n  b:\n  - |-\n    a\n\n    b\n"),
    ("a\n b", "key: |-\n  a\n   b\n", "a:\n  b:\n  - |-\n    a\n     b\n"),
    (" a\nb", "key: |2-\n   a\n  b\n", "a:\n  b:\n  - |2-\n     a\n    b\n"),
    ("a\n\n\n", "key: |+\n  a\n\n\n", "a:\n  b:\n  - |+\n    a\n\n\n"),
    (
      "#!/bin/sh\necho hi\n", "key: |\n  #!/bin/sh\n  echo hi\n",
      """
      a:
        b:
        - |
          #!/bin/sh
          echo hi

      """
    ),
    (
      "{\n  \"a\": 1\n}\n", "key: |\n  {\n    \"a\": 1\n  }\n",
      """
      a:
        b:
        - |
          {
            "a": 1
          }

      """
    ),
    (
      "key: value\nother: x",
      """
      key: |-
        key: value
        other: x

      """,
      """
      a:
        b:
        - |-
          key: value
          other: x

      """
    ),
    ("- a\n- b\n", "key: |\n  - a\n  - b\n", "a:\n  b:\n  - |\n    - a\n    - b\n"),
    ("a\u{E9}\nb", "key: |-\n  a\u{E9}\n  b\n", "a:\n  b:\n  - |-\n    a\u{E9}\n    b\n"),
    ("a\u{2028}\nb", "key: |-\n  a\u{2028}\n  b\n", "a:\n  b:\n  - |-\n    a\u{2028}\n    b\n"),
    ("a\n\u{2028}", "key: |+\n  a\n\u{2028}", "a:\n  b:\n  - |+\n    a\n\u{2028}"),
    ("\n a\n", "key: |2\n\n   a\n", "a:\n  b:\n  - |2\n\n     a\n"),
    (
      "a\n---\nb\n", "key: |\n  a\n  ---\n  b\n",
      """
      a:
        b:
        - |
          a
          ---
          b

      """
    ),
    ("a\n...\n", "key: |\n  a\n  ...\n", "a:\n  b:\n  - |\n    a\n    ...\n"),
    (
      "a: |\n  b\n", "key: |\n  a: |\n    b\n",
      """
      a:
        b:
        - |
          a: |
            b

      """
    ),
    (
      """
      the quick brown fox jumps over the lazy dog and then does it all over again beca\
      use it was such fun the first time around you see
      """,
      """
      key: the quick brown fox jumps over the lazy dog and then does it all over again\
       because
        it was such fun the first time around you see

      """,
      """
      a:
        b:
        - the quick brown fox jumps over the lazy dog and then does it all over again \
      because
          it was such fun the first time around you see

      """
    ),
    (
      """
      xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx \
      yyyyyyyyyyyyyyyyyyyy
      """,
      """
      key: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\
      xxxx
        yyyyyyyyyyyyyyyyyyyy

      """,
      """
      a:
        b:
        - xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\
      xxx
          yyyyyyyyyyyyyyyyyyyy

      """
    ),
    (
      """
      xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx yyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy z
      """,
      """
      key: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx yyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy
        z

      """,
      """
      a:
        b:
        - xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx yyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy
          z

      """
    ),
    (
      """
      word word word word word word word word word word word word word word word word \
      word word word word word word word word word word word word word word
      """,
      """
      key: word word word word word word word word word word word word word word word \
      word
        word word word word word word word word word word word word word word

      """,
      """
      a:
        b:
        - word word word word word word word word word word word word word word word w\
      ord
          word word word word word word word word word word word word word word

      """
    ),
    (
      """
      yes yes yes yes yes yes yes yes yes yes yes yes yes yes yes yes yes yes yes yes \
      yes yes yes yes yes end
      """,
      """
      key: yes yes yes yes yes yes yes yes yes yes yes yes yes yes yes yes yes yes yes\
       yes
        yes yes yes yes yes end

      """,
      """
      a:
        b:
        - yes yes yes yes yes yes yes yes yes yes yes yes yes yes yes yes yes yes yes \
      yes
          yes yes yes yes yes end

      """
    ),
    (
      """
      "the quick brown fox jumps over the lazy dog and then does it all over again bec\
      ause it was such fun the first time around you see
      """,
      """
      key: '"the quick brown fox jumps over the lazy dog and then does it all over aga\
      in
        because it was such fun the first time around you see'

      """,
      """
      a:
        b:
        - '"the quick brown fox jumps over the lazy dog and then does it all over agai\
      n
          because it was such fun the first time around you see'

      """
    ),
    (
      """
      'the quick brown fox jumps over the lazy dog and then does it all over again bec\
      ause it was such fun the first time around you see
      """,
      """
      key: '''the quick brown fox jumps over the lazy dog and then does it all over ag\
      ain
        because it was such fun the first time around you see'

      """,
      """
      a:
        b:
        - '''the quick brown fox jumps over the lazy dog and then does it all over aga\
      in
          because it was such fun the first time around you see'

      """
    ),
    (
      """
      it's the quick brown fox jumps over the lazy dog and then does it all over again\
       because it was such fun the first time around you see
      """,
      """
      key: it's the quick brown fox jumps over the lazy dog and then does it all over \
      again
        because it was such fun the first time around you see

      """,
      """
      a:
        b:
        - it's the quick brown fox jumps over the lazy dog and then does it all over a\
      gain
          because it was such fun the first time around you see

      """
    ),
    (
      """
      : the quick brown fox jumps over the lazy dog and then does it all over again be\
      cause it was such fun the first time around you see
      """,
      """
      key: ': the quick brown fox jumps over the lazy dog and then does it all over ag\
      ain
        because it was such fun the first time around you see'

      """,
      """
      a:
        b:
        - ': the quick brown fox jumps over the lazy dog and then does it all over aga\
      in
          because it was such fun the first time around you see'

      """
    ),
    (
      """
      a: the quick brown fox jumps over the lazy dog and then does it all over again b\
      ecause it was such fun the first time around you see
      """,
      """
      key: 'a: the quick brown fox jumps over the lazy dog and then does it all over a\
      gain
        because it was such fun the first time around you see'

      """,
      """
      a:
        b:
        - 'a: the quick brown fox jumps over the lazy dog and then does it all over ag\
      ain
          because it was such fun the first time around you see'

      """
    ),
    (
      """
      # the quick brown fox jumps over the lazy dog and then does it all over again be\
      cause it was such fun the first time around you see
      """,
      """
      key: '# the quick brown fox jumps over the lazy dog and then does it all over ag\
      ain
        because it was such fun the first time around you see'

      """,
      """
      a:
        b:
        - '# the quick brown fox jumps over the lazy dog and then does it all over aga\
      in
          because it was such fun the first time around you see'

      """
    ),
    (
      """
      the quick brown fox jumps over the lazy dog and then does it all over again beca\
      use it was such fun the first time around you see\u{20}
      """,
      """
      key: 'the quick brown fox jumps over the lazy dog and then does it all over agai\
      n
        because it was such fun the first time around you see '

      """,
      """
      a:
        b:
        - 'the quick brown fox jumps over the lazy dog and then does it all over again\
       because
          it was such fun the first time around you see '

      """
    ),
    (
      """
       the quick brown fox jumps over the lazy dog and then does it all over again bec\
      ause it was such fun the first time around you see
      """,
      """
      key: ' the quick brown fox jumps over the lazy dog and then does it all over aga\
      in
        because it was such fun the first time around you see'

      """,
      """
      a:
        b:
        - ' the quick brown fox jumps over the lazy dog and then does it all over agai\
      n
          because it was such fun the first time around you see'

      """
    ),
    (
      """
      the quick brown fox jumps over the lazy dog and then does it all over again beca\
      use it was such fun the first time around you see: x
      """,
      """
      key: 'the quick brown fox jumps over the lazy dog and then does it all over agai\
      n
        because it was such fun the first time around you see: x'

      """,
      """
      a:
        b:
        - 'the quick brown fox jumps over the lazy dog and then does it all over again\
       because
          it was such fun the first time around you see: x'

      """
    ),
    (
      """
      \tthe quick brown fox jumps over the lazy dog and then does it all over again be\
      cause it was such fun the first time around you see
      """,
      """
      key: "\\tthe quick brown fox jumps over the lazy dog and then does it all over a\
      gain
        because it was such fun the first time around you see"

      """,
      """
      a:
        b:
        - "\\tthe quick brown fox jumps over the lazy dog and then does it all over ag\
      ain
          because it was such fun the first time around you see"

      """
    ),
    (
      """
      the quick brown fox jumps over the lazy dog and then does it all over again beca\
      use it was such fun the first time around you see
      the quick brown fox jumps over the lazy dog and then does it all over again beca\
      use it was such fun the first time around you see
      """,
      """
      key: |-
        the quick brown fox jumps over the lazy dog and then does it all over again be\
      cause it was such fun the first time around you see
        the quick brown fox jumps over the lazy dog and then does it all over again be\
      cause it was such fun the first time around you see

      """,
      """
      a:
        b:
        - |-
          the quick brown fox jumps over the lazy dog and then does it all over again \
      because it was such fun the first time around you see
          the quick brown fox jumps over the lazy dog and then does it all over again \
      because it was such fun the first time around you see

      """
    ),
    (
      """
      the quick brown fox jumps over the lazy dog and then does it all over again beca\
      use it was such fun the first time around you see\u{E9} \u{E9} \u{E9} \u{E9} \
      \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \
      \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \
      \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \
      \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \
      \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \
      \u{E9} end
      """,
      """
      key: the quick brown fox jumps over the lazy dog and then does it all over again\
       because
        it was such fun the first time around you see\u{E9} \u{E9} \u{E9} \u{E9} \
      \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \
      \u{E9} \u{E9} \u{E9}
        \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \
      \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \
      \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \
      \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9}
        \u{E9} \u{E9} end

      """,
      """
      a:
        b:
        - the quick brown fox jumps over the lazy dog and then does it all over again \
      because
          it was such fun the first time around you see\u{E9} \u{E9} \u{E9} \u{E9} \
      \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \
      \u{E9} \u{E9}
          \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9}\
       \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \
      \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \
      \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9}
          \u{E9} \u{E9} \u{E9} \u{E9} end

      """
    ),
    (
      """
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \
      \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \
      \u{E9} \u{E9}
      """,
      """
      key: \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9} \u{E9} \u{E9} \u{E9}
        \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \
      \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9}

      """,
      """
      a:
        b:
        - \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9} \u{E9} \u{E9} \u{E9} \u{E9}
          \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9} \u{E9}\
       \u{E9} \u{E9} \u{E9} \u{E9} \u{E9}

      """
    ),
    (
      """
      \u{7}the quick brown fox jumps over the lazy dog and then does it all over again\
       because it was such fun the first time around you see  the quick brown fox jump\
      s over the lazy dog and then does it all over again because it was such fun the \
      first time around you see
      """,
      """
      key: "\\athe quick brown fox jumps over the lazy dog and then does it all over a\
      gain
        because it was such fun the first time around you see  the quick brown fox jum\
      ps
        over the lazy dog and then does it all over again because it was such fun the \
      first
        time around you see"

      """,
      """
      a:
        b:
        - "\\athe quick brown fox jumps over the lazy dog and then does it all over ag\
      ain
          because it was such fun the first time around you see  the quick brown fox j\
      umps
          over the lazy dog and then does it all over again because it was such fun th\
      e
          first time around you see"

      """
    ),
    (
      """
      \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D}\
       \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \
      \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D}\
       \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \
      \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D}\
       \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \
      \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D}\
       \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \
      \u{4E2D} \u{4E2D} x
      """,
      """
      key: \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \
      \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D}\
       \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \
      \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D}\
       \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D}
        \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \
      \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D}\
       \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \
      \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} x

      """,
      """
      a:
        b:
        - \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \
      \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D}\
       \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \
      \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D}\
       \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D}
          \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \
      \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D}\
       \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \
      \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} \u{4E2D} x

      """
    ),
    (
      """
      1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 \
      1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1
      """,
      """
      key: 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\
       1
        1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1

      """,
      """
      a:
        b:
        - 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 \
      1
          1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1

      """
    ),
    (
      """
      " a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a \
      a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a \
      a
      """,
      """
      key: '" a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a \
      a
        a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a \
      a
        a a a'

      """,
      """
      a:
        b:
        - '" a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a\
       a
          a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a \
      a
          a a a'

      """
    ),
    (
      """
      \u{2028} bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc\
       bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc b\
      c bc bc bc bc bc bc bc bc bc
      """,
      """
      key: "\\L bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc b\
      c bc
        bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc \
      bc
        bc bc bc bc bc bc bc bc"

      """,
      """
      a:
        b:
        - "\\L bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc\
       bc
          bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc bc b\
      c
          bc bc bc bc bc bc bc bc bc"

      """
    ),
    (
      """
      a\tb a\tb a\tb a\tb a\tb a\tb a\tb a\tb a\tb a\tb a\tb a\tb a\tb a\tb a\tb a\tb \
      a\tb a\tb a\tb a\tb a\tb a\tb a\tb a\tb a\tb a\tb a\tb a\tb a\tb a\tb a\tb a\tb \
      a\tb a\tb a\tb a\tb a\tb a\tb a\tb a\tb c
      """,
      """
      key: "a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb a\
      \\tb a\\tb a\\tb a\\tb
        a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb \
      a\\tb a\\tb a\\tb
        a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb c"

      """,
      """
      a:
        b:
        - "a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb a\\\
      tb a\\tb a\\tb a\\tb
          a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb a\\t\
      b a\\tb a\\tb a\\tb
          a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb a\\tb c"

      """
    ),
    (
      """
      ' '' '' '' '' '' '' '' '' '' '' '' '' '' '' '' '' '' '' '' '' '' '' '' '' '' '' \
      '' '' '' '' '' '' '' '' '' '' '' '' '' ''
      """,
      """
      key: ''' '''' '''' '''' '''' '''' '''' '''' '''' '''' '''' '''' '''' '''' '''' '\
      '''
        '''' '''' '''' '''' '''' '''' '''' '''' '''' '''' '''' '''' '''' '''' '''' '''\
      '
        '''' '''' '''' '''' '''' '''' '''' '''' '''''

      """,
      """
      a:
        b:
        - ''' '''' '''' '''' '''' '''' '''' '''' '''' '''' '''' '''' '''' '''' '''' ''\
      ''
          '''' '''' '''' '''' '''' '''' '''' '''' '''' '''' '''' '''' '''' '''' '''' '\
      '''
          '''' '''' '''' '''' '''' '''' '''' '''' '''''

      """
    ),
    (
      """
      #
      the quick brown fox jumps over the lazy dog and then does it all over again beca\
      use it was such fun the first time around you see
      """,
      """
      key: |-
        #
        the quick brown fox jumps over the lazy dog and then does it all over again be\
      cause it was such fun the first time around you see

      """,
      """
      a:
        b:
        - |-
          #
          the quick brown fox jumps over the lazy dog and then does it all over again \
      because it was such fun the first time around you see

      """
    ),
    (
      """
      xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx y\
       z
      """,
      """
      key: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\
      xxx
        y z

      """,
      """
      a:
        b:
        - xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\
      xx
          y z

      """
    ),
  ]

  /// Written by JSONToYAML of `{text: 1}`.
  static let keys: [(key: String, expected: String)] = [
    ("a", "a: 1\n"),
    ("", "\"\": 1\n"),
    ("a b", "a b: 1\n"),
    (" a", "' a': 1\n"),
    ("yes", "\"yes\": 1\n"),
    ("1", "\"1\": 1\n"),
    ("1.5", "\"1.5\": 1\n"),
    ("~", "\"~\": 1\n"),
    ("null", "\"null\": 1\n"),
    ("a: b", "'a: b': 1\n"),
    ("a#", "a#: 1\n"),
    ("#a", "'#a': 1\n"),
    ("a\nb", "? |-\n  a\n  b\n: 1\n"),
    ("\n", "? |2+\n\n: 1\n"),
    ("a\tb", "\"a\\tb\": 1\n"),
    ("\u{E9}", "\u{E9}: 1\n"),
    (
      """
      xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\
      xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      """,
      """
      xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\
      xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx: 1

      """
    ),
    (
      """
      xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\
      xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      """,
      """
      ? xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\
      xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      : 1

      """
    ),
    (
      """
      x y x y x y x y x y x y x y x y x y x y x y x y x y x y x y x y x y x y x y x y \
      x y x y x y x y x y x y x y x y x y x y x y x y x y x y x y x y x y x y x y x y\
      \u{20}
      """,
      """
      ? 'x y x y x y x y x y x y x y x y x y x y x y x y x y x y x y x y x y x y x y x\
       y
        x y x y x y x y x y x y x y x y x y x y x y x y x y x y x y x y x y x y x y x \
      y '
      : 1

      """
    ),
    ("\"q\"", "'\"q\"': 1\n"),
    ("it's", "it's: 1\n"),
    ("-", "'-': 1\n"),
    ("- a", "'- a': 1\n"),
    ("?", "'?': 1\n"),
    ("<<", "<<: 1\n"),
    ("=", "=: 1\n"),
    ("2026-01-02", "\"2026-01-02\": 1\n"),
    ("a.b/c", "a.b/c: 1\n"),
    ("kubernetes.io/name", "kubernetes.io/name: 1\n"),
    (".dot", ".dot: 1\n"),
    ("f:metadata", "f:metadata: 1\n"),
    ("k:{\"uid\":\"0123\"}", "k:{\"uid\":\"0123\"}: 1\n"),
    (
      "k:{\"containerPort\":80,\"protocol\":\"TCP\"}",
      "k:{\"containerPort\":80,\"protocol\":\"TCP\"}: 1\n"
    ),
    ("v:\"x\"", "v:\"x\": 1\n"),
    ("\u{7}", "\"\\a\": 1\n"),
    (
      """
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}
      """,
      """
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}: 1

      """
    ),
    (
      """
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}
      """,
      """
      ? \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\
      \u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}
      : 1

      """
    ),
    ("y", "\"y\": 1\n"),
    ("on", "\"on\": 1\n"),
    (
      """
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy z
      """,
      """
      ? yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy
        z
      : 1

      """
    ),
    (
      """
      a
      bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\
      bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
      """,
      """
      ? |-
        a
        bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\
      bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
      : 1

      """
    ),
  ]

  /// Written by JSONToYAML of sigs.k8s.io/yaml.
  static let documents: [(json: String, expected: String)] = [
    ("{}", "{}\n"),
    ("[]", "[]\n"),
    ("null", "null\n"),
    ("true", "true\n"),
    ("1", "1\n"),
    ("1.5", "1.5\n"),
    ("\"a\"", "a\n"),
    ("\"a\\nb\"", "|-\n  a\n  b\n"),
    ("[1]", "- 1\n"),
    ("[[1]]", "- - 1\n"),
    ("[[]]", "- []\n"),
    ("[{}]", "- {}\n"),
    ("{\"a\":{}}", "a: {}\n"),
    ("{\"a\":[]}", "a: []\n"),
    ("{\"a\":null}", "a: null\n"),
    ("{\"a\":[{}]}", "a:\n- {}\n"),
    ("{\"a\":[[]]}", "a:\n- []\n"),
    ("{\"a\":{\"b\":{\"c\":{\"d\":1}}}}", "a:\n  b:\n    c:\n      d: 1\n"),
    ("{\"a\":[1,2,3]}", "a:\n- 1\n- 2\n- 3\n"),
    (
      "{\"a\":[[1,2],[3,[4,5]]]}",
      """
      a:
      - - 1
        - 2
      - - 3
        - - 4
          - 5

      """
    ),
    ("{\"a\":[{\"b\":1,\"c\":2},{\"b\":3}]}", "a:\n- b: 1\n  c: 2\n- b: 3\n"),
    ("{\"a\":[{\"b\":[{\"c\":[1]}]}]}", "a:\n- b:\n  - c:\n    - 1\n"),
    ("[{\"a\":1},{\"b\":[2]}]", "- a: 1\n- b:\n  - 2\n"),
    ("{\"a\":[\"x\\ny\"]}", "a:\n- |-\n  x\n  y\n"),
    ("{\"a\":{\"b\":\"x\\ny\\n\"}}", "a:\n  b: |\n    x\n    y\n"),
    ("{\"a\":[{\"b\":\"x\\n\\n\"}]}", "a:\n- b: |+\n    x\n\n"),
    ("[[\"a\\nb\"]]", "- - |-\n    a\n    b\n"),
    (
      """
      {"b":1,"a":2,"a1":3,"a10":4,"a2":5,"A":6,"_":7,"-":8}
      """,
      """
      '-': 8
      _: 7
      A: 6
      a: 2
      a1: 3
      a2: 5
      a10: 4
      b: 1

      """
    ),
    ("{\"a\":1,\"a\":2}", "a: 2\n"),
    (
      """
      {"x":1e3,"y":1.0,"z":-0.0,"w":1E400,"v":0.1e-6,"u":12345678901234567890123456789\
      0,"t":-5,"s":-0,"r":1e21,"q":0.25}
      """,
      """
      q: 0.25
      r: 1e+21
      s: 0
      t: -5
      u: 1.2345678901234568e+29
      v: 1e-07
      w: 1E400
      x: 1000
      "y": 1
      z: -0

      """
    ),
    (
      "{\"a\":[true,false,null,\"true\",\"null\"]}",
      """
      a:
      - true
      - false
      - null
      - "true"
      - "null"

      """
    ),
    (
      """
      {"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\
      kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk":{"b":1}}
      """,
      """
      ? kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\
      kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk
      : b: 1

      """
    ),
    (
      """
      {"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\
      kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk":[1,2]}
      """,
      """
      ? kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\
      kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk
      : - 1
        - 2

      """
    ),
    (
      """
      {"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\
      kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk":[]}
      """,
      """
      ? kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\
      kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk
      : []

      """
    ),
    (
      """
      {"a":{"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\
      kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk":"v","z":1}}
      """,
      """
      a:
        ? kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\
      kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk
        : v
        z: 1

      """
    ),
    (
      """
      [{"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\
      kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk":"x\\ny"}]
      """,
      """
      - ? kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\
      kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk
        : |-
          x
          y

      """
    ),
    (
      """
      {"a":[{"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\
      kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk":{"x":{}}}]\
      }
      """,
      """
      a:
      - ? kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\
      kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk
        : x: {}

      """
    ),
    (
      """
      {"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\
      kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk":null,"z":[{"y":1}]}
      """,
      """
      ? kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\
      kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk
      : null
      z:
      - "y": 1

      """
    ),
    (
      """
      {"a":{"b":{"c":{"d":{"e":{"f":"the quick brown fox jumps over the lazy dog and t\
      hen does it all over again because it was such fun the first time around you see\
      "}}}}}}
      """,
      """
      a:
        b:
          c:
            d:
              e:
                f: the quick brown fox jumps over the lazy dog and then does it all ov\
      er
                  again because it was such fun the first time around you see

      """
    ),
    (
      """
      [[["the quick brown fox jumps over the lazy dog and then does it all over again \
      because it was such fun the first time around you see"]]]
      """,
      """
      - - - the quick brown fox jumps over the lazy dog and then does it all over agai\
      n
            because it was such fun the first time around you see

      """
    ),
    (
      """
      {"a":[{"b":["the quick brown fox jumps over the lazy dog and then does it all ov\
      er again because it was such fun the first time around you see"]}]}
      """,
      """
      a:
      - b:
        - the quick brown fox jumps over the lazy dog and then does it all over again \
      because
          it was such fun the first time around you see

      """
    ),
    (
      """
      {"metadata":{"name":"web","labels":{"app":"web","1":"one"},"annotations":{"x":"{\
      \\"a\\":1}\\n"}},"kind":"Pod","apiVersion":"v1","spec":{"containers":[{"name":"c\
      ","args":["--v=2","-c","a b"],"resources":{"limits":{"cpu":"1"}}}]}}
      """,
      """
      apiVersion: v1
      kind: Pod
      metadata:
        annotations:
          x: |
            {"a":1}
        labels:
          "1": one
          app: web
        name: web
      spec:
        containers:
        - args:
          - --v=2
          - -c
          - a b
          name: c
          resources:
            limits:
              cpu: "1"

      """
    ),
    (
      "{\"a\":[[{\"b\":1}],[{\"c\":2,\"d\":[]}]]}",
      """
      a:
      - - b: 1
      - - c: 2
          d: []

      """
    ),
    (
      """
      {"fieldsV1":{"f:metadata":{"f:labels":{".":{},"f:app":{}}},"f:spec":{"k:{\\"name\
      \\":\\"c\\"}":{".":{},"f:image":{}}}}}
      """,
      """
      fieldsV1:
        f:metadata:
          f:labels:
            .: {}
            f:app: {}
        f:spec:
          k:{"name":"c"}:
            .: {}
            f:image: {}

      """
    ),
    ("[[],[[]],{},{\"a\":{}}]", "- []\n- - []\n- {}\n- a: {}\n"),
    ("{\"\":{\"\":\"\"}}", "\"\":\n  \"\": \"\"\n"),
    ("{\"a\\nb\":{\"c\":1}}", "? |-\n  a\n  b\n: c: 1\n"),
    ("{\"a\\nb\":[1]}", "? |-\n  a\n  b\n: - 1\n"),
    (
      """
      {"k":"w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w \
      w w w w w w w w w w w w w w w w w w w w w w w "}
      """,
      """
      k: 'w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w \
      w
        w w w w w w w w w w w w w w w w w w w w w '

      """
    ),
    (
      """
      [{"k":{"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\
      kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk":{"jjjjjjjjjjjjjjjjjjj\
      jjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj\
      jjjjjjjjjjjjjjjjjjjjjjjjjjjjjj":1}}}]
      """,
      """
      - k:
          ? kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\
      kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk
          : ? jjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj\
      jjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj
            : 1

      """
    ),
  ]
}
