import FileIO
import Glibc
import Testing

@Suite struct FileIOErrorTests {
  @Test(
    arguments: [
      (
        .failed(operation: .open, path: "/data/db", code: ENOENT),
        "/data/db: cannot open: No such file or directory"
      ),
      (
        .failed(operation: .makeDirectory, path: "wal", code: EEXIST),
        "wal: cannot make the directory: File exists"
      ),
      (.locked(path: "db"), "db: locked by another process"),
      (
        .syncFailedBefore(path: "db"),
        "db: not written, since an earlier sync of this file failed"
      ),
    ] as [(FileIOError, String)]
  )
  func errorsAreOneLine(error: FileIOError, expected: String) {
    #expect(error.description == expected)
  }

  @Test func onlyAbsenceIsNotFound() {
    #expect(FileIOError.failed(operation: .open, path: "a", code: ENOENT).isNotFound)
    #expect(!FileIOError.failed(operation: .open, path: "a", code: EACCES).isNotFound)
    #expect(!FileIOError.locked(path: "a").isNotFound)
  }
}
