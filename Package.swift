// swift-tools-version: 6.2

import PackageDescription

/// Linked statically, the members of C's `timespec` belong to a module of the toolchain's own, which
/// cannot be imported: a target that needs them does without MemberImportVisibility.
let strictButForC: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

let strict = strictButForC + [.enableUpcomingFeature("MemberImportVisibility")]

let package = Package(
  name: "explorer",
  products: [
    .executable(name: "explorer", targets: ["explorer"]),
    .library(name: "Decode", targets: ["Decode", "Schema"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    .package(url: "https://github.com/attaswift/BigInt", from: "6.0.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // Decode: what lies in etcd, and what it means.
    .systemLibrary(
      name: "CProtobufC",
      path: "Sources/Decode/CProtobufC",
      pkgConfig: "libprotobuf-c",
      providers: [.apt(["libprotobuf-c-dev"])]
    ),
    .systemLibrary(
      name: "CSodium",
      path: "Sources/Decode/CSodium",
      pkgConfig: "libsodium",
      providers: [.apt(["libsodium-dev"])]
    ),
    .target(
      name: "CCatalogue",
      path: "Sources/Decode/CCatalogue",
      exclude: ["messages.txt", "kinds.txt"]
    ),
    .target(
      name: "Schema",
      dependencies: ["CCatalogue"],
      path: "Sources/Decode/Schema",
      exclude: ["Catalogue.md", "Generator"],
      swiftSettings: strict
    ),
    .target(
      name: "Decode",
      dependencies: [
        "Schema", "CProtobufC", "CSodium",
        .product(name: "BigInt", package: "BigInt"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "CryptoExtras", package: "swift-crypto"),
        .product(name: "Yams", package: "Yams"),
      ],
      path: "Sources/Decode/Decode",
      exclude: ["Decode.md"],
      swiftSettings: strict
    ),

    // Store: etcd's own files, layer by layer.
    .target(name: "CChecksum", path: "Sources/Store/CChecksum"),
    .target(
      name: "Checksum",
      dependencies: ["CChecksum"],
      path: "Sources/Store/Checksum",
      swiftSettings: strict
    ),
    .target(name: "FileIO", path: "Sources/Store/FileIO", swiftSettings: strict),
    .target(
      name: "Bolt",
      dependencies: ["Checksum", "FileIO"],
      path: "Sources/Store/Bolt",
      exclude: ["Bolt.md"],
      swiftSettings: strict
    ),
    .target(
      name: "EtcdMessages",
      dependencies: [.product(name: "SwiftProtobuf", package: "swift-protobuf")],
      path: "Sources/Store/API",
      exclude: ["Protos", "generate.sh"],
      swiftSettings: strict
    ),

    .target(
      name: "WAL",
      dependencies: ["Checksum", "FileIO"],
      path: "Sources/Store/WAL",
      exclude: ["WAL.md"],
      swiftSettings: strict
    ),
    .target(
      name: "MVCC",
      dependencies: ["Bolt", "Checksum"],
      path: "Sources/Store/MVCC",
      exclude: ["MVCC.md"],
      swiftSettings: strict + [.define("STORE_CHECKS", .when(configuration: .debug))]
    ),
    .target(
      name: "Apply",
      dependencies: [
        "Bolt", "EtcdMessages", "MVCC", "WAL",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      path: "Sources/Store/Apply",
      swiftSettings: strict
    ),
    .target(
      name: "Snapshot",
      dependencies: [
        "Bolt", "FileIO", "MVCC", "WAL",
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      path: "Sources/Store/Snapshot",
      exclude: ["Snapshot.md"],
      swiftSettings: strict
    ),

    .target(
      name: "RPC",
      dependencies: [
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHPACK", package: "swift-nio-http2"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "NIOTLS", package: "swift-nio"),
      ],
      path: "Sources/Store/RPC",
      exclude: ["RPC.md"],
      swiftSettings: strict
    ),
    .systemLibrary(
      name: "CCrypt",
      path: "Sources/Store/CCrypt",
      pkgConfig: "libcrypt",
      providers: [.apt(["libcrypt-dev"])]
    ),
    .target(
      name: "Store",
      dependencies: [
        "Apply", "Bolt", "CCrypt", "Checksum", "EtcdMessages", "FileIO", "MVCC", "RPC", "Snapshot",
        "WAL",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "CryptoExtras", package: "swift-crypto"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
        .product(name: "Yams", package: "Yams"),
      ],
      path: "Sources/Store/Service",
      exclude: ["Node.md", "Watch/Watch.md"],
      swiftSettings: strictButForC
    ),

    // explorer: the command, and what it asks of a store's data.
    .target(
      name: "Explore",
      dependencies: [
        "Apply", "Bolt", "Checksum", "Decode", "EtcdClient", "EtcdMessages", "FileIO", "MVCC",
        "RPC", "Schema", "WAL",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      path: "Sources/explorer/Explore",
      exclude: ["Explore.md"],
      swiftSettings: strict
    ),
    .target(
      name: "EtcdClient",
      dependencies: [
        "EtcdMessages", "RPC",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHPACK", package: "swift-nio-http2"),
        .product(name: "NIOHTTP2", package: "swift-nio-http2"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      path: "Sources/explorer/Client",
      exclude: ["Client.md"],
      swiftSettings: strict
    ),
    .executableTarget(
      name: "explorer",
      dependencies: [
        "Bolt", "Decode", "EtcdClient", "EtcdMessages", "Explore", "FileIO", "MVCC", "RPC",
        "Schema", "Snapshot", "Store", "WAL",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "Sources/explorer/Command",
      swiftSettings: strict
    ),

    .executableTarget(
      name: "benchmark-bolt",
      dependencies: ["Bolt"],
      path: "Benchmarks/Bolt",
      swiftSettings: strict
    ),
    .executableTarget(
      name: "benchmark-databases",
      dependencies: ["Bolt", "MVCC"],
      path: "Benchmarks/Databases",
      swiftSettings: strict
    ),
    .executableTarget(
      name: "benchmark-watch",
      dependencies: [
        "EtcdClient", "EtcdMessages",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      path: "Benchmarks/Watch",
      swiftSettings: strict
    ),

    // Tests, which mirror the sources, and comparisons with Kubernetes' own files and programs.
    .target(
      name: "TestSupport",
      dependencies: ["FileIO"],
      path: "Tests/Support",
      swiftSettings: strict
    ),
    .testTarget(
      name: "SupportTests",
      dependencies: ["TestSupport"],
      path: "Tests/SupportTests",
      swiftSettings: strict
    ),
    .testTarget(
      name: "FileIOTests",
      dependencies: ["FileIO", "TestSupport"],
      path: "Tests/FileIOTests",
      swiftSettings: strict
    ),
    .testTarget(
      name: "ChecksumTests",
      dependencies: ["CChecksum", "Checksum", "TestSupport"],
      path: "Tests/ChecksumTests",
      swiftSettings: strict
    ),
    .testTarget(
      name: "WALTests",
      dependencies: ["Checksum", "FileIO", "TestSupport", "WAL"],
      path: "Tests/WALTests",
      swiftSettings: strict
    ),
    .testTarget(
      name: "SchemaTests",
      dependencies: ["Schema", "TestSupport"],
      path: "Tests/SchemaTests",
      swiftSettings: strict
    ),
    .testTarget(
      name: "DecodeTests",
      dependencies: ["Decode", "Schema", "TestSupport"],
      path: "Tests/DecodeTests",
      swiftSettings: strict
    ),
    .target(
      name: "CrashContents",
      dependencies: ["Bolt"],
      path: "Tests/CrashContents",
      swiftSettings: strict
    ),
    .executableTarget(
      name: "CrashWriter",
      dependencies: ["Bolt", "CrashContents"],
      path: "Tests/Crash",
      swiftSettings: strict
    ),
    .testTarget(
      name: "SnapshotTests",
      dependencies: [
        "Bolt", "FileIO", "MVCC", "Snapshot", "TestSupport", "WAL",
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      path: "Tests/SnapshotTests",
      swiftSettings: strict
    ),
    .testTarget(
      name: "BoltTests",
      dependencies: ["Bolt", "Checksum", "CrashContents", "CrashWriter", "FileIO", "TestSupport"],
      path: "Tests/BoltTests",
      swiftSettings: strict
    ),
    .testTarget(
      name: "MVCCTests",
      dependencies: ["Bolt", "Checksum", "FileIO", "MVCC", "TestSupport"],
      path: "Tests/MVCCTests",
      swiftSettings: strict
    ),
    .testTarget(
      name: "ApplyTests",
      dependencies: [
        "Apply", "Bolt", "EtcdMessages", "FileIO", "MVCC", "TestSupport", "WAL",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      path: "Tests/ApplyTests",
      swiftSettings: strict
    ),
    .executableTarget(
      name: "ServedProcess",
      dependencies: [
        "Store",
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "Tests/ServedProcess",
      swiftSettings: strict
    ),
    .testTarget(
      name: "StoreTests",
      dependencies: [
        "Apply", "Bolt", "EtcdMessages", "FileIO", "MVCC", "RPC", "ServedProcess", "Snapshot",
        "Store", "TestSupport", "WAL",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "CryptoExtras", package: "swift-crypto"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      path: "Tests/StoreTests",
      swiftSettings: strict
    ),
    .testTarget(
      name: "RPCTests",
      dependencies: [
        "RPC", "TestSupport", "explorer",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "NIOHPACK", package: "swift-nio-http2"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ],
      path: "Tests/RPCTests",
      swiftSettings: strict
    ),
    .testTarget(
      name: "EtcdMessagesTests",
      dependencies: [
        "EtcdMessages", "TestSupport",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      path: "Tests/EtcdMessagesTests",
      swiftSettings: strict
    ),
    .testTarget(
      name: "ExploreTests",
      dependencies: [
        "Bolt", "Decode", "EtcdClient", "EtcdMessages", "Explore", "FileIO", "MVCC", "Schema",
        "TestSupport", "WAL", "explorer",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      path: "Tests/ExploreTests",
      swiftSettings: strict
    ),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "Bolt", "EtcdClient", "EtcdMessages", "FileIO", "RPC", "TestSupport", "explorer",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      path: "Tests/CommandTests",
      swiftSettings: strict
    ),
    .testTarget(
      name: "EtcdClientTests",
      dependencies: [
        "EtcdClient", "EtcdMessages", "RPC", "TestSupport",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHPACK", package: "swift-nio-http2"),
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      path: "Tests/EtcdClientTests",
      swiftSettings: strict
    ),
    .testTarget(
      name: "LinearizabilityTests",
      dependencies: [
        "EtcdClient", "EtcdMessages", "RPC", "TestSupport", "explorer",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      path: "Tests/LinearizabilityTests",
      swiftSettings: strict
    ),
    .testTarget(
      name: "DifferentialTests",
      dependencies: [
        "EtcdClient", "EtcdMessages", "RPC", "TestSupport", "explorer",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      path: "Tests/DifferentialTests",
      swiftSettings: strict
    ),
    .testTarget(
      name: "EtcdctlTests",
      dependencies: ["TestSupport", "explorer"],
      path: "Tests/EtcdctlTests",
      exclude: ["Scripts"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "Compatibility",
      dependencies: ["Decode", "Schema", "TestSupport", "explorer"],
      path: "Tests/Compatibility",
      exclude: ["exceptions.tsv"],
      swiftSettings: strict
    ),
  ]
)
