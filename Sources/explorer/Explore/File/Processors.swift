#if canImport(Glibc)
internal import Glibc
#endif

/// How many processors this process may use.
func processorCount() -> Int {
  max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
}
